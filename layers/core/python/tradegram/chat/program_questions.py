"""What a program of the holder's asks for in the chat: the card with the buttons that say yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tradegram.chat.commands.change import kept_question
from tradegram.chat.ordering import shown_ticket
from tradegram.chat.outbox import CHANGE
from tradegram.chat.reply import Reply
from tradegram.errors import UserError
from tradegram.ports import Desk, Notice
from tradegram.tickets.by_program import ASKED

ASKED_BY_PROGRAM = "🤖 <b>Asked for by a program of yours.</b> Nothing is sent until you confirm."


def question(desk: Desk, notice: Notice) -> Reply:
    card = QUESTIONS[notice.kind](desk, notice)
    return replace(card, text=f"{ASKED_BY_PROGRAM}\n{card.text}")


def _ticket_asked(desk: Desk, notice: Notice) -> Reply:
    return shown_ticket(desk, desk.store.ticket(notice.text))


def _change_asked(desk: Desk, notice: Notice) -> Reply:
    try:
        return kept_question(desk, notice.user_id, notice.text)
    except UserError:
        return Reply("It asked for a change of an order, too long ago. Nothing was changed.")


QUESTIONS: Mapping[str, Callable[[Desk, Notice], Reply]] = {
    ASKED: _ticket_asked,
    CHANGE: _change_asked,
}
