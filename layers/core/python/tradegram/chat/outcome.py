"""What a confirmed ticket became: one message for its order, or for all its orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradegram.brackets.plan import BY, Bracket
from tradegram.brackets.start import bracket_with, has_levels
from tradegram.chat.buttons import say_button
from tradegram.chat.cards.basket_orders import BROKEN, basket_orders_card, half_basket_card
from tradegram.chat.cards.bracket import bracket_line
from tradegram.chat.cards.legs import legs_card
from tradegram.chat.cards.order import order_card
from tradegram.chat.reply import Reply
from tradegram.chat.writing import TEXT_LIMIT, safe, utf16
from tradegram.errors import NotFound, UserError
from tradegram.orders.stage import order_ids
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.tickets.ticket import Ticket


def is_several(ticket: Ticket | None) -> bool:
    return ticket is not None and bool(ticket.legs)


def orders_of(desk: Desk, ticket: Ticket) -> Sequence[Order]:
    """Raises NotFound when it was never confirmed."""
    return [desk.store.order(key) for key in order_ids(ticket)]


def outcome_card(desk: Desk, ticket: Ticket, orders: Sequence[Order] = ()) -> Reply:
    """
    orders: all of the ticket's, where they were just read.

    Raises NotFound when it was never confirmed, UserError when its account is unlinked.
    """
    orders = orders or orders_of(desk, ticket)
    account = desk.brokers.account(ticket.account_id)
    if ticket.basket:
        return basket_orders_card(orders, ticket, account)
    if not is_several(ticket):
        return order_card(orders[0], ticket, account, bracket_shown(desk, orders[0], ticket))
    names = {leg.account_id: account_name(desk, leg.account_id) for leg in ticket.legs}
    card = legs_card(ticket, orders, account, names)
    if not any(has_levels(leg.draft) for leg in ticket.legs):
        return card
    return with_brackets(card, ticket, orders, desk)


def half_basket(desk: Desk, ticket: Ticket, told: Sequence[Order | None]) -> Reply | None:
    """
    The warning that only a part of a basket is in the market; None where that is not news.

    told: the orders that somebody is being told about.
    """
    if not ticket.basket or not any(order and order.state in BROKEN for order in told):
        return None
    return half_basket_card(orders_of(desk, ticket), ticket)


def with_brackets(card: Reply, ticket: Ticket, orders: Sequence[Order], desk: Desk) -> Reply:
    """The card of several orders, and one line for each account's bracket."""
    lines: dict[str, str] = {}
    for order in orders:
        found = bracket_with(desk.store, order)
        if found is not None and found.key not in lines:
            name = safe(account_name(desk, found.account_id), 40)
            lines[found.key] = f"#{name} {bracket_line(found)}"
    text = "\n".join([card.text, *lines.values()])
    rows = (*card.buttons, (say_button("Brackets", "/brackets"),)) if lines else card.buttons
    return replace(card, text=text, buttons=rows) if utf16(text) <= TEXT_LIMIT else card


def bracket_shown(desk: Desk, order: Order, ticket: Ticket | None) -> Bracket | None:
    """The bracket of a ticket with levels, or whose exit this is; others cost no read."""
    if ticket is None or not (has_levels(ticket.draft) or ticket.token == BY):
        return None
    return bracket_with(desk.store, order)


def account_name(desk: Desk, account_id: str) -> str:
    """Its broker's name where it was unlinked since: a client id is not for a chat."""
    try:
        return desk.brokers.account(account_id).name
    except UserError:
        return account_id.partition(":")[0]


def ticket_of(desk: Desk, order: Order) -> Ticket | None:
    """The whole ticket of an order."""
    if not order.ticket_id:
        return None
    try:
        return desk.store.ticket(order.ticket_id)
    except NotFound:
        return None
