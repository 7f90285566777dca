"""A desk with one account at a simulated broker: what the order path needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from clocks import CountingIds, StillClock
from conformance.case import HttpCase
from orders.desks import Bell, Page, SetCalendar

from tradegram.brokers.contract import Broker, Profile
from tradegram.model import Account, Mode, OrderIntent
from tradegram.orders.state import Order
from tradegram.ports import commit_order
from tradegram.store.sqlite import SqliteStore


@dataclass
class OneAccount:
    """Implements ports.Brokers over a conformance case."""

    case: HttpCase

    @property
    def _account(self) -> Account:
        return Account(f"{self.case.name}:main", self.case.name, "main", Mode.LIVE)

    def accounts(self) -> list[Account]:
        return [self._account]

    def account(self, account_id: str) -> Account:
        return self._account

    def profile(self, account_id: str) -> Profile:
        return self.case.profile

    def broker(self, account_id: str) -> Broker:
        return self.case.broker()


@dataclass
class SimDesk:
    """Implements ports.OrderDesk over a real record on disk."""

    case: HttpCase
    store: SqliteStore
    brokers: OneAccount
    doorbell: Bell = field(default_factory=Bell)
    ids: CountingIds = field(default_factory=CountingIds)
    calendar: SetCalendar = field(default_factory=SetCalendar)
    pager: Page = field(default_factory=Page)

    @property
    def clock(self) -> StillClock:
        return self.case.clock

    @property
    def account_id(self) -> str:
        return f"{self.case.name}:main"

    def stage(self, intent: OrderIntent | None = None) -> Order:
        now = self.clock.now()
        made = intent or self.case.intent()
        order = Order(made, send_by=now + 120, user_id=7, ticket_id="T" * 16, staged_at=now)
        return commit_order(self.store, order, {"event": "staged"})

    def order(self, order: Order) -> Order:
        return self.store.order(order.key)


@contextmanager
def sim_desk(case: HttpCase, folder: Path) -> Iterator[SimDesk]:
    case.broker()
    store = SqliteStore(folder / "desk.sqlite", case.clock)
    try:
        yield SimDesk(case, store, OneAccount(case))
    finally:
        store.close()
