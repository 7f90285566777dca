from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.market.greeks import Contract
from tradegram.market.pricing import YEAR

# Hull, example 15.6: six months at 10 %, volatility 20 %.
CALL = Contract(42.0, 40.0, YEAR / 2, True, 0.10)
PUT = Contract(42.0, 40.0, YEAR / 2, False, 0.10)
# Hull, chapter 19: twenty weeks at 5 %, volatility 20 %.
HEDGED = Contract(49.0, 50.0, 0.3846 * YEAR, True, 0.05)


def test_prices_are_those_of_the_textbook() -> None:
    assert CALL.price(0.2) == pytest.approx(4.76, abs=0.005)
    assert PUT.price(0.2) == pytest.approx(0.81, abs=0.005)


def test_greeks_are_those_of_the_textbook() -> None:
    found = HEDGED.greeks(0.2)
    assert found.delta == pytest.approx(0.522, abs=0.0005)
    assert found.gamma == pytest.approx(0.066, abs=0.0005)
    assert found.vega == pytest.approx(0.121, abs=0.0005)
    assert found.theta == pytest.approx(-4.31 / 365, abs=0.0001)


def test_the_volatility_of_the_textbooks_price_is_found_again() -> None:
    # Hull, section 15.11: 21, strike 20, 10 %, three months, price 1.875.
    assert Contract(21.0, 20.0, YEAR / 4, True, 0.10).implied(1.875) == pytest.approx(0.2345, 1e-3)


@pytest.mark.parametrize("price", [0.0, -1.0, 1.9, 42.5, 1e9])
def test_a_price_that_no_volatility_makes_says_nothing(price: float) -> None:
    assert CALL.implied(price) is None


@pytest.mark.parametrize(
    "contract",
    [Contract(0.0, 40.0, YEAR, True), Contract(40.0, 0.0, YEAR, True), Contract(4.0, 4.0, 0, True)],
)
def test_an_option_without_time_or_worth_has_no_volatility(contract: Contract) -> None:
    assert contract.implied(1.0) is None


levels = st.floats(50, 50_000)
shares = st.floats(0.8, 1.25)
days = st.floats(1, 400)
volatilities = st.floats(0.05, 1.5)


@given(levels, shares, days, volatilities, st.booleans())
def test_what_is_implied_makes_the_price_again(
    level: float, share: float, left: float, iv: float, call: bool
) -> None:
    contract = Contract(level, level * share, left * 86_400, call)
    price = contract.price(iv)
    found = contract.implied(price)
    if found is not None:
        assert contract.price(found) == pytest.approx(price, abs=1e-6 * level)


@given(levels, shares, days, volatilities)
def test_a_call_and_a_put_differ_by_the_future(
    level: float, share: float, left: float, iv: float
) -> None:
    call = Contract(level, level * share, left * 86_400, True)
    put = Contract(level, level * share, left * 86_400, False)
    assert call.price(iv) - put.price(iv) == pytest.approx(level - call.owed, abs=1e-8 * level)
    assert call.greeks(iv).delta - put.greeks(iv).delta == pytest.approx(1.0)


@given(levels, st.floats(0.95, 1.05), st.floats(5, 60), st.floats(0.1, 0.6), st.booleans())
def test_greeks_are_what_prices_do(
    level: float, share: float, left: float, iv: float, call: bool
) -> None:
    def price(more: float = 0.0, later: float = 0.0, wilder: float = 0.0) -> float:
        seconds = left * 86_400 - later
        return Contract(level + more, level * share, seconds, call).price(iv + wilder)

    found = Contract(level, level * share, left * 86_400, call).greeks(iv)
    step = level * 1e-3
    assert found.delta == pytest.approx((price(step) - price(-step)) / (2 * step), abs=1e-3)
    bent = (price(step) - 2 * price() + price(-step)) / step**2
    assert found.gamma == pytest.approx(bent, rel=0.03, abs=1e-3 / level)
    wilder = (price(wilder=0.0005) - price(wilder=-0.0005)) * 10
    assert found.vega == pytest.approx(wilder, rel=0.02, abs=1e-5 * level)
    fallen = (price(later=1800) - price(later=-1800)) * 24
    assert found.theta == pytest.approx(fallen, rel=0.02, abs=1e-4 * math.sqrt(level))
