"""The desk of one simulated worker: real use cases, and around them a world of ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, cast

from simulation.exchange import Exchange, Network
from simulation.world import CLOSE, SETTLE, World

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.guarded import Guards
from tradegram.errors import NotSent, UserError
from tradegram.model import (
    Account,
    Instrument,
    Kind,
    Mode,
    Position,
    Product,
    Quote,
    Session,
)
from tradegram.ports import Desk, Doorbell, Instruments, Notice, Store

MAIN = Account("zerodha:AB1234", "zerodha", "main", Mode.LIVE)
WIFE = Account("zerodha:CD5678", "zerodha", "wife", Mode.LIVE)
USER = 7
INFY = Instrument("NSE", "INFY", Kind.SHARE, "Infosys", Decimal(1), Decimal("0.05"))
# Something the calendar has never heard of: whatever asks when its market closes fails.
POISON = Instrument("NSE", "POISON", Kind.SHARE, "Poison", Decimal(1), Decimal("0.05"))


def share(symbol: str) -> Instrument:
    return replace(INFY, symbol=symbol)


@dataclass
class SkewedClock:
    """One worker's clock: wrong by a constant, right in its monotonic part."""

    world: World
    skew: float

    def now(self) -> float:
        return self.world.time + self.skew

    def monotonic(self) -> float:
        return self.world.time


@dataclass
class SeededIds:
    world: World

    def nonce(self) -> str:
        return base64.b32encode(self.world.rng.randbytes(10)).decode()


def adapter_of(exchange: Exchange) -> Adapter:
    return exchange.dialect.adapter(exchange.keeps_names)


class Spoken(HttpBroker):
    """The real client, and positions as the broker counts them."""

    def __init__(self, exchange: Exchange, process: Process) -> None:
        session = Session(exchange.account_id, 9e9, exchange.dialect.secrets)
        network = Network(exchange.world, exchange, process.name)
        super().__init__(adapter_of(exchange), network, process.clock, session)
        self._exchange = exchange

    def positions(self) -> Sequence[Position]:
        w = self._exchange.world
        w.pause(0.05)
        if w.hit("connect_error"):
            raise NotSent(self.profile.name, "ConnectError")
        return [
            Position(
                self._exchange.account_id, instrument, Product.INTRADAY, Decimal(quantity),
                Decimal(100), None, Decimal(0), None,
            )
            for symbol, quantity in sorted(self._exchange.positions().items())
            for instrument in [share(symbol)]
        ]  # fmt: skip


@dataclass
class Process:
    """
    What one process of the desk remembers: how fast it sent, which broker is in trouble, and how
    far a broker's clock is from its own.
    """

    name: str
    born_at: float
    clock: SkewedClock
    guards: Guards
    spoken: dict[str, Spoken] = field(default_factory=dict)

    @classmethod
    def born(cls, world: World, store: Store, number: int) -> Process:
        off = world.faults.skew
        clock = SkewedClock(world, world.rng.uniform(-off, off) if off else 0.0)
        name = f"{number} of {world.time}"
        return cls(name, world.time, clock, Guards(store, clock, _owed, name))


def _owed(account_id: str, kind: str, text: str) -> Sequence[Notice]:
    return [Notice(account_id, "", kind, text, USER)]


@dataclass
class Accounts:
    """The registry of a desk whose accounts have a simulated broker each."""

    process: Process
    exchanges: Mapping[str, Exchange]

    def accounts(self) -> list[Account]:
        return [self.account(name) for name in self.exchanges]

    def account(self, account_id: str) -> Account:
        found = {one.account_id: one for one in (MAIN, WIFE)}.get(account_id)
        if found is None:
            raise UserError("no such account")
        return found

    def profile(self, account_id: str) -> Profile:
        return adapter_of(self.exchanges[account_id]).profile

    def broker(self, account_id: str) -> Broker:
        known = self.process.spoken
        if account_id not in known:
            known[account_id] = Spoken(self.exchanges[account_id], self.process)
        return self.process.guards.around(self.account(account_id), known[account_id])


@dataclass
class DayCalendar:
    """One session that ends at CLOSE, or a market that never does."""

    world: World

    def is_open(self, instrument: Instrument, at: float) -> bool:
        return self.world.never_closes or at <= CLOSE

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        return None

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        if instrument == POISON:
            raise KeyError(instrument.symbol)
        return None if self.world.never_closes else CLOSE + SETTLE

    def expires_soon(self, at: float) -> str | None:
        return None


@dataclass
class WorldPager:
    world: World

    def alert(self, account_id: str, text: str) -> None:
        self.world.alerts.append(text)


@dataclass
class Market:
    """Prices that go one way all day: up to a target, down to a stop, or nowhere."""

    world: World

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        w = self.world
        if w.hit("no_quote"):
            return None
        last = w.price()
        return Quote(
            instrument.key, last, last, last, Decimal(0), Decimal(0), last, last, last, last,
            w.time, "simulated",
        )  # fmt: skip


def desk_of(
    world: World,
    store: Store,
    doorbell: Doorbell,
    exchanges: Mapping[str, Exchange],
    process: Process,
) -> Desk:
    """One worker of a process."""
    return Desk(
        store=store,
        doorbell=doorbell,
        clock=process.clock,
        ids=SeededIds(world),
        brokers=Accounts(process, exchanges),
        calendar=DayCalendar(world),
        pager=WorldPager(world),
        instruments=cast("Instruments", cast("Any", None)),  # no order path asks it anything
        quotes=Market(world),
    )
