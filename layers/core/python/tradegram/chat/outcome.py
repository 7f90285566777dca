"""What a confirmed ticket became: one message for its order, or for all its orders."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.cards_basket import basket_orders_card
from tradegram.chat.cards_legs import legs_card
from tradegram.chat.cards_order import order_card
from tradegram.chat.reply import Reply
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
        return order_card(orders[0], ticket, account)
    names = {leg.account_id: account_name(desk, leg.account_id) for leg in ticket.legs}
    return legs_card(ticket, orders, account, names)


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
