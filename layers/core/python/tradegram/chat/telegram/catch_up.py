"""
An answer to a press must not cover newer words about the same order.

Confirm writes the order, and the worker may have sent it, and the outbox may have said "filled",
before our answer to the press reaches the message. So after our edit we look at the order again,
and edit until what is shown is what is known. Each edit is followed by a look, so whoever edits
last has looked last, whichever process it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.cards.order import order_card
from tradegram.chat.outcome import outcome_card
from tradegram.chat.reply import Reply
from tradegram.errors import NotFound, UserError
from tradegram.orders.stage import order_ids
from tradegram.orders.state import Order
from tradegram.ports import Desk, Messenger
from tradegram.tickets.parts import part_of

LOOKS = 5


def orders_pressed(desk: Desk, data: str) -> Sequence[Order]:
    """The orders a button is about: all of a ticket's; none when there is none (yet)."""
    kind, _, rest = data.partition(":")
    key = rest.partition(":")[0]
    if kind not in ("t", "k") or not key:
        return ()
    try:
        keys = order_ids(desk.store.ticket(key)) if kind == "t" else (key,)
        return [desk.store.order(each) for each in keys]
    except NotFound:
        return ()


def catch_up(
    desk: Desk,
    messenger: Messenger,
    *,
    message: str,
    data: str,
    before: Sequence[Order],
    shown: Reply,
) -> None:
    """before: the orders as they were before the press. shown: what the message was just made."""
    seen = _versions(before)
    for _ in range(LOOKS):
        orders = orders_pressed(desk, data)
        if not orders or _versions(orders) == seen:
            return
        card = _card(desk, data, orders)
        if card is None:
            return
        if (card.text, card.buttons) != (shown.text, shown.buttons):
            messenger.edit(message, card)
        seen, shown = _versions(orders), card


def _versions(orders: Sequence[Order]) -> Sequence[int]:
    return [order.version for order in orders]


def _card(desk: Desk, data: str, orders: Sequence[Order]) -> Reply | None:
    order = orders[0]
    try:
        ticket = desk.store.ticket(order.ticket_id) if order.ticket_id else None
        if ticket is not None and data.startswith("t:"):
            return outcome_card(desk, ticket, orders)
        part = part_of(ticket, order.key) if ticket else None
        return order_card(order, part, desk.brokers.account(order.account_id))
    except (NotFound, UserError):
        return None
