"""
What the data of a button may be: a record, an action and a version, never an order's terms.

t:<ticket id>:<TicketPress>:<version>        on a ticket
k:<client order id>:<OrderPress>:<version>   on an order
b:<bracket id>:<BracketPress>:<version>        on a bracket
r:<pending id>:<n | m | x>                   choose reading n, switch "remember", or none of them
o:<pending id>:<n>                           say offer n
g:<pending id>:<y | x>                       store the order as shown, or leave it
g:<gtt id>:c                                 forget a stored order
g:<kept id>:t                                take back one that its broker keeps
m:<pending id>:<y | x>                       change the order as shown, or leave it
a:<pending id>:<y | x>                       cancel all the orders listed, or leave them
x:<pending id>:<y | x>                       exit all the positions listed, or keep them
f:<pending id>:<n | e | x>                   follow reading n of a forwarded signal, edit or skip
p:<pending id>                               the next page of orders
n:<pending id>:<order of the keys>:<place>   on the keypad: the key at this place, b back, x leave
e:<n>                                        say example n of the fixed list
s:<command>                                  say a command that only reads, e.g. s:/status

All of it is checked again when pressed: the sender of a press can write any data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tradegram.brackets.plan import Bracket
from tradegram.chat.reply import Button, Style
from tradegram.orders.state import Order
from tradegram.tickets.ticket import Ticket


class TicketPress(StrEnum):
    CONFIRM = "c"
    LOT_MORE = "u"
    LOT_LESS = "d"
    QUANTITY = "q"
    PRICE = "p"
    MARKET = "m"
    LEVELS = "s"
    PRODUCT = "f"
    TYPE = "o"
    REQUOTE = "r"
    CANCEL = "x"
    NEW = "n"
    EXIT = "e"
    CANCEL_ORDERS = "w"


class OrderPress(StrEnum):
    SHOW = "k"
    OPEN = "o"
    MODIFY = "m"
    ASK_CANCEL = "x"
    CANCEL = "y"
    EXIT_HALF = "h"
    EXIT_ALL = "e"
    STOP = "s"
    TARGET = "g"
    TRAIL = "t"
    NEW = "n"


class BracketPress(StrEnum):
    SHOW = "k"
    LEVELS = "l"
    EXIT = "e"
    EXIT_YES = "y"
    END = "x"
    END_YES = "z"


@dataclass(frozen=True, slots=True)
class Press:
    """A press, read. kind: the first letter of the forms above; version: 0 where it has none."""

    kind: str
    key: str
    action: str = ""
    version: int = 0


def read_press(data: str) -> Press | None:
    """None when it is none of our forms."""
    kind, _, rest = data.partition(":")
    if kind in ("s", "p", "e"):
        return Press(kind, rest) if rest else None
    parts = rest.split(":")
    if kind in ("r", "o", "m", "a", "g", "x", "f") and len(parts) == 2:
        return Press(kind, parts[0], parts[1])
    if kind == "n" and len(parts) == 3:
        return Press(kind, parts[0], f"{parts[1]}:{parts[2]}")
    if kind in ("t", "k", "b") and len(parts) == 3 and parts[2].isdecimal() and len(parts[2]) <= 9:
        return Press(kind, parts[0], parts[1], int(parts[2]))
    return None


def ticket_button(
    ticket: Ticket, press: TicketPress, label: str, style: Style = Style.PLAIN
) -> Button:
    return Button(label, f"t:{ticket.ticket_id}:{press}:{ticket.version}", style)


def order_button(order: Order, press: OrderPress, label: str, style: Style = Style.PLAIN) -> Button:
    return Button(label, f"k:{order.key}:{press}:{order.version}", style)


def bracket_button(
    bracket: Bracket, press: BracketPress, label: str, style: Style = Style.PLAIN
) -> Button:
    return Button(label, f"b:{bracket.bracket_id}:{press}:{bracket.version}", style)


def pending_button(kind: str, key: str, action: str, label: str) -> Button:
    return Button(label, f"{kind}:{key}:{action}")


def say_button(label: str, command: str) -> Button:
    """command: one that only reads; see `commands.PRESSABLE`."""
    return Button(label, f"s:{command}")


def short(key: str) -> str:
    """`#K7Q2`: how tickets and orders are named to people."""
    return f"#{key[:4]}"
