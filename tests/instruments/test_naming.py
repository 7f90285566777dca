from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tradegram.instruments import sample
from tradegram.instruments.naming import contract, expiries_of, share
from tradegram.instruments.rows import from_line
from tradegram.model import Kind

NOVEMBER = [date(2026, 11, day) for day in (3, 10, 17, 24)]
LATER = [date(2026, 12, 1), date(2026, 12, 29), date(2027, 1, 5), date(2026, 10, 27)]
EXPIRIES = NOVEMBER + LATER


def option(expiry: date, strike: str = "24000", kind: Kind = Kind.CALL) -> str:
    return contract("NIFTY", kind, expiry, Decimal(strike), EXPIRIES)


@pytest.mark.parametrize(
    ("expiry", "strike", "kind", "symbol"),
    [
        (date(2026, 11, 24), "24000", Kind.CALL, "NIFTY26NOV24000CE"),
        (date(2026, 11, 3), "24000.00", Kind.PUT, "NIFTY26N0324000PE"),
        (date(2026, 12, 1), "24000", Kind.CALL, "NIFTY26D0124000CE"),
        (date(2026, 12, 29), "24000", Kind.CALL, "NIFTY26DEC24000CE"),
        (date(2027, 1, 5), "152.50", Kind.CALL, "NIFTY27JAN152.5CE"),
        (date(2026, 10, 27), "1E+3", Kind.CALL, "NIFTY26OCT1000CE"),
    ],
)
def test_the_last_expiry_of_a_month_is_written_with_it_and_others_with_their_day(
    expiry: date, strike: str, kind: Kind, symbol: str
) -> None:
    assert option(expiry, strike, kind) == symbol


def test_months_of_one_figure_and_of_two_have_one_letter() -> None:
    years = [date(2027, month, 1) for month in range(1, 13)]
    ends = [day.replace(day=28) for day in years]

    written = [contract("X", Kind.PUT, day, Decimal(5), years + ends) for day in years]

    assert "".join(one[3] for one in written) == "123456789OND"


def test_a_future_has_no_day_and_no_strike() -> None:
    weekly = contract("NIFTY", Kind.FUTURE, date(2026, 11, 3), None, EXPIRIES)

    assert weekly == "NIFTY26NOVFUT"


@pytest.mark.parametrize(
    ("underlying", "kind", "strike"),
    [("NIFTY", Kind.CALL, None), ("NIFTY", Kind.FUTURE, Decimal(1)), ("", Kind.FUTURE, None),
     ("NIFTY", Kind.SHARE, None)],
)  # fmt: skip
def test_what_is_no_contract_has_no_name(
    underlying: str, kind: Kind, strike: Decimal | None
) -> None:
    with pytest.raises(ValueError, match="no contract"):
        contract(underlying, kind, date(2026, 11, 24), strike)


def test_every_contract_of_the_sample_is_named_as_the_sample_names_it() -> None:
    rows = [from_line(line) for line in sample.load().lines()]
    made = [row for row in rows if row.kind.is_derivative and row.expiry]
    known = expiries_of(
        (row.underlying, row.expiry) for row in made if row.expiry and row.kind.is_option
    )

    names = {
        row.key: contract(
            row.underlying, row.kind, row.expiry, row.strike, known.get(row.underlying, ())
        )
        for row in made
        if row.expiry
    }

    assert len(names) > 1000
    assert {key for key, name in names.items() if not key.endswith(f":{name}")} == set()


@pytest.mark.parametrize(
    ("symbol", "series", "ours"),
    [("RELIANCE-EQ", "", "RELIANCE"), ("RELIANCE", "EQ", "RELIANCE"), ("RELIANCE", "", "RELIANCE"),
     ("XYZ-BE", "", "XYZ-BE"), ("XYZ", "BE", "XYZ-BE"), ("BAJAJ-AUTO-EQ", "", "BAJAJ-AUTO"),
     ("BAJAJ-AUTO", "EQ", "BAJAJ-AUTO")],
)  # fmt: skip
def test_a_share_bears_its_series_unless_it_is_the_ordinary_one(
    symbol: str, series: str, ours: str
) -> None:
    assert share(symbol, series) == ours
