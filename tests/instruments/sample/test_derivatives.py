"""Expiries by the exchanges' rules, for any day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegram.instruments.sample import load
from tradegram.instruments.sample.derivatives import derivatives
from tradegram.instruments.sample.tables import Series, series
from tradegram.market.calendar import TradingCalendar
from tradegram.model import Instrument

LEVELS = {line.underlying: Decimal(1000) for line in series()}
FEW = [line for line in series() if line.underlying in ("NIFTY", "SENSEX", "GOLD", "TATASTEEL")]


def of(word: str) -> Series:
    return next(line for line in series() if line.underlying == word)


def made(word: str, today: date) -> list[Instrument]:
    return list(derivatives([of(word)], LEVELS, today))


def expiries(word: str, today: date) -> list[date]:
    return sorted({row.expiry for row in made(word, today) if row.expiry is not None})


def test_an_expiry_on_a_holiday_moves_to_the_trading_day_before() -> None:
    assert load().expiries("NIFTY", options=False)[0] == date(2026, 11, 23)
    assert expiries("NIFTY", date(2027, 1, 20))[0] == date(2027, 1, 25)  # Republic Day


def test_on_the_day_of_expiry_the_contract_is_there_and_after_it_not() -> None:
    assert expiries("BANKNIFTY", date(2026, 11, 23))[0] == date(2026, 11, 23)
    assert expiries("BANKNIFTY", date(2026, 11, 24))[0] == date(2026, 12, 29)


@pytest.mark.parametrize(
    ("word", "dates"),
    [
        ("NIFTY", ["11-23", "12-01", "12-08", "12-15", "12-29", "01-25"]),
        ("SENSEX", ["11-26", "12-03", "12-10", "12-17", "12-31", "01-28"]),
        ("RELIANCE", ["11-23", "12-29", "01-25"]),
        ("CRUDEOIL", ["12-18", "01-19", "02-19"]),
        ("GOLD", ["12-04", "02-05", "04-05"]),
    ],
)
def test_expiries_follow_each_exchanges_rule(word: str, dates: list[str]) -> None:
    assert [f"{day:%m-%d}" for day in expiries(word, date(2026, 11, 21))] == dates


def test_symbols_are_written_as_the_exchanges_write_them() -> None:
    symbols = {row.symbol for row in made("NIFTY", date(2026, 11, 21))}
    assert {"NIFTY26NOVFUT", "NIFTY26NOV1000CE", "NIFTY26D01950PE", "NIFTY27JANFUT"} <= symbols
    assert "TATASTEEL26NOV997.5CE" in {r.symbol for r in made("TATASTEEL", date(2026, 11, 21))}
    assert "GOLD26DECFUT" in {r.symbol for r in made("GOLD", date(2026, 11, 21))}


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2035, 12, 31)))
def test_the_sample_does_not_run_out_and_offers_nothing_expired(today: date) -> None:
    calendar = TradingCalendar()
    rows = list(derivatives(FEW, LEVELS, today))
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert row.expiry is not None
        assert row.expiry >= today
        assert calendar.session(row.exchange, row.expiry) is not None
    for line in FEW:
        dates = {row.expiry for row in rows if row.underlying == line.underlying and row.expiry}
        assert len(dates) >= line.months
        if line.weeks:
            assert min(dates) <= today + timedelta(days=8)


@given(st.integers(1, 3))
def test_strikes_are_positive_however_low_the_level(level: int) -> None:
    rows = derivatives([of("RELIANCE")], {"RELIANCE": Decimal(level)}, date(2026, 11, 21))
    assert all(row.strike is None or row.strike > 0 for row in rows)
