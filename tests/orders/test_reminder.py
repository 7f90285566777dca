"""The reminder before brokers square off what is held for the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tickets.desks import PROFILE, Scene, position, scene

from tradegram.market.calendar import TradingCalendar
from tradegram.market.square_off import SEGMENTS, squared_off_before
from tradegram.model import Account, Mode, Product
from tradegram.orders.reminder import remind
from tradegram.pager import StorePager
from tradegram.ports import Desk

KITE = Account("zerodha:AB1234", "zerodha", "kite", Mode.LIVE)
OPENS = 10 * 3600  # the clock stands at ten
BEGINS = 15 * 3600 + 20 * 60


@dataclass
class Day:
    desk: Desk
    scene: Scene

    def at(self, hour: int, minute: int, second: int = 0) -> list[str]:
        """Look at this time of the day; all that was said so far."""
        passed = self.scene.clock.seconds - 1_795_149_000.0
        self.scene.clock.pass_(hour * 3600 + minute * 60 + second - OPENS - passed)
        remind(self.desk, KITE.account_id)
        return [one.text for one in self.scene.store.notices(50)]


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    made = scene(tmp_path, KITE, profile=replace(PROFILE, name="zerodha", title="Zerodha"))
    pager = StorePager(made.store, made.clock)
    yield Day(replace(made.desk, calendar=TradingCalendar(), pager=pager), made)
    made.store.close()


def test_it_is_said_once_and_a_quarter_of_an_hour_before_the_broker_begins(day: Day) -> None:
    day.scene.broker.runs = [position("10", Product.INTRADAY)]

    assert day.at(15, 4) == []
    [text] = day.at(15, 5)
    assert "RELIANCE long 10" in text
    assert "Zerodha squares it off from about 15:20:00 IST" in text
    assert "/exit all" in text
    for minute in range(6, 31):
        assert len(day.at(15, minute)) == 1


def test_a_position_opened_after_the_first_look_is_found_by_a_later_one(day: Day) -> None:
    assert day.at(15, 5) == []
    day.scene.broker.runs = [position("-10", Product.INTRADAY)]
    assert day.at(15, 6) == []  # a broker is not asked at every look

    [text] = day.at(15, 11)

    assert "short 10" in text


def test_nothing_is_said_of_what_stays_overnight(day: Day) -> None:
    day.scene.broker.runs = [position("10", Product.DELIVERY)]
    assert [day.at(15, minute) for minute in range(5, 20)] == [[]] * 15


def test_the_next_day_is_another_day(day: Day) -> None:
    day.scene.broker.runs = [position("10", Product.INTRADAY)]
    day.at(15, 5)
    assert len(day.at(15 + 3 * 24, 5)) == 2  # a weekend lies between


def test_every_broker_has_a_time_for_every_segment() -> None:
    for broker in ("zerodha", "dhan", "aliceblue", "nobody"):
        for segment in SEGMENTS:
            assert 0 < squared_off_before(broker, segment) <= 1800
