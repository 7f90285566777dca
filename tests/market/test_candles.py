from __future__ import annotations

import pytest
from clocks import StillClock
from samples import INFY

from tradegram.market.calendar import TradingCalendar
from tradegram.market.candles import LENGTHS, MOST, simulated
from tradegram.market.feed import SimulatedQuotes

CLOCK = StillClock()  # Friday, 10:00 in Mumbai
NOW = CLOCK.now()
FEED = SimulatedQuotes(CLOCK, 1)
OPEN = TradingCalendar().is_open
DAY = 86_400.0


@pytest.mark.parametrize("minutes", LENGTHS)
def test_candles_are_in_order_and_their_prices_fit_each_other(minutes: int) -> None:
    found = simulated(FEED, OPEN, INFY, minutes, NOW - 3 * DAY, NOW)
    assert found
    starts = [one.at for one in found]
    assert starts == sorted(set(starts))
    assert all(one.at % (minutes * 60) == 0 for one in found)
    for one in found:
        assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
        assert one.volume > 0 or one.at == NOW
        assert one.open % INFY.tick_size == 0


def test_only_the_hours_of_the_exchange_have_candles() -> None:
    found = simulated(FEED, OPEN, INFY, 5, NOW - DAY, NOW)
    # Thursday from 10:00 to 15:30, and Friday from 9:15 to 10:00.
    assert len(found) == 66 + 9 + 1
    assert all(OPEN(INFY, one.at) for one in found)


def test_a_weekend_has_no_days() -> None:
    week = simulated(FEED, OPEN, INFY, 1440, NOW - 7 * DAY, NOW)
    assert len(week) == 5


def test_another_process_draws_the_same_candles_tomorrow() -> None:
    today = simulated(FEED, OPEN, INFY, 15, NOW - DAY, NOW)
    later = StillClock(NOW + DAY)
    again = simulated(SimulatedQuotes(later, 1), OPEN, INFY, 15, NOW - DAY, NOW)
    assert today == again
    assert simulated(SimulatedQuotes(later, 2), OPEN, INFY, 15, NOW - DAY, NOW) != today


def test_the_last_candle_ends_at_the_price_of_now() -> None:
    last = simulated(FEED, OPEN, INFY, 60, NOW - DAY, NOW)[-1]
    assert last.close == FEED.at(INFY, NOW).last


def test_an_answer_holds_so_many_candles_and_no_more() -> None:
    found = simulated(FEED, lambda one, at: True, INFY, 1, NOW - 30 * DAY, NOW)
    assert len(found) == MOST
    assert found[-1].at == NOW // 60 * 60
