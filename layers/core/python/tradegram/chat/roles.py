"""
What a viewer may say and press: the desk as it is, and nothing that changes an order.

The lists name what is allowed, so that a new command or button is closed to viewers until it is
put here.
"""

from __future__ import annotations

from tradegram.chat.buttons import BracketPress, OrderPress, Press
from tradegram.chat.people import may_trade
from tradegram.errors import UserError
from tradegram.ports import Desk

LOOKING = frozenset(
    {
        "/start",
        "/help",
        "/q",
        "/orders",
        "/order",
        "/trades",
        "/pos",
        "/hold",
        "/funds",
        "/pnl",
        "/brackets",
        "/status",
        "/accounts",
        "/mode",
        "/settings",
        "/audit",
        "/dashboard",
    }
)
# Examples and offers say words again, and those are looked at then.
LOOKING_PRESSES = frozenset({"s", "p", "e", "o"})
LOOKING_AT_ORDER = {OrderPress.SHOW, OrderPress.OPEN}
VIEWER = (
    "You are a viewer of this desk: /orders, /pos and /status show it, and orders are for its "
    "traders. Its owner can change that in the terminal: tradegram users"
)


def check_words(desk: Desk, user_id: int, text: str) -> None:
    """text: as it is understood, a command with its slash. Raises UserError."""
    name = text.split()[0].partition("@")[0].casefold() if text.strip() else ""
    if name not in LOOKING and not may_trade(desk, user_id):
        raise UserError(VIEWER)


def check_press(desk: Desk, user_id: int, press: Press) -> None:
    """Raises UserError."""
    looks = (
        press.kind in LOOKING_PRESSES
        or (press.kind == "k" and press.action in LOOKING_AT_ORDER)
        or (press.kind == "b" and press.action == BracketPress.SHOW)
    )
    # The words on such a button are checked too: /cancel may stand on one.
    if press.kind == "s":
        check_words(desk, user_id, press.key)
    elif not looks and not may_trade(desk, user_id):
        raise UserError(VIEWER)
