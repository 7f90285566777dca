"""
Seeded days of one bracket, under the faults of the whole desk: the real keeper, sender and
reconciler over a faulty store and network, against the exchange's own ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from simulation.desks import INFY, MAIN, USER, DayCalendar, SeededIds, SkewedClock, WorldPager
from simulation.exchange import Exchange, Network, Row
from simulation.memory import FaultyStore, MemoryStore
from simulation.world import CLOSE, SECRET, SETTLE, World

from tradegram.audit import verify
from tradegram.brackets.keep import keep
from tradegram.brackets.plan import Bracket, Phase, as_bracket, as_document
from tradegram.brackets.start import brackets, close_now, give_up
from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.zerodha import Zerodha
from tradegram.chat.asked import Level, Unit
from tradegram.errors import StoreError, UserError
from tradegram.model import (
    Account,
    Holding,
    Instrument,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Quote,
    Session,
    Side,
    TimeInForce,
)
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk
from tradegram.risk.kill import kill, resume
from tradegram.triggers.send import attend_any

LOOK, KEEP = 15.0, 3.0
QUANTITY = 20
ENTRY = "ENTRYAAAAAAAAAAA"
NO_MIX: Mapping[str, float] = {}


class BracketViolation(AssertionError):
    """A promise about exits was broken in this history."""


@dataclass
class Walk:
    """
    The market: a price that a seed moves, and at times one that stands still for long. most: how
    far in a step, in ticks.
    """

    world: World
    most: int = 60
    last: Decimal = Decimal(100)
    at: float = 0.0

    def step(self) -> None:
        rng = self.world.rng
        if rng.random() < 0.85:
            self.last += Decimal(rng.randint(-self.most, self.most)) / 20
            self.last = max(self.last, Decimal(50))
            self.at = self.world.time

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        self.world.pause(0.01)
        one, tick = Decimal(1), instrument.tick_size
        return Quote(
            instrument.key, self.last, self.last - tick, self.last + tick, one, one,
            self.last, self.last, self.last, self.last, self.at, "simulated",
        )  # fmt: skip


@dataclass
class Shown:
    """A broker that also says what is open: what its exchange has filled."""

    world: World
    inner: Broker
    exchange: Exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def positions(self) -> Sequence[Position]:
        self.world.pause(0.05)
        net, zero = (
            Decimal(filled(self.exchange, "BUY") - filled(self.exchange, "SELL")),
            Decimal(0),
        )
        return [Position(MAIN.account_id, INFY, Product.INTRADAY, net, zero, None, zero, None)]

    def holdings(self) -> Sequence[Holding]:
        return ()


@dataclass
class OneAccount:
    """Implements ports.Brokers for one worker."""

    world: World
    exchange: Exchange
    clock: SkewedClock

    def accounts(self) -> list[Account]:
        return [MAIN]

    def account(self, account_id: str) -> Account:
        return MAIN

    def profile(self, account_id: str) -> Profile:
        return Zerodha.profile

    def broker(self, account_id: str) -> Broker:
        session = Session(account_id, 9e9, {"api_key": "k", "access_token": SECRET})
        http = HttpBroker(Zerodha(), Network(self.world, self.exchange), self.clock, session)
        return cast("Broker", Shown(self.world, http, self.exchange))


def filled(exchange: Exchange, side: str) -> int:
    return sum(row.filled for row in exchange.rows if row.form["transaction_type"] == side)


class LateLedger(Exchange):
    """late: units sold by orders after their cancel was in the book. Nobody can foresee them."""

    late = 0

    def _late_fill(self, row: Row) -> None:
        before = row.filled
        super()._late_fill(row)
        if row.form["transaction_type"] == "SELL":
            self.late += row.filled - before


class BracketDay:
    """world, inner, exchange: what the rules read afterwards."""

    def __init__(self, seed: int, mix: Mapping[str, float], without: Collection[str]) -> None:
        self.world = World(seed, mix=mix, without=without)
        self.inner = MemoryStore()
        self.store = FaultyStore(self.world, self.inner)
        self.exchange = LateLedger(self.world, MAIN.account_id, 1000)
        self.exchange.postback = lambda row: None
        self.walk = Walk(self.world)
        self.broken = ""

    def desk(self) -> Desk:
        """One worker process: its own clock error, and everything else shared."""
        w = self.world
        skew = w.rng.uniform(-w.faults.skew, w.faults.skew) if w.faults.skew else 0.0
        clock = SkewedClock(w, skew)
        return Desk(
            store=self.store,
            doorbell=self,
            clock=clock,
            ids=SeededIds(w),
            brokers=OneAccount(w, self.exchange, clock),
            calendar=DayCalendar(w),
            pager=WorldPager(w),
            instruments=cast("Any", None),  # nothing here asks it anything
            quotes=self.walk,
        )

    def ring(self, account: Account, key: str, *, cancel: bool = False) -> None:
        w = self.world
        if w.hit("lost_bell"):
            return

        def work() -> None:
            with suppress(TryLater):
                attend_any(self.desk(), key)

        w.at(w.rng.expovariate(2), lambda: w.spawn("send", work))
        if w.hit("duplicate_message"):
            w.at(w.rng.uniform(0, 90), lambda: w.spawn("send", work))

    def play(self) -> None:
        w = self.world
        self._begin()
        self._repeat(LOOK, lambda: self._do("reconcile", reconcile))
        self._repeat(KEEP, lambda: self._do("keep", keep))
        self._repeat(2.0, self.walk.step)
        self._repeat(1.0, self._watch)
        self._holder()
        w.at(CLOSE, self.exchange.close)
        w.run(CLOSE + SETTLE + 1)
        w.healed = True
        for _ in range(12):
            self._do("reconcile", reconcile)
            self._do("keep", keep)
            w.run(w.time + 60)
            self._watch()

    def _begin(self) -> None:
        """The entry and its bracket, as Confirm writes them."""
        rng = self.world.rng
        intent = OrderIntent(
            ENTRY, MAIN.account_id, INFY, Side.BUY, OrderType.LIMIT, Decimal(QUANTITY),
            Product.INTRADAY, TimeInForce.DAY, price=Decimal(100), wire_id=ENTRY,
        )  # fmt: skip
        entry = Order(intent, send_by=120.0, user_id=USER, staged_at=0.0)
        bracket = Bracket(
            "B" * 16, MAIN.account_id, USER, INFY, Product.INTRADAY, Side.SELL, entries=(ENTRY,),
            stop=Decimal(rng.choice((97, 94, 90))) if rng.random() < 0.8 else None,
            target=Decimal(rng.choice((102, 106, 130))),
            trail=Level(Decimal(4), Unit.POINTS) if rng.random() < 0.4 else None,
            ends_at=CLOSE + SETTLE,
        )  # fmt: skip
        self.inner.commit(Change((entry, as_document(bracket, 0.0))))
        self.ring(MAIN, ENTRY)

    def _holder(self) -> None:
        w, rng = self.world, self.world.rng
        key = f"{MAIN.account_id}|{'B' * 16}"
        if rng.random() < 0.3:
            self._asks(rng.uniform(20, CLOSE), lambda desk: close_now(desk, key, USER))
        if rng.random() < 0.1:
            self._asks(rng.uniform(20, CLOSE), lambda desk: give_up(desk, key, USER))
        if w.does("kill"):
            at = rng.uniform(0, CLOSE)
            self._asks(at, lambda desk: kill(desk, USER))
            self._asks(at + rng.expovariate(1 / 60), lambda desk: resume(desk, "me"))

    def _asks(self, at: float, what: Callable[[Desk], object]) -> None:
        def work() -> None:
            with suppress(UserError, StoreError):
                what(self.desk())

        self.world.at(at, lambda: self.world.spawn("holder", work))

    def _repeat(self, seconds: float, action: Callable[[], object]) -> None:
        for tick in range(int((CLOSE + SETTLE) / seconds)):
            self.world.at(tick * seconds + self.world.rng.random() * seconds / 3, action)

    def _do(self, name: str, step: Callable[[Desk, str], object]) -> None:
        self.world.spawn(name, lambda: step(self.desk(), MAIN.account_id))

    def _watch(self) -> None:
        """
        At every moment: what exits closed or may still close was bought before.

        But for what an exchange sold after it had said that the order was cancelled.
        """
        rows = [row for row in self.exchange.rows if row.form["transaction_type"] == "SELL"]
        out = sum(_most(row) for row in rows) - self.exchange.late
        if out > filled(self.exchange, "BUY") and not self.broken:
            self.broken = f"exits of {out} for {filled(self.exchange, 'BUY')} bought"


def _most(row: Row) -> int:
    return row.quantity if row.live else row.filled


def play(seed: int, mix: Mapping[str, float] = NO_MIX, without: Collection[str] = ()) -> BracketDay:
    """Raises BracketViolation when something that must hold does not."""
    day = BracketDay(seed, mix, without)
    try:
        day.play()
        check(day)
    finally:
        day.world.end()
    return day


def check(day: BracketDay) -> None:
    seed = day.world.seed
    if day.broken:
        raise BracketViolation(f"seed {seed}: {day.broken}")
    tags = [row.tag for row in day.exchange.rows]
    if len(tags) != len(set(tags)):
        raise BracketViolation(f"seed {seed}: one exit was sent twice: {sorted(tags)}")
    [bracket] = [as_bracket(each) for each in day.inner.documents("bracket")]
    known = {ENTRY, *(one.client_order_id for one in bracket.exits)}
    if not set(tags) <= known:
        raise BracketViolation(f"seed {seed}: an exit that its bracket does not know")
    if bracket.phase not in (Phase.ENDED, Phase.STUCK) and not day.world.alerts:
        raise BracketViolation(f"seed {seed}: after the day it is still {bracket.phase}")
    for account_id in day.inner.audited():
        verify(day.inner.chain(account_id))


def kinds_of_end(day: BracketDay) -> str:
    [bracket] = brackets(day.inner, MAIN.account_id)
    return f"{bracket.phase}: {bracket.why}"
