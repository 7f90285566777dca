"""A desk that runs over midnight trades the new day's list."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from clocks import CountingIds, StillClock
from vault.vaults import ring_in

from tradegram.bootstrap import build
from tradegram.instruments import sample
from tradegram.instruments.daily import DailyInstruments
from tradegram.instruments.master import Master
from tradegram.local.workers import LocalDoorbell
from tradegram.settings import read
from tradegram.store.sqlite import SqliteStore

IST = timedelta(hours=5, minutes=30)


def night_of(day: date) -> StillClock:
    """A minute before India's midnight that ends this day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) - IST
    return StillClock(midnight.timestamp() - 60)


def last_day(underlying: str = "NIFTY") -> date:
    """When the nearest options of the sample expire."""
    return sample.load().expiries(underlying, options=True)[0]


def test_an_expired_contract_is_gone_after_midnight_and_the_next_is_there(tmp_path: Path) -> None:
    expiry = last_day()
    clock = night_of(expiry)
    store = SqliteStore(tmp_path / "desk.sqlite", clock)
    desk = build(read({}), store, LocalDoorbell(), clock, CountingIds(), ring_in(tmp_path))
    before = desk.instruments.expiries("NIFTY", options=True)
    strike = desk.instruments.strikes("NIFTY", expiry)[0]
    assert before[0] == expiry

    clock.pass_(61)

    after = desk.instruments.expiries("NIFTY", options=True)
    assert after[0] > expiry
    assert set(before) - set(after) == {expiry}
    assert strike not in desk.instruments.strikes("NIFTY", expiry)
    assert desk.instruments.find("NSE:RELIANCE") is not None
    store.close()


def test_the_list_is_made_once_a_day_however_many_ask_at_midnight() -> None:
    clock = night_of(last_day())
    made: list[date] = []

    def load(day: date) -> Master:
        made.append(day)
        return sample.load(day)

    daily = DailyInstruments(clock, load)
    daily.longest_name()
    clock.pass_(61)
    answers: list[date] = []

    def ask() -> None:
        answers.append(daily.expiries("NIFTY", options=True)[0])

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()

    assert made == [last_day(), last_day() + timedelta(days=1)]
    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_a_newer_list_of_the_same_day_is_in_use_within_a_minute() -> None:
    clock = StillClock()
    made = [sample.load(), sample.load()]
    left = iter(made)
    is_there = False
    daily = DailyInstruments(clock, lambda day: next(left), lambda: is_there)
    first = daily.search("infy")
    is_there = True

    clock.pass_(30)
    assert daily.search("infy") == first
    clock.pass_(31)

    assert daily.search("infy") == first
    assert list(left) == []
