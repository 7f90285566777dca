from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import PRICING
from tickets.desks import FUTURE, RELIANCE, D

from tradegram.errors import UserError
from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce
from tradegram.tickets.shares import divided, odd_lots
from tradegram.tickets.slices import MOST_SLICES, in_a_row, sliced, wholes_of
from tradegram.tickets.ticket import Draft, Leg

LOT = FUTURE.lot_size  # 65; the freeze quantity is 1,800, so 27 lots at most


def test_what_fits_into_one_order_is_one_slice() -> None:
    assert sliced(D(1755), FUTURE) == (D(1755),)
    assert sliced(D(10**9), RELIANCE) == (D(10**9),)


def test_slices_are_as_large_as_the_exchange_takes_and_the_rest_goes_last() -> None:
    assert sliced(D(1755) * 2, FUTURE) == (D(1755), D(1755))
    assert sliced(D(1755) * 2 + 65, FUTURE) == (D(1755), D(1755), D(65))


@given(st.integers(1, 27 * MOST_SLICES))
def test_slices_are_whole_lots_that_sum_to_the_whole(lots: int) -> None:
    slices = sliced(lots * LOT, FUTURE)

    assert sum(slices) == lots * LOT
    assert all(0 < each <= D(1755) and each % LOT == 0 for each in slices)
    assert len(slices) <= MOST_SLICES


def test_more_than_ten_slices_are_refused_with_the_most_that_is_possible() -> None:
    with pytest.raises(UserError, match=r"more than 10 orders.*at most 270 lots .17,550."):
        sliced(D(1755) * 10 + 65, FUTURE)


def leg(instrument: Instrument, lots: int) -> Leg:
    draft = Draft(
        instrument, Side.BUY, lots * LOT, OrderType.LIMIT, Product.CARRY_FORWARD, TimeInForce.DAY
    )
    pricing = replace(PRICING, value=D(lots), margin=D(lots), charges={"tax": D(lots)})
    return Leg("paper:main", draft, pricing)


@given(st.lists(st.integers(1, 27 * 4), min_size=1, max_size=6))
def test_a_basket_is_the_same_after_it_was_sliced_and_put_together(lots: list[int]) -> None:
    wholes = tuple(
        leg(replace(FUTURE, symbol=f"F{number}"), size) for number, size in enumerate(lots)
    )

    slices = in_a_row(wholes)
    again = wholes_of(slices)

    assert [each.after for each in slices] == [None, *range(len(slices) - 1)]
    assert all(each.draft.quantity <= D(1755) for each in slices)
    assert [each.draft for each in again] == [each.draft for each in wholes]
    assert [round(each.pricing.margin, 9) for each in again] == lots
    assert [round(each.pricing.charges["tax"], 9) for each in again] == lots


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 99), min_size=1, max_size=24),
    st.sampled_from([D(1), LOT, D("0.00001")]),
)
def test_a_division_loses_nothing_and_favours_nobody_by_more_than_a_lot(
    lots: int, weights: list[int], lot: Decimal
) -> None:
    parts = divided(lots * lot, weights, lot)

    assert sum(parts) == lots * lot
    for part, weight in zip(parts, weights, strict=True):
        exact = Decimal(lots) * weight / sum(weights)
        assert part % lot == 0
        assert abs(part / lot - exact) < 1
    extra = odd_lots(lots * lot, weights, lot)
    assert set(extra) <= {0, 1}
    assert sum(extra) == lots - sum(lots * weight // sum(weights) for weight in weights)


def test_the_lot_left_over_goes_where_the_most_was_cut_off() -> None:
    assert divided(D(10), [1, 1, 1], D(1)) == (4, 3, 3)
    assert divided(D(10), [3, 1], D(1)) == (8, 2)  # exactly 7.5 and 2.5: the first
    assert divided(D(11), [2, 1], D(1)) == (7, 4)  # 7.33 and 3.67: the second
    assert divided(D(130), [1, 1, 1], LOT) == (LOT, LOT, 0)
