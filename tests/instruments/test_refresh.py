"""Each morning the brokers' lists replace those of before, or do not, and people are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from clocks import StillClock
from samples import INFY

from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.listings import Listing
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import OutcomeUnknown, Refused, SessionExpired
from tradegram.instruments.daily import DailyInstruments
from tradegram.instruments.live import Tables
from tradegram.instruments.refresh import Refresh, ages, stale_since
from tradegram.instruments.shelf import MASTER, FolderShelf
from tradegram.model import Account, Instrument, Kind, Mode
from tradegram.store.sqlite import SqliteStore

HOUR = 3600.0
TODAY = date(2026, 11, 20)


def account(broker: str) -> Account:
    return Account(f"{broker}:A", broker, broker, Mode.LIVE)


def contracts(count: int, lot: int = 65) -> list[Listing]:
    expiry = TODAY + timedelta(days=4)
    made = [
        Instrument(
            "NFO", f"NIFTY26NOV{strike}CE", Kind.CALL, "NIFTY", Decimal(lot), Decimal("0.05"),
            "NIFTY", expiry, Decimal(strike),
        )
        for strike in range(20_000, 20_000 + count)
    ]  # fmt: skip
    return [Listing(one, "nfo", f"Q{one.symbol}", str(place)) for place, one in enumerate(made)]


SHARE = Listing(INFY, "nse", "INFY-EQ", "1594")


@dataclass
class Lister:
    """A broker that lists what a test says, or fails as it says."""

    rows: list[Listing] = field(default_factory=list)
    fails: Exception | None = None
    asked: int = 0

    def instruments(self) -> Sequence[Listing]:
        self.asked += 1
        if self.fails:
            raise self.fails
        return self.rows


@dataclass
class Linked:
    """Implements ports.Brokers; who is not `inside` has to log in first."""

    of: dict[str, Lister]
    inside: set[str]

    def accounts(self) -> Sequence[Account]:
        paper = Account("paper:main", "paper", "main", Mode.PAPER)
        return [paper, *(account(broker) for broker in self.of)]

    def account(self, account_id: str) -> Account:
        raise AssertionError

    def profile(self, account_id: str) -> Profile:
        return Zerodha.profile

    def broker(self, account_id: str) -> Broker:
        broker = account_id.partition(":")[0]
        if broker not in self.inside:
            raise SessionExpired(broker, "log in first")
        return self.of[broker]  # type: ignore[return-value]


@dataclass
class Page:
    told: list[str] = field(default_factory=list)

    def alert(self, account_id: str, text: str) -> None:
        self.told.append(text)


@dataclass
class Desk:
    clock: StillClock
    linked: Linked
    page: Page
    refresh: Refresh
    tables: Tables
    instruments: DailyInstruments

    def look(self) -> Sequence[str]:
        """A minute later, as the process does."""
        self.clock.pass_(61)
        return self.refresh.look()

    def morning(self) -> None:
        """Nine o'clock of the next day, from ten."""
        self.clock.pass_(23 * HOUR)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = StillClock()
    store = SqliteStore(tmp_path / "desk.sqlite", clock)
    shelf = FolderShelf(tmp_path / "instruments")
    one = {"zerodha": Lister([SHARE, *contracts(200)])}
    linked, page = Linked(one, {"zerodha"}), Page()
    tables = Tables(clock, shelf)
    daily = DailyInstruments(clock, tables.master, tables.is_newer)
    tables.find = daily.find
    yield Desk(clock, linked, page, Refresh(store, clock, linked, page, shelf), tables, daily)
    store.close()


def test_the_first_login_brings_the_broker_s_list_to_the_desk(desk: Desk) -> None:
    listings = desk.tables.listings("zerodha")
    assert listings.of(INFY).symbol == "INFY"
    assert desk.instruments.find("NFO:NIFTY26NOV20007CE") is None

    assert desk.look() == ["zerodha"]

    desk.clock.pass_(61)
    assert listings.of(INFY) == SHARE
    assert listings.by_token("nfo", "7").key == "NFO:NIFTY26NOV20007CE"
    assert desk.instruments.find("NFO:NIFTY26NOV20007CE") is not None
    assert desk.instruments.strikes("NIFTY", TODAY + timedelta(days=4))[:2] == [20_000, 20_001]
    [age] = ages(desk.refresh.store)
    assert (age.broker, age.dated, age.rows, age.problem) == ("zerodha", TODAY, 201, "")


