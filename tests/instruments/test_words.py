"""What people type, brought to one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.instruments.words import short_name, spoken


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("reliance", "RELIANCE"),
        ("Tata  Motors", "TATAMOTORS"),
        ("BAJAJ-AUTO", "BAJAJAUTO"),
        ("btc/usdt", "BTCUSDT"),
        ("m & m", "M&M"),
        ("nifty 50", "NIFTY 50"),
        ("NIFTY-50", "NIFTY 50"),
        ("360 one", "360ONE"),
        ("Dr. Reddy's", "DRREDDYS"),
        (" - ", ""),
    ],
)
def test_separators_do_not_matter(typed: str, form: str) -> None:
    assert spoken(typed) == form


def test_a_number_after_a_space_stays_apart() -> None:
    assert spoken("MON 100") != spoken("MON100")


@given(st.text(max_size=30))
def test_the_form_of_a_form_is_itself(typed: str) -> None:
    assert spoken(spoken(typed)) == spoken(typed)


def test_a_name_is_said_without_its_legal_form() -> None:
    assert short_name("Reliance Industries Limited") == "RELIANCE INDUSTRIES"
    assert short_name("Apple Inc.") == "APPLE"
    assert short_name("Incline") == "INCLINE"
