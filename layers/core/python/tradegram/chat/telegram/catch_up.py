"""
An answer to a press must not cover newer words about the same order.

Confirm writes the order, and the worker may have sent it, and the outbox may have said "filled",
before our answer to the press reaches the message. So after our edit we look at the order again,
and edit until what is shown is what is known. Each edit is followed by a look, so whoever edits
last has looked last, whichever process it is.
"""

from __future__ import annotations

from tradegram.chat.cards import order_card
from tradegram.chat.reply import Reply
from tradegram.errors import NotFound, UserError
from tradegram.orders.stage import client_order_id
from tradegram.orders.state import Order
from tradegram.ports import Desk, Messenger

LOOKS = 5


def order_pressed(desk: Desk, data: str) -> Order | None:
    """The order a button is about; None when there is none (yet)."""
    kind, _, rest = data.partition(":")
    key = rest.partition(":")[0]
    if kind not in ("t", "k") or not key:
        return None
    return _order(desk, client_order_id(key, 0) if kind == "t" else key)


def catch_up(
    desk: Desk, messenger: Messenger, *, message: str, data: str, before: Order | None, shown: Reply
) -> None:
    """before: the order as it was before the press. shown: what the message was just made."""
    version = before.version if before else 0
    for _ in range(LOOKS):
        order = order_pressed(desk, data)
        if order is None or order.version == version:
            return
        card = _card(desk, order)
        if card is None:
            return
        if (card.text, card.buttons) != (shown.text, shown.buttons):
            messenger.edit(message, card)
        version, shown = order.version, card


def _card(desk: Desk, order: Order) -> Reply | None:
    try:
        ticket = desk.store.ticket(order.ticket_id) if order.ticket_id else None
        return order_card(order, ticket, desk.brokers.account(order.account_id))
    except (NotFound, UserError):
        return None


def _order(desk: Desk, key: str) -> Order | None:
    try:
        return desk.store.order(key)
    except NotFound:
        return None
