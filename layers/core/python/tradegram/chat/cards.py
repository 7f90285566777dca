"""Values turned into messages: the cards that other parts of the desk show too."""

from tradegram.chat.cards_order import (
    cancel_question,
    change_card,
    is_loud,
    notice_text,
    order_card,
    order_line,
)
from tradegram.chat.cards_ticket import ticket_card

__all__ = [
    "cancel_question",
    "change_card",
    "is_loud",
    "notice_text",
    "order_card",
    "order_line",
    "ticket_card",
]
