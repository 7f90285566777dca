"""What people are told when nobody could work on an order, however often it was tried."""

from __future__ import annotations

from collections.abc import Mapping

from tradegram.errors import NotFound
from tradegram.orders.state import Order, State
from tradegram.ports import OrderDesk

DESK = "desk"  # whose alert it is when the order is not known

NOT_YET = (
    "It was not sent, and is denied two minutes after its Confirm; until then another try may "
    "still send it."
)
PERHAPS = "It may be at the broker. It is not sent again; its outcome is being looked up."
MEANING: Mapping[State, str] = {
    State.STAGED: NOT_YET,
    State.SENDING: PERHAPS,
    State.UNKNOWN: PERHAPS,
}
LOOKED_AFTER = "What it is now comes from the broker's book, as always. Cancel it again if you did."


def tell_unattended(desk: OrderDesk, client_order_id: str) -> None:
    """
    Alert the holder. Nothing is sent and nothing about the order changes: its record is the truth.

    Raises StoreError.
    """
    try:
        order = desk.store.order(client_order_id)
    except NotFound:
        desk.pager.alert(DESK, "A message about an order that is not in the record was set aside.")
        return
    desk.pager.alert(order.account_id, f"{_named(order)} could not be worked on. {_meaning(order)}")


def _named(order: Order) -> str:
    intent = order.intent
    what = f"{intent.side} {intent.quantity:f} {intent.instrument.symbol}"
    return f"Order {order.key} ({what})"


def _meaning(order: Order) -> str:
    return MEANING.get(order.state, LOOKED_AFTER)
