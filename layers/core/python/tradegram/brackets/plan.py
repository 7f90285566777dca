"""
A bracket: a stop, a target and a trail that this desk keeps for a position. Pure values.

It is a record of its own. Its exits are ordinary orders, staged with it in one transaction, and
what it does next follows from the record, its orders and the market alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from tradegram.chat.asked import Level
from tradegram.model import Instrument, Product, Side
from tradegram.orders.state import TERMINAL, Order
from tradegram.ports import Document
from tradegram.tickets.levels import trail_distance

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KIND = "bracket"
UNFILLED, CLOSED = "its entry did not fill", "the position is closed"  # why one ended by itself
BY = "bracket"  # who confirmed the tickets of its exits
KEPT = 5 * 86_400.0  # seconds an ended one can still be looked at
TRAIL_STEPS = 20  # a trailing stop moves by a twentieth of its distance, or a tick if that is more


class Phase(StrEnum):
    WATCHING = "WATCHING"  # the stop is watched, the target works as far as there are fills
    EXITING = "EXITING"  # all that is open is being closed at the market
    STUCK = "STUCK"  # an exit was refused: a person must look
    ENDED = "ENDED"


class Why(StrEnum):
    """Why an exit was staged."""

    TARGET = "target"
    STOP = "stop"
    ASKED = "exit"


@dataclass(frozen=True, slots=True)
class Exit:
    """
    One exit order. price: what its limit should be now; the desk asks for it until it is so.

    wished_at: seconds since the epoch, of the last wish for that price. tries: how often.
    dropped: its rest is not wanted any more and is being cancelled. done: its end was dealt with.
    """

    client_order_id: str
    why: Why
    quantity: Decimal
    price: Decimal | None = None
    wished_at: float = 0.0
    tries: int = 0
    dropped: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class Bracket:
    """
    side:      of the exits, so SELL for what was bought.
    entries:   client order ids whose fills are protected; held: units that were open before.
    stop, target: per unit; the stop only ever moves towards the market while it trails.
    trail:     how far the stop follows the best price since, in points or percent.
    rests:     the target works at the broker from the first fill on; else it is watched too.
    ends_at:   seconds since the epoch; None when no day ends it.
    looked_at: when the broker's position was last read; short_since: since when it is less than
               the fills say, 0 while it is not. looked_left: what the fills said then.
    told:      the faults the holder heard of and that still last.
    denials:   exits that this desk itself did not send, one after the other.
    """

    bracket_id: str
    account_id: str
    user_id: int
    instrument: Instrument
    product: Product
    side: Side
    entries: tuple[str, ...] = ()
    held: Decimal = Decimal(0)
    stop: Decimal | None = None
    target: Decimal | None = None
    trail: Level | None = None
    rests: bool = True
    phase: Phase = Phase.WATCHING
    why: str = ""
    exits: tuple[Exit, ...] = ()
    ends_at: float | None = None
    looked_at: float = 0.0
    short_since: float = 0.0
    looked_left: Decimal = Decimal(0)
    told: tuple[str, ...] = ()
    denials: int = 0
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.account_id}|{self.bracket_id}"

    @property
    def up(self) -> int:
        """1 when the position gains as the price rises, -1 when it gains as it falls."""
        return 1 if self.side is Side.SELL else -1


@cache
def _brackets() -> TypeAdapter[Bracket]:
    from pydantic import TypeAdapter  # slow to load, and most functions on AWS read none

    return TypeAdapter(Bracket)


def as_document(bracket: Bracket, now: float) -> Document:
    body = _brackets().dump_python(bracket, mode="json")
    expires_at = now + KEPT if bracket.phase is Phase.ENDED else None
    return Document(KIND, bracket.key, body, bracket.version, expires_at)


def as_bracket(document: Document) -> Bracket:
    return replace(_brackets().validate_python(document.body), version=document.version)


def opened(bracket: Bracket, entries: Iterable[Order]) -> Decimal:
    """Units that came to be open: fills only, never what may still fill."""
    return bracket.held + sum((order.cum_quantity for order in entries), Decimal(0))


def committed(exits: Iterable[Order]) -> Decimal:
    """Units that exits have closed or may still close. One of unknown fate counts whole."""
    return sum((_most(order) for order in exits), Decimal(0))


def closed(exits: Iterable[Order]) -> Decimal:
    return sum((order.cum_quantity for order in exits), Decimal(0))


def _most(order: Order) -> Decimal:
    if order.state in TERMINAL:
        return order.cum_quantity
    wanted = order.replace_wanted.quantity if order.replace_wanted else Decimal(0)
    return max(order.quantity, wanted, order.cum_quantity)


def may_come_back(bracket: Bracket) -> bool:
    """Whether a fill that nobody could foresee would be this bracket's to protect."""
    return bracket.phase is Phase.ENDED and bracket.why in (UNFILLED, CLOSED)


