"""What a program of the holder's asks for in the chat: the card with the buttons that say yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tradegram.chat.cards.ticket import signal_card
from tradegram.chat.commands.change import kept_question
from tradegram.chat.ordering import shown_ticket
from tradegram.chat.outbox import CHANGE
from tradegram.chat.reply import Reply
from tradegram.chat.writing import safe
from tradegram.errors import UserError
from tradegram.ports import Desk, Notice
from tradegram.tickets.by_program import ASKED

ASKED_BY_PROGRAM = "🤖 <b>Asked for by a program of yours.</b> Nothing is sent until you confirm."
ASKED_BY_STRATEGY = (
    "📨 <b>A signal of your strategy {name}.</b> Nothing is sent until you follow it."
)
TOO_LATE = "A program asked for a change of an order, too long ago. Nothing was changed."


def question(desk: Desk, notice: Notice) -> Reply:
    return QUESTIONS[notice.kind](desk, notice)


def _ticket_asked(desk: Desk, notice: Notice) -> Reply:
    ticket = desk.store.ticket(notice.text)
    card, strategy = shown_ticket(desk, ticket), ticket.draft.strategy
    if not strategy:
        return _headed(card, ASKED_BY_PROGRAM)
    return signal_card(_headed(card, ASKED_BY_STRATEGY.format(name=safe(strategy))), ticket)


def _change_asked(desk: Desk, notice: Notice) -> Reply:
    try:
        return _headed(kept_question(desk, notice.user_id, notice.text), ASKED_BY_PROGRAM)
    except UserError:
        return Reply(TOO_LATE)


def _headed(card: Reply, words: str) -> Reply:
    return replace(card, text=f"{words}\n{card.text}")


QUESTIONS: Mapping[str, Callable[[Desk, Notice], Reply]] = {
    ASKED: _ticket_asked,
    CHANGE: _change_asked,
}
