"""What a worker does when the doorbell rings for an order."""

from __future__ import annotations

from tradegram.orders.cancel import send_cancel
from tradegram.orders.replace import send_replace
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.ports import OrderDesk


def attend(desk: OrderDesk, client_order_id: str) -> Order:
    """Send it if it is staged; otherwise do what is wished for it. Raises TryLater, StoreError."""
    order = desk.store.order(client_order_id)
    if order.state is State.STAGED:
        return send_order(desk, client_order_id)
    act(desk, order)
    return order


def act(desk: OrderDesk, order: Order) -> None:
    """Ask the broker for what is wished for this order, once."""
    if not order.leaves_quantity or not order.broker_order_id:
        return
    if order.cancel_wanted:
        send_cancel(desk, order)
    elif order.replace_wanted is not None:
        send_replace(desk, order, order.replace_wanted)
