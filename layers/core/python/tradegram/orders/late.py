"""Why an order was not sent in time."""

from __future__ import annotations

from tradegram.brokers.contract import why_closed
from tradegram.codes import Code
from tradegram.errors import TradegramError
from tradegram.orders.nameless import WAITS, ahead_of, keeps_no_name
from tradegram.orders.state import Order
from tradegram.ports import OrderDesk

TOO_LATE = "not sent in time"


def late(desk: OrderDesk, order: Order) -> tuple[str, str]:
    """In words and as a code: what held it up, where that is known."""
    if keeps_no_name(desk, order) and ahead_of(desk, order):
        return f"{TOO_LATE}: {WAITS}", Code.RISK_DENIED
    try:
        closed = why_closed(desk.brokers.broker(order.account_id))
    except TradegramError as error:
        return f"{TOO_LATE}: {error}", order.code or Code.BROKER_UNAVAILABLE
    if closed:
        return f"{TOO_LATE}: {closed}", Code.BROKER_UNAVAILABLE
    if order.code:
        return f"{TOO_LATE}: {order.text}", order.code
    return TOO_LATE, Code.RISK_DENIED
