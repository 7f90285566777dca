"""Play one seeded day of the whole desk."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from samples import INFY, TICKET
from simulation.exchange import Exchange, Network
from simulation.memory import FaultyStore, MemoryStore
from simulation.rules import check
from simulation.world import CLOSE, SECRET, SETTLE, World

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Profile, each
from tradegram.brokers.zerodha import Zerodha, _report
from tradegram.errors import Conflict, StoreUnavailable
from tradegram.model import (
    Account,
    Instrument,
    Mode,
    OrderIntent,
    OrderType,
    Product,
    Session,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.replace import want_replace
from tradegram.orders.report import apply_report
from tradegram.orders.send import TryLater
from tradegram.orders.stage import client_order_id, staged
from tradegram.ports import Change, Event, Store
from tradegram.tickets.ticket import TicketState

ACCOUNT = Account("zerodha:AB1234", "zerodha", "main", Mode.LIVE)
NO_MIX: Mapping[str, float] = {}
RECEIVES = 12  # deliveries of one message before it is a dead letter


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


@dataclass
class OneAccount:
    """The registry of a desk with one account at the simulated exchange."""

    world: World
    exchange: Exchange
    clock: SkewedClock

    def accounts(self) -> list[Account]:
        return [ACCOUNT]

    def account(self, account_id: str) -> Account:
        return ACCOUNT

    def profile(self, account_id: str) -> Profile:
        return Zerodha.profile

    def broker(self, account_id: str) -> Broker:
        secrets = {"api_key": "k", "access_token": SECRET}
        session = Session(account_id, 9e9, secrets)
        return HttpBroker(Zerodha(), Network(self.world, self.exchange), self.clock, session)


@dataclass
class DayCalendar:
    """One session that ends at CLOSE, or a market that never does."""

    world: World

    def is_open(self, instrument: Instrument, at: float) -> bool:
        return self.world.never_closes or at <= CLOSE

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        return None

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        return None if self.world.never_closes else CLOSE + SETTLE

    def expires_soon(self, at: float) -> str | None:
        return None


@dataclass
class WorldPager:
    world: World

    def alert(self, account_id: str, text: str) -> None:
        self.world.alerts.append(text)


@dataclass
class WorkerDesk:
    """One worker process: its own clock error, and everything else shared."""

    store: Store
    doorbell: Day
    clock: SkewedClock
    ids: SeededIds
    brokers: OneAccount
    calendar: DayCalendar
    pager: WorldPager


class Day:
    """world, store, exchange: what the rules read afterwards."""

    def __init__(
        self, seed: int, *, liar: bool, inner: Store | None, mix: Mapping[str, float]
    ) -> None:
        self.seed = seed
        self.world = World(seed, liar=liar, mix=mix)
        self.inner = inner or MemoryStore()
        self.store = FaultyStore(self.world, self.inner)
        self.exchange = Exchange(self.world)
        self.exchange.postback = self._postback
        self.intents: dict[str, OrderIntent] = {}
        self.wished: dict[str, list[Terms]] = {}
        self.cancels: set[str] = set()
        self.dead_letters: list[str] = []

    def desk(self) -> WorkerDesk:
        w = self.world
        skew = w.rng.uniform(-w.faults.skew, w.faults.skew) if w.faults.skew else 0.0
        clock = SkewedClock(w, skew)
        brokers = OneAccount(w, self.exchange, clock)
        return WorkerDesk(
            self.store, self, clock, SeededIds(w), brokers, DayCalendar(w), WorldPager(w)
        )

    def ring(self, account: Account, key: str) -> None:
        """The doorbell: SQS, that may lose, repeat or delay a message."""
        if not self.world.hit("lost_bell"):
            self._deliver(key)

    def play(self) -> None:
        w, rng = self.world, self.world.rng
        for number in range(rng.randint(1, 4)):
            near_close = rng.random() < 0.3
            self._ticket(f"t{number}", rng.uniform(CLOSE - 30 if near_close else 1, CLOSE))
        for tick in range(int((CLOSE + SETTLE) / 15)):
            w.at(tick * 15 + rng.random() * 5, self._reconcile)
        if w.faults.token_expiry and rng.random() < 0.3:
            w.at(rng.uniform(0, CLOSE), lambda: setattr(self.exchange, "token_good", False))
        if not w.never_closes:
            w.at(CLOSE, self.exchange.close)
        w.run(CLOSE + SETTLE + 1)
        w.healed = True
        for _ in range(12):
            self._reconcile()
            w.run(w.time + 60)

    def _ticket(self, ticket: str, when: float) -> None:
        w, rng = self.world, self.world.rng
        legs = rng.randint(1, 3)
        terms = [_limit_buy(rng.randint(1, 50)) for _ in range(legs)]
        for leg, intent in enumerate(terms):
            self.intents[client_order_id(ticket, leg)] = intent
        for _ in range(1 + w.hit("duplicate_message")):
            w.at(when + rng.random() * 3, lambda: self._tap(ticket, terms))
        if rng.random() < 0.4:
            w.at(when + rng.expovariate(1 / 20), lambda: self._cancel(ticket, legs))
        for _ in range(rng.choice((0, 0, 1, 4))):
            w.at(when + rng.expovariate(1 / 20), lambda: self._replace(ticket, terms))

    def _tap(self, ticket_id: str, terms: list[OrderIntent], tries: int = 3) -> None:
        def work() -> None:
            self._confirm(self.desk(), ticket_id, terms)
            done.append(True)

        done: list[bool] = []
        self.world.spawn("tap", work)
        # Telegram delivers again until it is answered.
        if tries:
            self.world.at(20, lambda: None if done else self._tap(ticket_id, terms, tries - 1))

    def _confirm(self, desk: WorkerDesk, ticket_id: str, terms: list[OrderIntent]) -> None:
        """The ticket and its orders in one write, as `tickets.confirm` does it."""
        ticket = replace(
            TICKET, ticket_id=ticket_id, state=TicketState.CONFIRMED, account_id=ACCOUNT.account_id
        )
        orders = [
            staged(desk, ticket=ticket, leg=leg, intent=intent) for leg, intent in enumerate(terms)
        ]
        events = [Event(ACCOUNT.account_id, {"event": "staged", "order": o.key}) for o in orders]
        try:
            desk.store.commit(Change((ticket, *orders), events))
        except (Conflict, StoreUnavailable):
            desk.store.ticket(ticket_id)  # NotFound: nothing was written, the tap comes again
        for one in orders:
            self.world.pause(0.001)
            desk.doorbell.ring(ACCOUNT, one.key)

    def _deliver(self, key: str, received: int = 1) -> None:
        w = self.world

        def work() -> None:
            try:
                attend(self.desk(), key)
            except TryLater:
                acked.append(False)
            else:
                acked.append(True)

        def visible_again() -> None:
            if acked and acked[0]:
                return
            if received >= RECEIVES:
                self.dead_letters.append(key)
            else:
                self._deliver(key, received + 1)

        acked: list[bool] = []
        w.at(w.rng.expovariate(2), lambda: w.spawn("send", work))
        if w.hit("duplicate_message"):
            w.at(w.rng.uniform(0, 90), lambda: w.spawn("send", work))
        w.at(30 + w.rng.random() * 30, visible_again)

    def _cancel(self, ticket: str, legs: int) -> None:
        for leg in range(legs):
            key = client_order_id(ticket, leg)
            self.cancels.add(key)
            self._wish(partial(self._want_cancel, key))

    def _replace(self, ticket: str, terms: list[OrderIntent]) -> None:
        for leg, intent in enumerate(terms):
            key = client_order_id(ticket, leg)
            for price in ("100.50", "99.95"):
                wanted = Terms(intent.quantity + self.world.rng.randint(0, 9), Decimal(price))
                self.wished.setdefault(key, []).append(wanted)
                self._wish(partial(self._want_replace, key, wanted))

    def _want_cancel(self, key: str) -> None:
        want_cancel(self.desk(), key, user_id=7, why="asked")

    def _want_replace(self, key: str, wanted: Terms) -> None:
        want_replace(self.desk(), key, wanted, user_id=7)

    def _wish(self, work: Callable[[], object]) -> None:
        self.world.at(self.world.rng.random() * 5, lambda: self.world.spawn("wish", work))

    def _postback(self, row: dict[str, object]) -> None:
        def work() -> None:
            desk = self.desk()
            for report in each(_report)([row]).reports:
                apply_report(desk, desk.store.order(report.client_order_id), report)

        self.world.spawn("postback", work)

    def _reconcile(self) -> None:
        self.world.spawn("reconcile", lambda: reconcile(self.desk(), ACCOUNT.account_id))


def _limit_buy(quantity: int) -> OrderIntent:
    return OrderIntent(
        "", ACCOUNT.account_id, INFY, Side.BUY, OrderType.LIMIT, Decimal(quantity),
        Product.INTRADAY, TimeInForce.DAY, Decimal("100.00"),
    )  # fmt: skip


def play(
    seed: int,
    *,
    liar: bool = False,
    inner: Store | None = None,
    mix: Mapping[str, float] = NO_MIX,
) -> Day:
    """Raises rules.Violation when something that must hold does not."""
    day = Day(seed, liar=liar, inner=inner, mix=mix)
    try:
        day.play()
        check(day)
    finally:
        day.world.end()
    return day
