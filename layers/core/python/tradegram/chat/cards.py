"""Values turned into messages: the cards that other parts of the desk show too."""

from collections.abc import Sequence

from tradegram.chat.cards_basket import basket_orders_card
from tradegram.chat.cards_order import (
    cancel_question,
    change_card,
    is_loud,
    notice_text,
    order_card,
    order_line,
    orders_card,
)
from tradegram.chat.cards_ticket import ticket_card
from tradegram.chat.reply import Reply
from tradegram.model import Account
from tradegram.orders.state import Order
from tradegram.tickets.ticket import Ticket


def confirmed_card(orders: Sequence[Order], ticket: Ticket | None, account: Account) -> Reply:
    """One message for all the orders of a ticket, of whatever form."""
    if ticket is not None and ticket.basket:
        return basket_orders_card(orders, ticket, account)
    return orders_card(orders, ticket, account)


__all__ = [
    "cancel_question",
    "change_card",
    "confirmed_card",
    "is_loud",
    "notice_text",
    "order_card",
    "order_line",
    "orders_card",
    "ticket_card",
]
