"""Brackets in words: what is kept, how far it is, and the buttons to change or end it."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brackets.plan import Bracket, Phase
from tradegram.chat.asked import Level, Unit
from tradegram.chat.buttons import BracketPress, bracket_button, short
from tradegram.chat.cards.ticket import account_label, place
from tradegram.chat.money import short_price, units
from tradegram.chat.reply import Button, Reply, Style
from tradegram.chat.writing import safe
from tradegram.model import Account, Side
from tradegram.tickets.ticket import Draft

MARK = "🛡"
NEEDS_US = (
    "<i>The stop is watched by this desk, not by the broker: it works only while the desk runs "
    "and has prices.</i>"
)


def bracket_card(bracket: Bracket, account: Account, open_units: Decimal | None = None) -> Reply:
    """open_units: of the position that it keeps, where that is known."""
    one = bracket.instrument
    side = "long" if bracket.side is Side.SELL else "short"
    size = f" {units(open_units, one)}" if open_units is not None else ""
    lines = [
        f"{MARK} <b>Bracket {safe(one.symbol, 60)}</b> · {place(one, bracket.product)} · "
        f"{side}{size}  [{account.mode}]",
        f"<b>{levels_words(bracket)}</b>",
        phase_words(bracket),
        *([NEEDS_US] if _watches_a_stop(bracket) else []),
        f"<code>{short(bracket.bracket_id)}</code> · a/c {account_label(account)}",
    ]
    return Reply("\n".join(lines), bracket_rows(bracket))


def _watches_a_stop(bracket: Bracket) -> bool:
    has_stop = bracket.stop is not None or bracket.trail is not None
    return has_stop and bracket.phase is Phase.WATCHING


def bracket_line(bracket: Bracket) -> str:
    """For the card of an order: one line."""
    if bracket.phase is Phase.ENDED:
        return f"{MARK} Bracket ended: {safe(bracket.why, 120)}."
    return f"{MARK} {levels_words(bracket)}. {phase_words(bracket)}"


def levels_words(bracket: Bracket) -> str:
    one = bracket.instrument
    parts = []
    if bracket.stop is not None:
        parts.append(f"SL {short_price(bracket.stop, one)}")
    if bracket.trail is not None:
        parts.append(f"trails by {trail_words(bracket.trail)}")
    if bracket.target is not None:
        where = _rests_where(bracket) if bracket.rests else "watched"
        parts.append(f"TGT {short_price(bracket.target, one)} ({where})")
    return " · ".join(parts)


def _rests_where(bracket: Bracket) -> str:
    return "at the broker" if bracket.exits else "goes to the broker"


def trail_words(trail: Level) -> str:
    number = f"{trail.value.normalize():f}"
    return f"{number} %" if trail.unit is Unit.PERCENT else number


def levels_after_fill(draft: Draft) -> list[str]:
    """A line about the bracket that a fill begins; none without levels."""
    one, parts = draft.instrument, []
    if draft.stop_loss is not None:
        parts.append(f"SL {short_price(draft.stop_loss, one)}")
    if draft.target is not None:
        parts.append(f"TGT {short_price(draft.target, one)}")
    if draft.trail is not None:
        parts.append(f"trail {trail_words(draft.trail)}")
    return [f"{MARK} {' · '.join(parts)}, by this desk after the fill"] if parts else []


def phase_words(bracket: Bracket) -> str:
    match bracket.phase:
        case Phase.WATCHING:
            return "Kept by this desk for what is filled."
        case Phase.EXITING:
            return "⏳ Closing what is open at the market."
        case Phase.STUCK:
            return (
                f"⚠ <b>NOT protected</b>: its exit did not go through ({safe(bracket.why, 120)})."
            )
        case Phase.ENDED:
            return f"Ended: {safe(bracket.why, 120)}."


def bracket_rows(bracket: Bracket) -> tuple[tuple[Button, ...], ...]:
    end = bracket_button(bracket, BracketPress.END, "End bracket")
    match bracket.phase:
        case Phase.WATCHING:
            change = bracket_button(bracket, BracketPress.LEVELS, "SL/TGT/Trail")
            return ((change, bracket_button(bracket, BracketPress.EXIT, "Exit now"), end),)
        case Phase.STUCK:
            again = bracket_button(bracket, BracketPress.EXIT, "Try the exit again", Style.DANGER)
            return ((again, end),)
        case _:
            return ()


def exit_question(bracket: Bracket, account: Account, open_units: Decimal | None) -> Reply:
    card = bracket_card(bracket, account, open_units)
    rows = (
        (bracket_button(bracket, BracketPress.EXIT_YES, "Yes, exit at market", Style.DANGER),),
        (bracket_button(bracket, BracketPress.SHOW, "No, keep it"),),
    )
    text = f"{card.text}\n\nClose what it keeps at the market now?"
    return Reply(text, rows)


def end_question(bracket: Bracket, account: Account) -> Reply:
    card = bracket_card(bracket, account)
    rows = (
        (bracket_button(bracket, BracketPress.END_YES, "Yes, end the bracket", Style.DANGER),),
        (bracket_button(bracket, BracketPress.SHOW, "No, keep it"),),
    )
    text = f"{card.text}\n\nEnd it? The position stays open, without stop and target."
    return Reply(text, rows)
