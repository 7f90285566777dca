"""Trading hours, by the dated tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.errors import UserError
from tradegram.market.calendar import TradingCalendar
from tradegram.market.sessions import tables
from tradegram.model import Instrument, Kind

INDIA = ZoneInfo("Asia/Kolkata")
NEW_YORK = ZoneInfo("America/New_York")
EXCHANGES = ["NSE", "BSE", "NFO", "BFO", "MCX", "NASDAQ", "NYSE", "BINANCE"]
IN_THE_TABLES = st.integers(
    int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2027, 12, 31, tzinfo=UTC).timestamp()),
).map(float)


def on(exchange: str) -> Instrument:
    return Instrument(exchange, "X", Kind.SHARE, "X", Decimal(1), Decimal("0.05"))


def ist(*when: int) -> float:
    return datetime(*when, tzinfo=INDIA).timestamp()  # type: ignore[misc, arg-type]


def ny(*when: int) -> float:
    return datetime(*when, tzinfo=NEW_YORK).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("exchange", "at", "is_open"),
    [
        ("NSE", ist(2026, 11, 20, 9, 14, 59), False),
        ("NSE", ist(2026, 11, 20, 9, 15), True),
        ("NFO", ist(2026, 11, 20, 15, 29, 59), True),
        ("BSE", ist(2026, 11, 20, 15, 30), False),
        ("NSE", ist(2026, 11, 21, 11, 0), False),  # a Saturday
        ("NSE", ist(2026, 11, 24, 11, 0), False),  # Guru Nanak's birthday
        ("MCX", ist(2026, 11, 24, 11, 0), False),  # the morning session only is closed
        ("MCX", ist(2026, 11, 24, 17, 0), True),
        ("MCX", ist(2026, 11, 20, 23, 54), True),  # New York is on standard time
        ("MCX", ist(2026, 7, 1, 23, 29), True),
        ("MCX", ist(2026, 7, 1, 23, 30), False),
        ("MCX", ist(2027, 1, 1, 18, 0), False),
        ("NASDAQ", ny(2026, 11, 20, 9, 30), True),
        ("NYSE", ny(2026, 11, 26, 12, 0), False),  # Thanksgiving
        ("NYSE", ny(2026, 11, 27, 12, 59), True),
        ("NYSE", ny(2026, 11, 27, 13, 0), False),  # closes early
        ("BINANCE", ist(2026, 11, 22, 3, 0), True),
    ],
)
def test_an_exchange_is_open_in_its_own_hours(exchange: str, at: float, is_open: bool) -> None:
    assert TradingCalendar().is_open(on(exchange), at) is is_open


def test_new_york_keeps_its_hours_when_its_clocks_change() -> None:
    calendar = TradingCalendar()
    before, after = date(2026, 3, 6), date(2026, 3, 9)
    hours = [calendar.session("NASDAQ", day) for day in (before, after)]
    assert [opens.astimezone(UTC).hour for opens, _ in filter(None, hours)] == [14, 13]


def test_the_next_session_skips_weekend_and_holiday() -> None:
    calendar = TradingCalendar()
    assert calendar.next_open(on("NSE"), ist(2026, 11, 21, 12)) == ist(2026, 11, 23, 9, 15)
    assert calendar.next_open(on("NSE"), ist(2026, 11, 23, 16)) == ist(2026, 11, 25, 9, 15)
    assert calendar.next_open(on("NSE"), ist(2026, 11, 23, 8)) == ist(2026, 11, 23, 9, 15)
    assert calendar.next_open(on("NSE"), ist(2026, 11, 23, 10)) is None


def test_a_day_order_ends_with_the_session_it_belongs_to() -> None:
    calendar = TradingCalendar()
    friday_close, monday_close = ist(2026, 11, 20, 15, 30), ist(2026, 11, 23, 15, 30)
    assert calendar.day_ends(on("NSE"), ist(2026, 11, 20, 9, 0)) == friday_close
    assert calendar.day_ends(on("NSE"), ist(2026, 11, 20, 15, 29)) == friday_close
    assert calendar.day_ends(on("NSE"), friday_close) == monday_close
    assert calendar.day_ends(on("NYSE"), ny(2026, 11, 27, 10)) == ny(2026, 11, 27, 13)


def test_the_book_of_a_closed_day_proves_absence_half_an_hour_later() -> None:
    calendar = TradingCalendar()
    assert calendar.book_closed_after(on("NSE"), ist(2026, 11, 20, 10)) == ist(2026, 11, 20, 16)
    assert calendar.book_closed_after(on("BINANCE"), ist(2026, 11, 20, 10)) is None


def test_a_market_kept_open_never_closes_and_its_day_ends_at_midnight() -> None:
    calendar, sunday = TradingCalendar(always_open=True), ist(2026, 11, 22, 3)
    for exchange in EXCHANGES:
        assert calendar.is_open(on(exchange), sunday)
        assert calendar.next_open(on(exchange), sunday) is None
        assert calendar.book_closed_after(on(exchange), sunday) is None
    assert calendar.day_ends(on("NSE"), sunday) == ist(2026, 11, 23)
    assert calendar.day_ends(on("NASDAQ"), ny(2026, 11, 22, 3)) == ny(2026, 11, 23)
    assert (
        calendar.day_ends(on("BINANCE"), sunday) == datetime(2026, 11, 22, tzinfo=UTC).timestamp()
    )


def test_a_coin_market_trades_from_midnight_to_midnight() -> None:
    opens, closes = TradingCalendar().session("BINANCE", date(2026, 11, 21)) or (None, None)
    assert opens == datetime(2026, 11, 21, tzinfo=UTC)
    assert closes == datetime(2026, 11, 22, tzinfo=UTC)


def test_an_unknown_exchange_is_said_not_guessed() -> None:
    with pytest.raises(UserError, match="LSE"):
        TradingCalendar().is_open(on("LSE"), ist(2026, 11, 20, 12))


def test_it_warns_before_a_holiday_table_ends_and_after() -> None:
    calendar = TradingCalendar()
    assert calendar.expires_soon(ist(2026, 11, 21, 12)) is None
    assert "ends on 2026-12-31" in (calendar.expires_soon(ist(2026, 12, 2, 12)) or "")
    assert "ended on 2026-12-31" in (calendar.expires_soon(ist(2027, 2, 1, 12)) or "")


def test_beyond_the_tables_weekdays_trade() -> None:
    calendar = TradingCalendar()
    assert calendar.session("NSE", date(2031, 11, 20)) is not None  # a Thursday
    assert calendar.session("NSE", date(2031, 11, 22)) is None


def test_every_day_in_the_tables_is_a_weekday_and_named_once() -> None:
    for hours in tables():
        days = [*hours.closed, *hours.evening, *hours.special]
        assert len(days) == len(set(days))
        assert all(day.weekday() < 5 for day in days), hours.exchanges


@given(st.sampled_from(EXCHANGES), IN_THE_TABLES)
def test_open_now_or_open_at_the_next_open(exchange: str, at: float) -> None:
    calendar, instrument = TradingCalendar(), on(exchange)
    opens = calendar.next_open(instrument, at)
    assert calendar.is_open(instrument, at) is (opens is None)
    if opens is not None:
        assert opens > at
        assert calendar.is_open(instrument, opens)
        assert not calendar.is_open(instrument, opens - 1)


@given(st.sampled_from(EXCHANGES), IN_THE_TABLES)
def test_a_day_ends_later_than_its_order_and_the_market_is_closed_then(
    exchange: str, at: float
) -> None:
    calendar, instrument = TradingCalendar(), on(exchange)
    ends = calendar.day_ends(instrument, at)
    assert at < ends <= at + timedelta(days=6).total_seconds()
    if exchange != "BINANCE":
        assert calendar.is_open(instrument, ends - 1)
        assert not calendar.is_open(instrument, ends)


def test_us_options_trade_with_us_shares_and_currencies_have_no_close() -> None:
    share = Instrument("NASDAQ", "AAPL", Kind.SHARE, "Apple", Decimal(1), Decimal("0.01"))
    option, euro = replace(share, exchange="OPRA"), replace(share, exchange="IDEALPRO")
    calendar, noon = TradingCalendar(), 1_795_190_400.0  # Friday, 11:00 in New York
    for at in (noon, noon + 12 * 3600):
        assert calendar.is_open(option, at) == calendar.is_open(share, at)
    assert calendar.is_open(euro, noon + 12 * 3600)
    assert calendar.book_closed_after(euro, noon) is None