def test_a_broker_without_a_list_yet_refuses_what_it_could_only_guess(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk.tables.listings("angelone").of(INFY)


def test_it_is_fetched_once_a_day_and_after_half_past_eight(desk: Desk) -> None:
    zerodha = desk.linked.of["zerodha"]
    desk.look()
    desk.look()
    assert zerodha.asked == 1

    desk.clock.pass_(22 * HOUR)  # 08:02
    desk.look()
    assert zerodha.asked == 1

    desk.clock.pass_(HOUR / 2)
    assert desk.look() == ["zerodha"]
    assert ages(desk.refresh.store)[0].dated == TODAY + timedelta(days=1)


def test_the_list_of_the_next_day_replaces_the_one_in_use(desk: Desk) -> None:
    desk.look()
    listings = desk.tables.listings("zerodha")
    assert listings.of(INFY) == SHARE
    desk.morning()
    desk.linked.of["zerodha"].rows = [replace(SHARE, token="7777"), *contracts(200)]

    desk.look()

    desk.clock.pass_(61)
    assert listings.of(INFY).token == "7777"


def test_who_is_not_logged_in_is_asked_when_he_is(desk: Desk) -> None:
    desk.linked.inside.clear()
    assert desk.look() == []
    assert desk.page.told == []

    desk.linked.inside.add("zerodha")

    assert desk.look() == ["zerodha"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "it has no rows"),
        ([SHARE, *contracts(99)], "NFO has 99 rows in it and had 200"),
    ],
)
def test_a_list_that_lost_much_does_not_replace_a_good_one(
    desk: Desk, rows: list[Listing], says: str
) -> None:
    desk.look()
    desk.morning()
    desk.linked.of["zerodha"].rows = rows

    assert desk.look() == []

    desk.clock.pass_(61)
    assert desk.tables.listings("zerodha").by_token("nfo", "150")
    assert desk.instruments.find("NFO:NIFTY26NOV20150CE") is not None
    [told] = desk.page.told
    assert says in told
    assert "Still using those of 2026-11-20" in told
    assert ages(desk.refresh.store)[0].problem


def test_a_list_that_cannot_be_read_is_tried_again_and_told_once_a_day(desk: Desk) -> None:
    zerodha = desk.linked.of["zerodha"]
    zerodha.fails = OutcomeUnknown("zerodha", "unreadable reply")
    desk.look()
    desk.look()
    assert (zerodha.asked, len(desk.page.told)) == (1, 1)

    desk.clock.pass_(900)
    desk.look()
    assert (zerodha.asked, len(desk.page.told)) == (2, 1)

    zerodha.fails = None
    desk.clock.pass_(900)
    assert desk.look() == ["zerodha"]


def test_a_few_that_came_and_went_are_no_loss(desk: Desk) -> None:
    desk.look()
    desk.morning()
    desk.linked.of["zerodha"].rows = [*contracts(101)]  # the only share is gone

    assert desk.look() == ["zerodha"]


def test_the_desk_trades_what_any_broker_lists_as_the_best_one_says_it(desk: Desk) -> None:
    more = Listing(replace(INFY, symbol="OTHER"), "nse", "OTHER", "5")
    desk.linked.of["icicidirect"] = Lister([*contracts(200, lot=1), more])
    desk.linked.inside.add("icicidirect")

    assert desk.look() == ["zerodha", "icicidirect"]

    desk.clock.pass_(61)
    option = desk.instruments.find("NFO:NIFTY26NOV20007CE")
    assert option is not None
    assert option.lot_size == 65
    assert desk.instruments.find("NSE:OTHER") is not None


def test_a_list_is_too_old_for_derivatives_from_the_second_weekday_on(desk: Desk) -> None:
    """It is of a Friday."""
    store, now = desk.refresh.store, desk.clock.now()
    assert stale_since(store, "zerodha", now) is None
    desk.look()

    late = [stale_since(store, "zerodha", now + day * 24 * HOUR) for day in (0, 2, 3, 4, 30)]

    assert late == [None, None, None, TODAY, TODAY]


def test_a_damaged_master_on_the_shelf_leaves_the_one_in_use(desk: Desk) -> None:
    desk.look()
    desk.clock.pass_(61)
    assert desk.instruments.find("NFO:NIFTY26NOV20007CE") is not None
    (desk.refresh.shelf.folder / MASTER).write_bytes(b"not a master")

    desk.clock.pass_(61)

    assert desk.instruments.find("NFO:NIFTY26NOV20007CE") is not None


def test_a_new_process_finds_the_lists_of_the_last_one(desk: Desk) -> None:
    desk.look()

    tables = Tables(desk.clock, desk.refresh.shelf)

    assert tables.listings("zerodha").of(INFY) == SHARE
    assert tables.master(TODAY).find("NFO:NIFTY26NOV20007CE") is not None
