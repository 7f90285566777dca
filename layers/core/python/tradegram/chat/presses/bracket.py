"""Presses on a bracket. Closing and ending ask first; a bracket is found by its own name."""

from __future__ import annotations

from tradegram.brackets.plan import Bracket
from tradegram.brackets.start import brackets, close_now, give_up
from tradegram.chat.buttons import BracketPress, Press, short
from tradegram.chat.cards.bracket import end_question, exit_question
from tradegram.chat.commands.bracket import open_now, shown_bracket
from tradegram.chat.commands.command import Holder
from tradegram.chat.pending import await_input
from tradegram.chat.reply import Answer, Pressed, Reply
from tradegram.errors import UserError
from tradegram.ports import Desk


def bracket_pressed(desk: Desk, pressed: Pressed, press: Press) -> Answer:
    """Raises UserError."""
    who, bracket = Holder(pressed.user_id, pressed.chat), bracket_named(desk, press.key)
    account = desk.brokers.account(bracket.account_id)
    match press.action:
        case BracketPress.SHOW:
            return Answer(edit=shown_bracket(desk, bracket))
        case BracketPress.LEVELS:
            return _ask(desk, who, bracket)
        case BracketPress.EXIT:
            return Answer(edit=exit_question(bracket, account, open_now(desk, bracket)))
        case BracketPress.EXIT_YES:
            after = close_now(desk, bracket.key, who.user_id)
            return Answer(toast="Closing at the market.", edit=shown_bracket(desk, after))
        case BracketPress.END:
            return Answer(edit=end_question(bracket, account))
        case BracketPress.END_YES:
            after = give_up(desk, bracket.key, who.user_id)
            toast = "Ended. The position is open, without stop and target."
            return Answer(toast=toast, alert=True, edit=shown_bracket(desk, after))
        case _:
            raise UserError("That button is not known here. /brackets lists what is kept.")


def _ask(desk: Desk, who: Holder, bracket: Bracket) -> Answer:
    await_input(desk, who.user_id, "bracket", {"bracket": bracket.key})
    name = f"<code>{short(bracket.bracket_id)}</code>"
    words = f"Type stop, target or trail for {name} (e.g. sl 1480 tgt 1550, trail 10, tgt off)."
    return Answer(replies=(Reply(words),))


def bracket_named(desk: Desk, bracket_id: str) -> Bracket:
    """Raises UserError."""
    for account in desk.brokers.accounts():
        for one in brackets(desk.store, account.account_id):
            if one.bracket_id == bracket_id:
                return one
    raise UserError("That bracket is not known here. /brackets lists what is kept.")
