"""A day's calls: counted across restarts and processes, told once, and kept for orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from brokers.sim_desk import OneAccount
from clocks import StillClock
from conformance.cases.icicidirect import IciciDirectCase

from tradegram.bootstrap import local_home
from tradegram.brokers.budget import HANDFUL, KIND, Budget
from tradegram.brokers.calls import BOOKS, VIEWS, Calls
from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, calls_of
from tradegram.brokers.days import day_began
from tradegram.brokers.guarded import Guards
from tradegram.chat.cards.health import health_line
from tradegram.errors import NotSent, StoreUnavailable
from tradegram.pager import StorePager
from tradegram.ports import Change, Document, Record
from tradegram.settings import read
from tradegram.store.sqlite import SqliteStore

ACCOUNT = "icicidirect:main"
MOST = 200
HOUR = 3600.0


class Down(SqliteStore):
    """It can be switched off."""

    is_down = False

    def commit(self, change: Change) -> list[Record]:
        if self.is_down:
            raise StoreUnavailable("off")
        return list(super().commit(change))


@dataclass
class Desk:
    """One broker's account in one process after the other."""

    folder: Path
    clock: StillClock = field(default_factory=StillClock)

    def __post_init__(self) -> None:
        self.store = Down(self.folder / "desk.sqlite", self.clock)

    def budget(self) -> Budget:
        """As another process, or this one after a restart, makes it."""
        owed = StorePager(self.store, self.clock).owed
        return Budget(self.store, self.clock, owed, ACCOUNT, "ICICI Direct #main", MOST)

    def told(self) -> list[str]:
        return [one.text for one in self.store.notices()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_a_restart_forgets_no_call(desk: Desk) -> None:
    first = desk.budget()
    for _ in range(25):
        first.count()
    assert first.calls().used == 25

    after = desk.budget()

    assert 25 <= after.calls().used <= 25 + HANDFUL


def test_two_processes_count_together(desk: Desk) -> None:
    one, other = desk.budget(), desk.budget()
    for _ in range(30):
        one.count()
        other.count()
    desk.clock.pass_(60.0)

    assert 60 <= one.calls().used <= 60 + HANDFUL


def test_each_call_is_one_write_of_twenty(desk: Desk) -> None:
    budget = desk.budget()
    for _ in range(60):
        budget.count()

    found = desk.store.document(KIND, ACCOUNT)
    assert found is not None
    assert (found.body["count"], found.version) == (60, 3)


def test_everybody_is_told_once_when_four_of_five_are_used(desk: Desk) -> None:
    budget = desk.budget()
    for _ in range(140):
        budget.count()
    assert desk.told() == []

    for _ in range(30):
        budget.count()
    told = desk.told()
    assert ["160 of the 200 calls" in text for text in told] == [True]

    for one in (budget, desk.budget()):
        for _ in range(40):
            one.count()
    assert desk.told() == told


def test_the_next_day_in_india_begins_anew(desk: Desk) -> None:
    budget = desk.budget()
    for _ in range(50):
        budget.count()
    desk.clock.pass_(14 * HOUR + 1)  # it was ten in the morning

    assert budget.calls().used == 0
    budget.count()
    assert budget.calls().used == desk.budget().calls().used - HANDFUL + 1 == 1


def test_a_record_that_is_down_keeps_no_call_back_and_is_made_good(desk: Desk) -> None:
    budget = desk.budget()
    desk.store.is_down = True
    for _ in range(30):
        budget.count()
    assert budget.calls().used == 30

    desk.store.is_down = False
    for _ in range(20):
        budget.count()
    assert desk.budget().calls().used == 60


def test_what_is_left_is_spread_until_the_exchanges_close_and_then_until_midnight(
    desk: Desk,
) -> None:
    assert desk.budget().calls().lasts == 5.5 * HOUR
    desk.clock.pass_(6 * HOUR)
    assert desk.budget().calls().lasts == 8 * HOUR
    assert Calls(0, 5000, 4900.0).apart(4, BOOKS) == 4.0
    assert Calls(4900, 5000, 4900.0).apart(4, BOOKS) == 4900.0
    assert Calls(3000, 5000, 4900.0).left(VIEWS) == 0


# -- with the broker's simulator -------------------------------------------------------------------


@dataclass
class Counted(OneAccount):
    """The account behind its guard, as the keeper and the registry put it."""

    guards: Guards | None = None

    def broker(self, account_id: str) -> Broker:
        assert self.guards
        self.case.broker()
        assert self.case._session
        account, case = self._account, self.case
        http = self.guards.counted(account, case.wire.client())
        inner = HttpBroker(case.adapter, http, case.clock, self.case._session)
        return self.guards.around(account, inner)


@pytest.fixture
def counted(desk: Desk) -> Counted:
    case = IciciDirectCase()
    case.clock = desk.clock
    owed = StorePager(desk.store, desk.clock).owed
    return Counted(case, Guards(desk.store, desk.clock, owed))


def used(desk: Desk, count: int) -> None:
    """So many calls were made today."""
    found = desk.store.document(KIND, ACCOUNT) or Document(KIND, ACCOUNT, {})
    day = int(day_began(desk.clock.now()))
    desk.store.commit(Change((replace(found, body={"day": day, "count": count}),)))
    desk.clock.pass_(31.0)  # after which others' calls are looked up


def test_every_request_is_counted_before_it_leaves(desk: Desk, counted: Counted) -> None:
    broker = counted.broker(ACCOUNT)
    before = counted.case.asked()
    broker.order_book()
    broker.funds()

    calls = calls_of(broker)
    assert calls is not None
    assert calls.used == counted.case.asked() - before == 5
    assert calls.most == 5000


def test_reads_give_way_first_then_books_and_orders_never(desk: Desk, counted: Counted) -> None:
    broker, case = counted.broker(ACCOUNT), counted.case
    used(desk, 3000)
    with pytest.raises(NotSent, match="3000 of today's 5000 calls"):
        broker.funds()
    broker.order_book()
    broker.positions()

    used(desk, 4920)
    before = case.asked()
    with pytest.raises(NotSent, match="the rest is for orders"):
        broker.order_book()
    assert case.asked() == before

    intent = case.intent()
    placed = broker.place(intent, not_after=desk.clock.monotonic() + 5)
    desk.clock.pass_(5.0)
    broker.cancel(intent, placed)
    assert case.asked() == before + 2


def test_what_is_kept_back_is_no_fault_of_the_broker(desk: Desk, counted: Counted) -> None:
    broker = counted.broker(ACCOUNT)
    used(desk, 4990)
    for _ in range(8):
        with pytest.raises(NotSent):
            broker.order_book()

    assert counted.guards
    assert counted.guards._of[ACCOUNT].breaker.standing().is_open is False


def test_status_shows_how_many_are_used(desk: Desk, counted: Counted, tmp_path: Path) -> None:
    home = local_home(read({"TRADEGRAM_DATA_DIR": str(tmp_path / "home")}))
    shown = replace(home.desk, brokers=counted)
    counted.broker(ACCOUNT).order_book()
    assert "4 of 5000 calls used today" in health_line(shown, counted.account(ACCOUNT))
    used(desk, 3100)
    assert "⚠ 3084 of 5000 calls" in health_line(shown, counted.account(ACCOUNT))
    home.store.close()
