"""A simulated Binance for people, on a port of this machine: spot, or its perpetuals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tradegram.model import Instrument, Kind
from tradegram.ports import Clock
from tradegram.sims.binance import BinanceSim
from tradegram.sims.binance.account import base
from tradegram.sims.binance.talk import talk
from tradegram.sims.sockets import sockets
from tradegram.sims.started import Started, lively, over_http
from tradegram.sims.stock import Stock

SPOT, FUTURES = "BINANCE", "BINANCEFUT"


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock, frozenset({SPOT}))
    yield from _serve(BinanceSim(stock.floor, stock, SPOT), port)


@contextmanager
def start_futures(clock: Clock, port: int) -> Iterator[Started]:
    spot = lively(clock, frozenset({SPOT}))
    prices = {perpetual(one).key: one for one in spot.rows}
    floor = spot.floor
    moves = floor.more_prices
    floor.more_prices = lambda one: moves(prices[one.key]) if one.key in prices else None
    stock = Stock(floor, [perpetual(one) for one in spot.rows])
    yield from _serve(BinanceSim(floor, stock, FUTURES), port)


def perpetual(one: Instrument) -> Instrument:
    """Of a coin."""
    return replace(
        one, exchange=FUTURES, kind=Kind.PERPETUAL, underlying=base(one),
        name=f"{base(one)} in {one.currency}",
    )  # fmt: skip


def _serve(sim: BinanceSim, port: int) -> Iterator[Started]:
    def told(address: str) -> Started:
        keys = {"api_key": sim.api_key, "api_secret": sim.api_secret}
        urls = {"api": address, "stream": there.address}
        return Started(sim.floor, urls, "", keys)

    with (
        sockets(lambda: talk(sim), sim.floor) as there,
        over_http(sim, port, told) as started,
    ):
        yield started
