from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import STAGED, report

from tradegram.model import ExecutionReport, ReportStatus, Terms
from tradegram.orders.state import (
    LEGAL,
    State,
    adopt_terms,
    confirm_terms,
    fold,
    move,
    progress,
)

SENT = move(STAGED, State.SENDING, owner="w")

reports = st.builds(
    lambda status, cum: report(status, cum=cum, price="0" if not cum else "100.5"),
    st.sampled_from(ReportStatus),
    st.integers(0, 100),
)


@given(st.lists(reports, max_size=8), st.data())
def test_reports_may_arrive_twice_and_in_any_order(
    heard: list[ExecutionReport], data: st.DataObject
) -> None:
    again = data.draw(st.permutations(heard + heard))

    assert reduce(fold, heard, SENT) == reduce(fold, again, SENT)


@given(st.lists(reports, max_size=8))
def test_nothing_heard_ever_moves_an_order_backwards(heard: list[ExecutionReport]) -> None:
    order = SENT
    for one in heard:
        after = fold(order, one)
        assert progress(after) >= progress(order)
        order = after


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("wanted", State)
def test_a_local_move_is_legal_or_refused_and_legal_ones_are_progress(
    state: State, wanted: State
) -> None:
    order = replace(STAGED, state=state)
    if wanted not in LEGAL[state]:
        with pytest.raises(ValueError, match="not legal"):
            move(order, wanted)
    else:
        assert progress(move(order, wanted)) > progress(order)


@pytest.mark.parametrize("written_off", [State.REFUSED, State.VOID, State.DENIED])
def test_an_order_that_was_written_off_comes_back_when_it_is_found(written_off: State) -> None:
    order = replace(STAGED, state=written_off)

    assert fold(order, report(ReportStatus.NEW)).state is State.WORKING


def test_a_fill_that_crosses_the_cancel_counts() -> None:
    cancelled = fold(SENT, report(ReportStatus.CANCELLED, cum=40, price="100"))

    after = fold(cancelled, report(ReportStatus.FILLED, cum=100, price="101"))

    assert (after.state, after.cum_quantity) == (State.FILLED, 100)
    assert after.average_price == 101


def test_leaves_quantity_is_what_may_still_fill() -> None:
    working = fold(SENT, report(ReportStatus.NEW, cum=40, price="100"))
    ended = fold(working, report(ReportStatus.CANCELLED, cum=40, price="100"))

    assert working.leaves_quantity == 60
    assert ended.leaves_quantity == 0


def test_a_replace_is_done_only_when_the_book_shows_the_terms() -> None:
    wanted = Terms(Decimal(90), Decimal("1501.00"))
    order = replace(SENT, replace_wanted=wanted, replace_tries=1)
    other = replace(report(), terms=Terms(Decimal(90), Decimal("1500.05")))
    same = replace(report(), terms=Terms(Decimal(90), Decimal("1501.0")))

    assert confirm_terms(order, other) == order
    done = confirm_terms(order, same)
    assert (done.quantity, done.price, done.replace_wanted) == (90, Decimal("1501.00"), None)


def test_terms_that_nobody_here_asked_for_are_taken_over_from_the_book() -> None:
    said = replace(report(), terms=Terms(Decimal(80), Decimal("1499.00")))

    assert adopt_terms(SENT, said).quantity == 80
    assert adopt_terms(replace(SENT, replace_wanted=Terms(Decimal(1))), said).quantity == 100
