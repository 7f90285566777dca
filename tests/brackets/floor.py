"""A desk whose market and broker do what the test says, and whose broker keeps a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from clocks import CountingIds, StillClock
from simulation.memory import MemoryStore
from tickets.desks import MESSAGE, OWNER, PROFILE, RELIANCE, Bell, SetHours, SetMarket

from tradegram.brackets.keep import keep
from tradegram.brackets.plan import Bracket
from tradegram.brackets.start import brackets
from tradegram.brokers.contract import Book, Profile
from tradegram.brokers.registry import PAPER, Maker, Registry, add_account
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.errors import BrokerError, OutcomeUnknown, Refused
from tradegram.model import (
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    Instrument,
    OrderIntent,
    Position,
    Product,
    ReportStatus,
    Side,
    Terms,
)
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Limits, Record
from tradegram.store.sqlite import SqliteStore
from tradegram.tickets.desk import Confirmed, confirm_ticket, open_ticket

D = Decimal
ZERO = Decimal(0)
STAYS = D("2948.70")


class Killed(BaseException):
    """A worker that dies: nothing of ours may catch it."""


class Mortal:
    """A store that dies before or after the given commit, counted from 1; 0: never."""

    dies_before = 0
    dies_after = 0
    commits = 0

    def commit(self, change: Change) -> Sequence[Record]:
        self.commits += 1
        if self.dies_before == self.commits:
            raise Killed
        stored: Sequence[Record] = super().commit(change)  # type: ignore[misc]
        if self.dies_after == self.commits:
            raise Killed
        return stored


class MortalStore(Mortal, SqliteStore):
    """On a disk."""


class MortalMemory(Mortal, MemoryStore):
    """In memory, for many days in little time."""

    def close(self) -> None: ...


@dataclass
class Row:
    broker_order_id: str
    intent: OrderIntent
    terms: Terms
    cum: Decimal = ZERO
    status: ReportStatus = ReportStatus.NEW
    paid: Decimal = ZERO

    @property
    def is_live(self) -> bool:
        return self.status is ReportStatus.NEW


@dataclass
class ScriptedBroker:
    """Fills only what it is told to; its positions are what was filled, and what others did."""

    profile: Profile = PROFILE
    rows: list[Row] = field(default_factory=list)
    elsewhere: Decimal = ZERO
    refuses: str = ""
    refuses_changes: bool = False
    keeps_cancels: bool = False  # asked for, and not done yet
    is_silent: bool = False
    loses: bool = False  # no answer, and nothing came of it

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        if self.refuses:
            raise Refused("paper", self.refuses)
        if self.loses:
            raise OutcomeUnknown("paper", "no answer")
        terms = Terms(intent.quantity, intent.price, intent.trigger)
        self.rows.append(Row(f"B{len(self.rows) + 1}", intent, terms))
        return self.rows[-1].broker_order_id

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        row = self._row(broker_order_id)
        if self.refuses_changes or not row.is_live or wanted.quantity <= row.cum:
            raise Refused("paper", "cannot be changed")
        row.terms = wanted

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        if not self.keeps_cancels:
            self.cancelled(self._row(broker_order_id))

    def cancelled(self, row: Row) -> None:
        if row.is_live:
            row.status = ReportStatus.CANCELLED

    def fill(self, row: Row, quantity: str | Decimal = "", price: str = "") -> None:
        rest = row.terms.quantity - row.cum
        size = D(quantity) if quantity else rest
        assert 0 < size <= rest, "the exchange fills no more than was ordered"
        row.paid += size * (D(price) if price else row.terms.price or STAYS)
        row.cum += size
        if row.cum == row.terms.quantity:
            row.status = ReportStatus.FILLED

    def order_book(self) -> Book:
        return Book([self._report(row) for row in self.rows])

    def _report(self, row: Row) -> ExecutionReport:
        average = row.paid / row.cum if row.cum else D(0)
        return ExecutionReport(
            row.broker_order_id, row.intent.wire_id, row.status, row.terms.quantity, row.cum,
            average, 0.0, terms=row.terms,
        )  # fmt: skip

    def net(self) -> Decimal:
        signs = {Side.BUY: 1, Side.SELL: -1}
        mine = sum((row.cum * signs[row.intent.side] for row in self.rows), D(0))
        return mine + self.elsewhere

    def positions(self) -> Sequence[Position]:
        if self.is_silent:
            raise BrokerError("paper", "no answer")
        product = self.rows[0].intent.product if self.rows else Product.INTRADAY
        return [Position(PAPER.account_id, RELIANCE, product, self.net(), STAYS, None, D(0), None)]

    def holdings(self) -> Sequence[Holding]:
        return []

    def trades(self) -> Sequence[Fill]:
        return []

    def funds(self) -> Sequence[Funds]:
        return [Funds(PAPER.account_id, "INR", D(10_000_000), D(10_000_000), D(0))]

    def margin_for(self, intent: OrderIntent) -> Funds:
        return Funds(PAPER.account_id, "INR", D(10_000_000), D(10_000_000), D(1000))

    def _row(self, broker_order_id: str) -> Row:
        return next(row for row in self.rows if row.broker_order_id == broker_order_id)


class Alerts:
    def __init__(self) -> None:
        self.said: list[str] = []

    def alert(self, account_id: str, text: str) -> None:
        self.said.append(text)


class OneShare:
    """An instrument master that knows one share."""

    def find(self, key: str) -> Instrument | None:
        return RELIANCE if key == RELIANCE.key else None

    def named(self, words: str) -> Sequence[Instrument]:
        return [RELIANCE] if words.casefold() in ("reliance", RELIANCE.key.casefold()) else []

    def search(self, words: str, limit: int = 8) -> Sequence[Instrument]:
        return self.named(words)

    def longest_name(self) -> int:
        return 2

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **named: []


@dataclass
class Floor:
    desk: Desk
    store: MortalStore | MortalMemory
    clock: StillClock
    market: SetMarket
    hours: SetHours
    broker: ScriptedBroker
    bell: Bell
    alerts: Alerts

    def price(self, last: str) -> None:
        self.market.last[RELIANCE.key] = D(last)

    def bought(
        self,
        quantity: int = 10,
        *,
        stop: str = "",
        target: str = "",
        trail: Level | None = None,
        filled: bool = True,
        side: Side = Side.BUY,
        product: Product = Product.INTRADAY,
    ) -> Bracket:
        """Confirm an entry with levels, and let it fill."""
        asked = Asked(
            RELIANCE, side, quantity=D(quantity), product=product,
            stop_loss=Level(D(stop), Unit.PRICE) if stop else None,
            target=Level(D(target), Unit.PRICE) if target else None,
            trail=trail,
        )  # fmt: skip
        ticket = open_ticket(self.desk, user_id=OWNER, asked=asked, source_text="test")
        done = confirm_ticket(
            self.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version,
            message=MESSAGE,
        )  # fmt: skip
        if not isinstance(done, Confirmed):
            done = confirm_ticket(
                self.desk, user_id=OWNER, ticket_id=ticket.ticket_id,
                version=done.ticket.version, message=MESSAGE,
            )  # fmt: skip
        assert isinstance(done, Confirmed)
        self.send()
        if filled:
            self.broker.fill(self.broker.rows[-1])
        self.look()
        return self.bracket()

    def send(self) -> None:
        for _, key in self.bell.rung:
            try:
                attend(self.desk, key)
            except TryLater:
                continue
        self.bell.rung.clear()

    def look(self, times: int = 1, seconds: float = 1.0) -> None:
        """Compare with the book, keep the brackets, send what follows; as the workers do."""
        for _ in range(times):
            reconcile(self.desk, PAPER.account_id)
            keep(self.desk, PAPER.account_id)
            self.send()
            reconcile(self.desk, PAPER.account_id)
            self.clock.pass_(seconds)

    def bracket(self) -> Bracket:
        [found] = brackets(self.store, PAPER.account_id)
        return found

    def exits(self) -> list[Row]:
        """What the broker was sent on the side that closes."""
        side = self.bracket().side
        return [row for row in self.broker.rows if row.intent.side is side]

    def order(self, row: Row) -> Order:
        return self.store.order(row.intent.client_order_id)

    def told(self) -> list[str]:
        return [one.text for one in self.store.notices(500) if one.kind == "bracket"]

    def most_closed(self) -> Decimal:
        """Units that exits closed or may still close, by the broker's own ledger."""
        rows = self.exits()
        return sum((row.terms.quantity if row.is_live else row.cum for row in rows), D(0))


def floor(folder: Path | None, profile: Profile = PROFILE) -> Floor:
    """folder: None for a record in memory."""
    clock = StillClock()
    store = MortalStore(folder / "record.db", clock) if folder else MortalMemory()
    add_account(store, PAPER)
    broker, bell, hours, alerts = ScriptedBroker(profile), Bell(), SetHours(), Alerts()
    market = SetMarket(clock)
    market.last[RELIANCE.key] = STAYS
    desk = Desk(
        store=store, doorbell=bell, clock=clock, ids=CountingIds(),
        brokers=Registry(store, {"paper": Maker(profile, lambda _: broker)}),
        calendar=hours, pager=alerts, instruments=OneShare(), quotes=market, limits=Limits(),
    )  # fmt: skip
    return Floor(desk, store, clock, market, hours, broker, bell, alerts)
