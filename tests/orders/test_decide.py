"""What the book cannot say, the holder says: which row an unknown order is, or that it is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from orders.desks import KiteDesk
from orders.test_nameless import Nameless, by_hand, desk, lose, write

from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import UserError
from tradegram.orders.decide import decide, rows_of_doubt
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State

__all__ = ["desk"]

ACCOUNT = "paper:main"
WINDOW = Nameless.profile.receive_window + Nameless.profile.listing_lag + 61


def in_doubt(desk: KiteDesk) -> tuple[Order, list[str]]:
    """An order that may be either of two rows, and their ids."""
    order = lose(desk, write(desk, "A"))
    by_hand(desk, order)
    reconcile(desk, ACCOUNT)
    order = desk.store.order(order.key)
    assert order.state is State.UNKNOWN
    return order, [row["order_id"] for row in desk.kite.orders]


def test_the_holder_sees_the_rows_that_may_be_it_and_chooses_one(desk: KiteDesk) -> None:
    order, rows = in_doubt(desk)
    assert [row.broker_order_id for row in rows_of_doubt(desk, order)] == rows

    after = decide(desk, order, rows[1], user_id=7)

    assert (after.state, after.broker_order_id) == (State.WORKING, rows[1])
    desk.kite.fill(100, 1500.0, row=1)
    reconcile(desk, ACCOUNT)
    assert desk.store.order(order.key).state is State.FILLED
    assert "user 7" in str([link.body for link in desk.store.chain(ACCOUNT)])


def test_a_row_of_other_terms_may_be_chosen_and_one_of_another_instrument_not(
    desk: KiteDesk,
) -> None:
    order, rows = in_doubt(desk)
    desk.kite.orders[0] |= {"price": 1490.0, "quantity": 50}
    desk.kite.orders[1]["tradingsymbol"] = "TCS"

    with pytest.raises(UserError, match=f"Those that may be: {rows[0]}"):
        decide(desk, order, rows[1], user_id=7)
    assert decide(desk, order, rows[0], user_id=7).broker_order_id == rows[0]


def test_a_row_that_is_another_orders_is_not_to_be_chosen(desk: KiteDesk) -> None:
    first = send_order(desk, write(desk, "B", quantity=Decimal(7)))
    order, _ = in_doubt(desk)

    with pytest.raises(UserError, match="no such row"):
        decide(desk, order, first.broker_order_id, user_id=7)


def test_none_of_them_is_said_after_it_can_no_longer_appear(desk: KiteDesk) -> None:
    order, _ = in_doubt(desk)
    with pytest.raises(UserError, match="may still appear until"):
        decide(desk, order, "", user_id=7)
    desk.clock.pass_(WINDOW)

    assert decide(desk, order, "", user_id=7).state is State.VOID
    assert desk.store.notices()[-1].kind == "void"
    send_order(desk, write(desk, "C"))  # the next of its terms need not wait any more
    assert len(desk.kite.orders) == 3


def test_what_has_changed_meanwhile_is_not_decided(desk: KiteDesk) -> None:
    order, rows = in_doubt(desk)
    decide(desk, order, rows[0], user_id=7)

    with pytest.raises(UserError, match="changed meanwhile"):
        decide(desk, order, rows[1], user_id=7)
    assert desk.store.order(order.key).broker_order_id == rows[0]


def test_an_order_that_is_known_and_a_broker_that_keeps_names_leave_nothing_to_decide(
    desk: KiteDesk,
) -> None:
    known = send_order(desk, write(desk, "A"))
    with pytest.raises(UserError, match="that order is submitted"):
        rows_of_doubt(desk, known)

    lost = lose(desk, write(desk, "B", quantity=Decimal(7)))
    desk.brokers.adapter = Zerodha()
    with pytest.raises(UserError, match="nothing to decide"):
        rows_of_doubt(desk, lost)
