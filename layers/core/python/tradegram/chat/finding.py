"""Find an order by what people call it: the first characters of its id."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.errors import UserError
from tradegram.orders.state import Order
from tradegram.ports import Desk

LEAST = 4  # characters
FAR_BACK = 200  # orders of an account that are looked through, newest first


def find_order(desk: Desk, called: str) -> Order:
    """
    By the beginning of the order's or its ticket's id, or by the broker's whole id.

    Raises UserError when there is none, or more than one.
    """
    found = find_orders(desk, called)
    if len(found) > 1:
        raise _several(found, called)
    return found[0]


def find_orders(desk: Desk, called: str) -> Sequence[Order]:
    """
    The same, or all the orders of the one ticket that is called so.

    Raises UserError when there is none, or when orders of several tickets are.
    """
    word = called.strip().removeprefix("#").upper()
    if len(word) < LEAST:
        raise UserError(f"Name an order by {LEAST} characters or more, as /orders shows them.")
    found = [order for order in known_orders(desk) if _is_called(order, word)]
    if not found:
        raise UserError(f"No order begins with #{word[:20]}. /orders lists them.")
    of_one_ticket = len({order.ticket_id for order in found}) == 1 and found[0].ticket_id
    if len(found) > 1 and not (of_one_ticket and found[0].ticket_id.startswith(word)):
        raise _several(found, called)
    return found


def _several(found: Sequence[Order], called: str) -> UserError:
    names = ", ".join(f"#{order.key[:8]}" for order in found[:5])
    word = called.strip().removeprefix("#").upper()
    return UserError(f"#{word[:20]} stands for {len(found)} orders: {names}. Type one of these.")


def _is_called(order: Order, word: str) -> bool:
    theirs = order.broker_order_id.upper() == word
    return theirs or order.key.startswith(word) or order.ticket_id.startswith(word)


def known_orders(desk: Desk) -> Sequence[Order]:
    """Every unsettled order and the newest of the others, each once."""
    orders: dict[str, Order] = {}
    for account in desk.brokers.accounts():
        newest = desk.store.orders(account.account_id, limit=FAR_BACK).orders
        for order in (*desk.store.unsettled(account.account_id), *newest):
            orders[order.key] = order
    return tuple(orders.values())


def working_orders(desk: Desk) -> Sequence[Order]:
    """All that can still fill, oldest first; those already asked to cancel too."""
    return [
        order
        for account in desk.brokers.accounts()
        for order in desk.store.unsettled(account.account_id)
        if order.leaves_quantity
    ]
