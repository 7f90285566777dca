"""
Simulated brokers to try the whole desk against: `tradegram sim zerodha`.

A broker's simulator names a function `start(clock, port)`, a context that gives what a person must
be told; it is in the table below. The market is the paper broker's: it moves with the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from tradegram.instruments import sample
from tradegram.market.feed import SimulatedQuotes
from tradegram.ports import Clock
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.stock import INDIA, Stock, moving, rows_of
from tradegram.sims.wire import Dialect, Wire, served

SEED = 1

SIMS: Mapping[str, str] = {
    "alpaca": "tradegram.sims.alpaca.started:start",
    "angelone": "tradegram.sims.angelone.started:start",
    "binance": "tradegram.sims.binance.started:start",
    "binancefutures": "tradegram.sims.binance.started:start_futures",
    "ibkr": "tradegram.sims.ibkr.started:start",
    "icicidirect": "tradegram.sims.icicidirect.started:start",
    "kotakneo": "tradegram.sims.kotakneo.started:start",
    "zerodha": "tradegram.sims.zerodha.started:start",
}


@dataclass(frozen=True)
class Started:
    """
    urls: by the names of `Profile.hosts`. client, credentials: what `tradegram link` asks for, the
    latter by the names of `vault.fields`. advice: what else a person must know. redirect, post_to:
    where the browser returns after a login, and where news of orders are posted, for brokers that
    do these.
    """

    floor: Floor
    urls: Mapping[str, str]
    client: str
    credentials: Mapping[str, str]
    advice: str = ""
    redirect: Callable[[str], None] | None = None
    post_to: Callable[[str], None] | None = None


Start = Callable[[Clock, int], AbstractContextManager[Started]]


def start_of(broker: str) -> Start:
    """Raises KeyError."""
    module, _, name = SIMS[broker].partition(":")
    return cast(Start, getattr(import_module(module), name))


def lively(clock: Clock, exchanges: frozenset[str] = INDIA) -> Stock:
    """A floor with the sample's instruments, whose prices move."""
    master = sample.load()
    floor = Floor(clock.now, more_prices=moving(SimulatedQuotes(clock, SEED, master)))
    return Stock(floor, rows_of(exchanges))


@contextmanager
def over_http(dialect: Dialect, port: int, told: Callable[[str], Started]) -> Iterator[Started]:
    """told: from the address it is served at."""
    with served(Wire(dialect), port) as address:
        yield told(address)


def line(entry: Entry) -> str:
    """An order as the floor has it now, for people."""
    price = "at market" if entry.price is None else f"@ {entry.price:f}"
    return (
        f"{entry.order_id}  {entry.side} {entry.quantity:f} {entry.instrument.key} {price}  "
        f"{entry.standing.name.lower()}, filled {entry.filled:f}  {entry.words}"
    ).rstrip()
