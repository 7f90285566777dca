"""What a worker does when the doorbell rings for an order."""

from __future__ import annotations

from tradegram.orders.bell import ring
from tradegram.orders.cancel import send_cancel
from tradegram.orders.replace import send_replace
from tradegram.orders.send import Held, send_order
from tradegram.orders.state import Order, State
from tradegram.ports import OrderDesk


def is_wished_for(order: Order) -> bool:
    """Is there something to ask the broker for this order?"""
    wished = order.cancel_wanted or order.replace_wanted is not None
    return wished and bool(order.leaves_quantity and order.broker_order_id)


def ring_for_wish(desk: OrderDesk, order: Order) -> None:
    """In place of `act`, where this process must not send: its address is not the fixed one."""
    if is_wished_for(order):
        ring(desk, order)


def attend(desk: OrderDesk, client_order_id: str) -> Order:
    """Send it if it is staged; otherwise do what is wished for it. Raises TryLater, StoreError."""
    order = desk.store.order(client_order_id)
    if order.state is State.STAGED:
        try:
            order = send_order(desk, order)
        except Held:
            # A queue holds every other message of the account back behind one that failed: a
            # cancel must not wait there until the broker answers.
            return order
        # A cancel that was wished for while it was on its way found nothing to cancel yet.
    act(desk, order)
    return order


def act(desk: OrderDesk, order: Order) -> None:
    """Ask the broker for what is wished for this order, once. Raises TryLater."""
    if not is_wished_for(order):
        return
    if order.cancel_wanted:
        send_cancel(desk, order)
    elif order.replace_wanted is not None:
        send_replace(desk, order, order.replace_wanted)
