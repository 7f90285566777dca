"""Plain words that answer a question the desk asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradegram.brackets.start import bracket_called
from tradegram.chat.buttons import TicketPress
from tradegram.chat.commands.bracket import change_levels, protect_filled
from tradegram.chat.commands.change import change_question
from tradegram.chat.commands.command import Holder
from tradegram.chat.keypad import code_typed
from tradegram.chat.ordering import order_replies, shown_ticket
from tradegram.chat.presses.ticket import gone_answer
from tradegram.chat.reply import Reply
from tradegram.chat.typed import (
    quantity_words,
    read_levels,
    read_price,
    read_quantity,
)
from tradegram.chat.writing import safe
from tradegram.model import Instrument
from tradegram.ports import Desk, Document
from tradegram.tickets.desk import Edit, edit_ticket
from tradegram.tickets.errors import TicketGone
from tradegram.tickets.versions import live_ticket

READERS: dict[TicketPress, Callable[[str, Instrument], Edit]] = {
    TicketPress.QUANTITY: lambda text, one: Edit(quantity=read_quantity(text, one)),
    TicketPress.PRICE: read_price,
    TicketPress.LEVELS: lambda text, one: read_levels(text),
}


LEVEL_WORDS = {"stop": "sl", "target": "tgt", "trail": "trail"}


def answer_input(desk: Desk, who: Holder, waiting: Document, text: str) -> Sequence[Reply]:
    """
    Do what was asked for with what was typed. Raises UserError.

    After a UserError the question stands, so that the person can type it again.
    """
    what = str(waiting.body["what"])
    if what == "ticket":
        replies = _ticket_edited(desk, who, waiting, text)
    elif what == "code":
        return code_typed(desk, who, waiting, text)
    elif what == "bracket":
        found = bracket_called(desk.store, str(waiting.body["bracket"]))
        replies = [change_levels(desk, who, found, text)]
    elif what == "quantity":
        return _quantity_said(desk, who, waiting, text)
    else:
        order = desk.store.order(str(waiting.body["order"]))
        if what == "modify":
            replies = [change_question(desk, who, order, text)]
        else:
            words = text if text[:1].isalpha() else f"{LEVEL_WORDS[what]} {text}"
            replies = [protect_filled(desk, who, order, words)]
    desk.store.remove(waiting)
    return replies


def _quantity_said(desk: Desk, who: Holder, waiting: Document, text: str) -> Sequence[Reply]:
    """The order once more, with the quantity that was missing."""
    words = quantity_words(text)
    desk.store.remove(waiting)  # first: the order may ask for another one
    return order_replies(desk, who, f"{waiting.body['text']} {words}")


def _ticket_edited(desk: Desk, who: Holder, waiting: Document, text: str) -> Sequence[Reply]:
    ticket_id, version = str(waiting.body["ticket_id"]), int(waiting.body["version"])
    try:
        draft = live_ticket(desk, who.user_id, ticket_id, version).draft
        change = READERS[TicketPress(waiting.body["press"])](text, draft.instrument)
        changed = edit_ticket(
            desk, user_id=who.user_id, ticket_id=ticket_id, version=version, change=change
        )
    except TicketGone as gone:
        answer = gone_answer(desk, "", gone)
        said = Reply(safe(gone, 400))
        return [said, answer.edit] if answer.edit else [said]
    return [shown_ticket(desk, changed)]
