"""An instrument as a line of text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.instruments.rows import FIELDS, from_line, to_line
from tradegram.model import Instrument, Kind

PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)
POSITIVE = st.decimals(Decimal("0.00000001"), Decimal(1_000_000), places=8)
INSTRUMENTS = st.builds(
    Instrument,
    exchange=st.sampled_from(["NSE", "NFO", "BINANCE"]),
    symbol=PRINTABLE,
    kind=st.sampled_from(Kind),
    name=PRINTABLE,
    lot_size=POSITIVE,
    tick_size=POSITIVE,
    underlying=PRINTABLE,
    expiry=st.none() | st.dates(date(2026, 1, 1)),
    strike=st.none() | POSITIVE,
    freeze_quantity=st.none() | POSITIVE,
    currency=st.sampled_from(["INR", "USD", "USDT"]),
    min_value=POSITIVE,
    multiplier=POSITIVE,
)


@given(INSTRUMENTS)
def test_a_line_gives_the_same_instrument_back(instrument: Instrument) -> None:
    line = to_line(instrument)
    assert from_line(line) == instrument
    assert line.count("\t") == FIELDS - 1


@pytest.mark.parametrize("bad", ["A\tB", "A\nB", "A\u2028B"])
def test_a_name_that_would_break_the_file_is_refused(bad: str) -> None:
    share = Instrument("NSE", "X", Kind.SHARE, "X", Decimal(1), Decimal(1))
    with pytest.raises(ValueError, match="NSE:X"):
        to_line(replace(share, name=bad))
