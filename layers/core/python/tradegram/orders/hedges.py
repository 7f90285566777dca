"""
A sold leg waits for what protects it.

A broker's acceptance is not enough: what it accepted is often rejected a moment later, for want of
margin say, and the short leg would stand alone. So every leg that was bought before it, in all its
slices, must be working at the exchange, or filled.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.model import Side
from tradegram.orders.state import TERMINAL, Order, State
from tradegram.ports import OrderDesk
from tradegram.tickets.ticket import MOST_ORDERS

AT_BROKER = frozenset({State.SUBMITTED, State.WORKING, State.FILLED})


def may_leave(desk: OrderDesk, order: Order) -> bool:
    """Whether the leg it follows is at the broker and, for a sale, every hedge at the exchange."""
    if not order.after:
        return True
    placed = desk.store.order(order.after).state in AT_BROKER
    return placed and hedges_stand(desk, order)


def hedges_stand(desk: OrderDesk, order: Order) -> bool:
    """Whether all that was bought before this sale is at the exchange. True for a purchase."""
    return all(_stands(each) for each in _hedges(desk, order))


def _stands(hedge: Order) -> bool:
    # One that is being cancelled, or made smaller, may be so already; the book has only not said
    # it yet.
    shrinks = hedge.replace_wanted is not None and hedge.replace_wanted.quantity < hedge.quantity
    is_working = hedge.state is State.WORKING and not hedge.cancel_wanted and not shrinks
    return is_working or hedge.state is State.FILLED


def a_hedge_failed(desk: OrderDesk, order: Order) -> bool:
    """Whether one of them has ended without all of its fill, or was made smaller than it was."""
    return any(
        each.state in TERMINAL - {State.FILLED} or each.quantity < each.intent.quantity
        for each in _hedges(desk, order)
    )


def waits_for_hedge(desk: OrderDesk, client_order_id: str) -> Order | None:
    """The staged order, while what protects it is not at the exchange."""
    order = desk.store.order(client_order_id)
    if order.state is not State.STAGED or not order.after or hedges_stand(desk, order):
        return None
    return order


def _hedges(desk: OrderDesk, order: Order) -> Sequence[Order]:
    if order.intent.side is Side.BUY:
        return ()
    found: list[Order] = []
    after = order.after
    for _ in range(MOST_ORDERS):
        if not after:
            break
        before = desk.store.order(after)
        if before.intent.side is Side.BUY:
            found.append(before)
        after = before.after
    return found
