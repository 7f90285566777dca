"""
The wish to cancel: written beside an order's state, then asked of the broker until it ends.

An order being cancelled can still fill, so the wish is not a state. Asking twice is harmless: the
second request finds the order gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradegram.errors import BrokerError, Conflict, StoreUnavailable, Throttled, UserError
from tradegram.orders.bell import ring
from tradegram.orders.report import WRITE_ATTEMPTS
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order
from tradegram.ports import Change, OrderDesk, commit_order, nothing_else


def want_cancel(
    desk: OrderDesk,
    client_order_id: str,
    *,
    user_id: int,
    why: str,
    along: Callable[[Order], Change] = nothing_else,
) -> Order:
    """
    Record the wish to cancel; the worker and the reconciler act on it.

    along: what is written with it, given the order as it will be; of a wish that is there already
    nothing is.

    Raises UserError when the order has ended.
    """
    for _ in range(WRITE_ATTEMPTS):
        order = desk.store.order(client_order_id)
        if not order.leaves_quantity:
            raise UserError(f"Nothing to cancel: that order is {order.state.lower()} already.")
        if order.cancel_wanted:
            return order
        event = {"event": "cancel wanted", "by": user_id, "why": why}
        wanted = replace(order, cancel_wanted=True)
        more = along(wanted)
        try:
            stored = commit_order(
                desk.store, wanted, event, before=order, also=more.records, more=more.events
            )
        except Conflict:
            continue
        ring(desk, stored)
        return stored
    raise StoreUnavailable(f"{client_order_id}: gave up writing the wish to cancel")


def send_cancel(desk: OrderDesk, order: Order) -> None:
    """Ask the broker. What comes of it is read from the book; until then the wish stays.

    Raises TryLater when it was not asked yet, because it takes no more requests just now.
    """
    try:
        broker = desk.brokers.broker(order.account_id)
        broker.cancel(order.intent, order.broker_order_id)
    except Throttled as error:
        raise TryLater(error.retry_after) from error
    except BrokerError:
        return
