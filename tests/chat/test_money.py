from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from tradegram.chat.money import (
    ago,
    bare_price,
    change,
    gain,
    money,
    price,
    quantity,
    short_price,
    units,
)
from tradegram.model import Kind

D = Decimal
FUTURE = replace(samples.INFY, kind=Kind.FUTURE, lot_size=D(65))
COIN = replace(samples.INFY, kind=Kind.COIN, currency="USDT", tick_size=D("0.01"))
FINE = replace(samples.INFY, tick_size=D("0.0025"))


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("1234567", "INR", "₹12,34,567.00"),
        ("123456789.5", "INR", "₹12,34,56,789.50"),
        ("999", "INR", "₹999.00"),
        ("1000", "INR", "₹1,000.00"),
        ("0", "INR", "₹0.00"),
        ("-0.004", "INR", "₹0.00"),
        ("-500", "INR", "−₹500.00"),
        ("0.005", "INR", "₹0.01"),
        ("1234567", "USD", "$1,234,567.00"),
        ("-1234567", "USDT", "−1,234,567.00 USDT"),
    ],
)
def test_money_is_grouped_as_its_country_does(value: str, currency: str, written: str) -> None:
    assert money(D(value), currency) == written


@given(st.decimals(-(10**15), 10**15, places=2))
def test_grouping_changes_no_digit(value: Decimal) -> None:
    for currency in ("INR", "USD"):
        bare = money(value, currency).replace(",", "").replace("−", "-")
        assert D(bare.replace("₹", "").replace("$", "")) == value


@pytest.mark.parametrize(
    ("value", "written"), [("10", "10"), ("10.00", "10"), ("0.01000", "0.01"), ("1E+5", "1,00,000")]
)
def test_quantities_have_no_trailing_zeros(value: str, written: str) -> None:
    assert quantity(D(value)) == written


def test_derivatives_are_counted_in_lots_and_units() -> None:
    assert units(D(65), FUTURE) == "1 lot (65)"
    assert units(D(130), FUTURE) == "2 lots (130)"
    assert units(D(130), samples.INFY) == "130"


def test_a_price_shows_every_place_it_has() -> None:
    assert price(D("2950"), samples.INFY) == "₹2,950.00"
    assert price(D("83.4025"), FINE) == "₹83.4025"
    assert bare_price(D("95079.69"), COIN) == "95,079.69"
    assert short_price(D("2950.00"), samples.INFY) == "2,950"
    assert short_price(D("2950.5"), samples.INFY) == "2,950.50"


def test_gains_and_changes_always_show_their_sign() -> None:
    assert (gain(D(250)), gain(D(-250)), gain(D(0))) == ("+₹250.00", "−₹250.00", "₹0.00")
    assert (change(D("0.0031")), change(D("-0.0031"))) == ("+0.31 %", "−0.31 %")


def test_ages_are_told_in_the_unit_that_fits() -> None:
    assert [ago(seconds) for seconds in (0.2, 2, 200, 9000)] == [
        "just now",
        "2 s ago",
        "3 min ago",
        "2 h ago",
    ]