def came_back(
    bracket: Bracket, entries: Iterable[Order], exits: Iterable[Order], now: float
) -> tuple[Bracket, tuple[str, ...]]:
    """
    An ended bracket, on again if more came in, and what to say of it.

    A fill can cross a cancel, so an entry that had ended may fill after its bracket did.
    """
    more = opened(bracket, entries) - committed(exits)
    in_time = bracket.ends_at is None or now <= bracket.ends_at
    if more <= 0 or not in_time or not may_come_back(bracket):
        return bracket, ()
    words = (
        f"{bracket.instrument.symbol}: {more.normalize():f} more came in after its bracket had "
        "ended. The bracket is on again."
    )
    on_again = replace(bracket, phase=Phase.WATCHING, why="", looked_at=0.0, short_since=0.0)
    return on_again, (words,)


def too_much_closed(
    bracket: Bracket, entries: Iterable[Order], exits: Iterable[Order]
) -> tuple[Bracket, tuple[str, ...]]:
    """
    An exit that fills after the broker called it cancelled or refused crosses the one that took
    its place. Nobody could know; what came of it is said, and left to its holder.
    """
    more = closed(exits) - opened(bracket, entries)
    done = "sold" if bracket.up > 0 else "bought"
    words = (
        f"{bracket.instrument.symbol}: {more.normalize():f} more {done} than was open. An exit "
        "filled after the broker had called it cancelled or refused, and so did the one in its "
        "place. Nothing is corrected by itself: look at /pos."
    )
    return told_once(bracket, "too much", more > 0, words)


def told_once(
    bracket: Bracket, fault: str, is_so: bool, words: str
) -> tuple[Bracket, tuple[str, ...]]:
    """Said once while it lasts."""
    if is_so == (fault in bracket.told):
        return bracket, ()
    told = tuple(one for one in bracket.told if one != fault)
    if not is_so:
        return replace(bracket, told=told), ()
    return replace(bracket, told=(*told, fault)), (words,)


def is_past(bracket: Bracket, last: Decimal, level: Decimal | None, way: int) -> bool:
    """way: 1 for a level that is reached by gaining (a target), -1 by losing (a stop)."""
    return level is not None and (last - level) * bracket.up * way >= 0


def trailed(bracket: Bracket, last: Decimal) -> Bracket:
    """The stop moved after a better price; the same bracket when it need not move."""
    if bracket.trail is None:
        return bracket
    distance = trail_distance(bracket.trail, last)
    stop = _on_tick(last - distance * bracket.up, bracket)
    if stop <= 0:
        return bracket
    step = max(distance / TRAIL_STEPS, bracket.instrument.tick_size)
    if bracket.stop is not None and (stop - bracket.stop) * bracket.up < step:
        return bracket
    return replace(bracket, stop=stop)


def _on_tick(price: Decimal, bracket: Bracket) -> Decimal:
    """Away from the market: a stop that is rounded towards it would be nearer than was asked."""
    tick = bracket.instrument.tick_size
    rounding = ROUND_FLOOR if bracket.up > 0 else ROUND_CEILING
    return (price / tick).to_integral_value(rounding) * tick
