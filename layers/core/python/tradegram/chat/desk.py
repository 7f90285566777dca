"""
The chat: what is answered to words and to presses, in Telegram and in the console alike.

Nothing here raises a TradegramError: what goes wrong is said in one message, with what to do next.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from tradegram.chat.accounts_asked import why_not
from tradegram.chat.buttons import Press, read_press
from tradegram.chat.commands.command import Holder
from tradegram.chat.commands.gtt import gtt_pressed
from tradegram.chat.commands.table import example, run_command, run_pressed
from tradegram.chat.exit_all import exit_all_pressed
from tradegram.chat.forwarded import forwarded, forwarded_pressed
from tradegram.chat.grammar.read import is_order
from tradegram.chat.inputs import answer_input
from tradegram.chat.keypad import keypad_pressed
from tradegram.chat.ordering import choose, offered_text, order_replies
from tradegram.chat.pending import awaited, forget_input
from tradegram.chat.presses.bracket import bracket_pressed
from tradegram.chat.presses.order import (
    cancel_all_pressed,
    change_pressed,
    order_pressed,
    page_pressed,
)
from tradegram.chat.presses.ticket import ticket_pressed
from tradegram.chat.reply import Answer, Pressed, Reply, Said
from tradegram.chat.roles import check_press, check_words
from tradegram.chat.writing import TOAST_LIMIT, safe_lines
from tradegram.errors import BrokerError, StoreFull, TradegramError, UserError
from tradegram.ports import Desk

LONGEST = 1000  # characters of one message that are read

HINT = (
    "I did not understand that. Write an order, e.g. <code>buy RELIANCE 10 @ 2950</code>, "
    "ask for a price with <code>/q RELIANCE</code>, or see /help."
)

# The words on Telegram's own keyboard, and what people write without the slash.
PLAIN_COMMANDS = {
    "positions": "/pos",
    "orders": "/orders",
    "funds": "/funds",
    "p&l": "/pnl",
    "pnl": "/pnl",
    "status": "/status",
    "help": "/help",
}

# A store that failed while a ticket was confirmed may have written it; the rest sends nothing.
UNSURE = (
    "I could not read the record, so I do not know whether this was confirmed. Press Confirm "
    "again: the same ticket is never sent twice"
)
NOTHING_SENT = "Nothing was sent. Try again"
FULL = (
    "The desk's disk is full or refuses writes, so nothing can be recorded. Nothing was done. "
    "Make room there, then try again."
)

logger = logging.getLogger(__name__)


def said(desk: Desk, said: Said) -> Sequence[Reply]:
    """What is answered to a message, in order."""
    who = Holder(said.user_id, said.chat)
    try:
        if said.forwarded_from is not None:
            return forwarded(desk, who, said.text, said.forwarded_from)
        return _replies(desk, who, said.text.strip())
    except TradegramError as error:
        return [Reply(safe_lines(_sentence(desk, error, NOTHING_SENT)))]


def pressed(desk: Desk, pressed: Pressed) -> Answer:
    """What is answered to a press: a toast, an edit of the pressed message, new messages."""
    press = read_press(pressed.data)
    try:
        if press is None:
            raise UserError("That button is not known here. Send the text again.")
        return _answer(desk, pressed, press)
    except TradegramError as error:
        confirming = press is not None and press.kind == "t" and press.action == "c"
        return _failed(_sentence(desk, error, UNSURE if confirming else NOTHING_SENT))


def _replies(desk: Desk, who: Holder, text: str) -> Sequence[Reply]:
    if len(text) > LONGEST:
        raise UserError(f"That is too long: I read at most {LONGEST} characters. Say it shorter.")
    command = PLAIN_COMMANDS.get(text.casefold(), text)
    check_words(desk, who.user_id, command)
    if command.startswith("/"):
        forget_input(desk, who.user_id)
        return run_command(desk, who, command)
    if is_order(text):
        forget_input(desk, who.user_id)
        return order_replies(desk, who, text)
    waiting = awaited(desk, who.user_id)
    return answer_input(desk, who, waiting, text) if waiting else [Reply(HINT)]


def _answer(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    who = Holder(pressed.user_id, pressed.chat)
    check_press(desk, who.user_id, press)
    match press.kind:
        case "t":
            return ticket_pressed(desk, pressed, press)
        case "k":
            return order_pressed(desk, pressed, press)
        case "b":
            return bracket_pressed(desk, pressed, press)
        case "x":
            return exit_all_pressed(desk, who, press)
        case "g":
            return gtt_pressed(desk, who, press)
        case "m":
            return change_pressed(desk, pressed, press)
        case "a":
            return cancel_all_pressed(desk, pressed, press)
        case "p":
            return page_pressed(desk, pressed, press)
        case "r":
            return choose(desk, who, press.key, press.action)
        case "o":
            first, *rest = _replies(desk, who, offered_text(desk, who, press.key, press.action))
            return Answer(edit=first, replies=tuple(rest))
        case "f":
            return forwarded_pressed(desk, who, press)
        case "n":
            return keypad_pressed(desk, who, press)
        case "e":
            return Answer(replies=tuple(_replies(desk, who, example(press.key))))
        case _:
            return Answer(replies=tuple(run_pressed(desk, who, press.key)))


# -- what went wrong -----------------------------------------------------------------------------


def _sentence(desk: Desk, error: TradegramError, otherwise: str) -> str:
    """Plain text. What nobody can act on gets a reference that stands in the log as well."""
    if isinstance(error, UserError | BrokerError):
        return why_not(error)
    if isinstance(error, StoreFull):
        return FULL  # the record has said so in the log
    reference = desk.ids.nonce()[-4:]
    logger.error("chat failed", exc_info=error, extra={"reference": reference})
    return f"{otherwise}; ref {reference}."


def _failed(sentence: str) -> Answer:
    if len(sentence) <= TOAST_LIMIT:
        return Answer(toast=sentence, alert=True)
    return Answer(toast="See below.", alert=False, replies=(Reply(safe_lines(sentence)),))
