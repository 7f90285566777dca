"""Wake the worker of an order."""

from __future__ import annotations

from tradegram.errors import StoreUnavailable
from tradegram.orders.state import Order
from tradegram.ports import OrderDesk


def ring(desk: OrderDesk, order: Order) -> None:
    """A bell that is lost costs time only: the sweeper rings again."""
    try:
        account = desk.brokers.account(order.account_id)
        desk.doorbell.ring(account, order.key, cancel=order.cancel_wanted)
    except StoreUnavailable:
        return
