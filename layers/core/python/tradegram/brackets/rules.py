"""
What a bracket does next: a pure function of its record, its orders and one look at the market.

There is never more to fill among the exits than the entries have filled. A target that works is
not cancelled when the stop is reached: it is given the stop's price. So one order closes the
position either way, and it cannot fill twice, whatever crosses on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.brackets.plan import (
    CLOSED,
    UNFILLED,
    Bracket,
    Exit,
    Phase,
    Why,
    came_back,
    closed,
    committed,
    is_past,
    opened,
    told_once,
    too_much_closed,
    trailed,
)
from tradegram.chat.money import bare_price
from tradegram.orders.state import Order, State

CHASE = 10.0  # seconds an exit at the market may rest before its limit follows the market
WISH_AGAIN = 5.0  # seconds a change of an exit may take before it is asked for again
MOST_TRIES = 12  # changes of one exit; a broker allows 25
MOST_EXITS = 24  # orders of one bracket
MOST_DENIALS = 3
DENIED_AGAIN = 10.0  # seconds, times the denials, until an exit that was not sent is tried again
GATHER = 10.0  # seconds in which further fills of an entry wait to share one target order
SHORT_FOR = 25.0  # seconds the broker's position must be too small before it is believed
LOOK_EVERY = 30.0  # seconds between two looks at it

AT_BROKER = frozenset({State.SUBMITTED, State.WORKING})


@dataclass(frozen=True, slots=True)
class Seen:
    """
    One look. last: the last price, None when there is none fresh enough to decide by.

    worst: a limit that closes at the market now. position: units the broker shows open on the
    bracket's side, None when it was not asked. is_open: the exchange trades. moves: an order that
    works can be given another price.
    """

    now: float
    last: Decimal | None
    worst: Decimal | None
    position: Decimal | None = None
    is_open: bool = True
    killed: bool = False
    moves: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """
    The bracket afterwards, what to stage with it, and what to say.

    quantity: units of a new exit, 0 for none; price: its limit. cancels: entries whose rest is
    not wanted any more.
    """

    bracket: Bracket
    quantity: Decimal = Decimal(0)
    why: Why = Why.TARGET
    price: Decimal | None = None
    cancels: tuple[str, ...] = ()
    news: tuple[str, ...] = ()


def decide(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> Step:
    """
    exits: by client order id, all of them. The same bracket comes back when nothing changes.

    Older orders than the stored ones are harmless: they show fewer fills and more that may fill.
    """
    bracket, news = _heard(bracket, exits)
    bracket, said = too_much_closed(bracket, entries, exits.values())
    news += said
    if bracket.phase is Phase.ENDED:
        bracket, late = came_back(bracket, entries, exits.values(), seen.now)
        return Step(bracket, news=news + late)
    if over := _over(bracket, entries, exits, seen):
        return Step(_ended(bracket, over), news=(*news, _end_words(bracket, over)))
    bracket = _within(bracket, opened(bracket, entries), exits)
    bracket = _compared(bracket, entries, exits, seen)
    if _is_gone(bracket, entries, seen):
        gone = "the position was closed elsewhere"
        return Step(_ended(bracket, gone), news=(*news, _end_words(bracket, gone)))
    if not seen.is_open or bracket.phase is Phase.STUCK or not opened(bracket, entries):
        return Step(bracket, news=news)
    bracket, more = _watched(bracket, seen)
    step = _exiting if bracket.phase is Phase.EXITING else _aiming
    done = step(bracket, entries, exits, seen)
    return replace(done, news=(*news, *more, *done.news))


# -- what became of the exits --------------------------------------------------------------------


def _heard(bracket: Bracket, exits: Mapping[str, Order]) -> tuple[Bracket, tuple[str, ...]]:
    news: tuple[str, ...] = ()
    for one in bracket.exits:
        order = exits[one.client_order_id]
        if one.done or order.leaves_quantity:
            continue
        bracket = with_exit(bracket, replace(one, done=True))
        if not one.dropped:
            bracket, said = _after_end(bracket, one, order)
            news += said
    return bracket, news


def _after_end(bracket: Bracket, one: Exit, order: Order) -> tuple[Bracket, tuple[str, ...]]:
    """An exit ended that was still wanted."""
    symbol = bracket.instrument.symbol
    match order.state:
        case State.DENIED:
            bracket = replace(bracket, denials=bracket.denials + 1)
            if bracket.denials < MOST_DENIALS:
                return bracket, ()
            if one.why is Why.TARGET and bracket.phase is Phase.WATCHING:
                words = f"{symbol}: its target could not be sent, so I watch it myself."
                return replace(bracket, rests=False, denials=0), (words,)
            return _stuck(bracket, "it was not sent")
        case State.REFUSED | State.REJECTED if one.why is Why.TARGET:
            words = f"{symbol}: the broker does not take the target now, so I watch it myself."
            return replace(bracket, rests=False), (words,)
        case State.REFUSED | State.REJECTED:
            return _stuck(bracket, "the broker refused it")
        case State.CANCELLED if one.why is Why.TARGET and bracket.phase is Phase.WATCHING:
            words = f"{symbol}: its target order was cancelled, so the target is off."
            return replace(bracket, target=None), (words,)
        case State.CANCELLED:
            return _stuck(bracket, "it was cancelled")
        case _:
            return replace(bracket, denials=0), ()


def _stuck(bracket: Bracket, what: str) -> tuple[Bracket, tuple[str, ...]]:
    if bracket.phase is Phase.STUCK:
        return bracket, ()
    words = (
        f"{bracket.instrument.symbol}: the exit did not go through: {what}. What is left is NOT "
        "protected now. Look at /pos; /brackets has a button to try again."
    )
    return replace(bracket, phase=Phase.STUCK, why=what), (words,)


# -- the end -------------------------------------------------------------------------------------


def _over(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> str:
    """Why there is nothing left to keep; "" while there is."""
    if bracket.ends_at is not None and seen.now > bracket.ends_at:
        return "its day is over"
    if any(order.leaves_quantity for order in entries):
        return ""
    units_opened = opened(bracket, entries)
    if not units_opened:
        surely = all(order.settled or order.state is State.DENIED for order in entries)
        return UNFILLED if surely else ""
    if closed(exits.values()) >= units_opened and not _live(bracket, exits):
        return CLOSED
    return ""


def _ended(bracket: Bracket, why: str) -> Bracket:
    exits = tuple(replace(one, dropped=True) for one in bracket.exits)
    return replace(bracket, phase=Phase.ENDED, why=why, exits=exits)


def end(bracket: Bracket, why: str) -> Bracket:
    """Ended by its holder: the exits that work are cancelled, the position stays."""
    return _ended(bracket, why)


def _end_words(bracket: Bracket, why: str) -> str:
    return f"{bracket.instrument.symbol}: {why}, so its bracket has ended."


def _within(bracket: Bracket, most: Decimal, exits: Mapping[str, Order]) -> Bracket:
    """An exit that came alive, or filled after its cancel, leaves less for the newer ones."""
    over = committed(exits.values()) - most
    for one in reversed(bracket.exits):
        order = exits[one.client_order_id]
        if over <= 0 or not order.leaves_quantity:
            continue
        over -= order.leaves_quantity
        bracket = with_exit(bracket, replace(one, dropped=True))
    return bracket


# -- the broker's position -----------------------------------------------------------------------


def wants_position(bracket: Bracket, now: float) -> bool:
    return bracket.phase is not Phase.ENDED and now - bracket.looked_at >= LOOK_EVERY


def _compared(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> Bracket:
    if seen.position is None:
        return bracket
    left = opened(bracket, entries) - closed(exits.values())
    # While fills come in, the position runs ahead of our record: that is no shortage.
    lasts = bracket.short_since if left == bracket.looked_left else 0.0
    since = (lasts or seen.now) if seen.position < left else 0.0
    bracket = replace(bracket, looked_at=seen.now, short_since=since, looked_left=left)
    if not since or seen.now - since < SHORT_FOR:
        return bracket
    working = sum((order.leaves_quantity for order in _live(bracket, exits).values()), Decimal(0))
    if working <= max(seen.position, Decimal(0)):
        return bracket
    # They would close more than is open: take them back, and place what is right afterwards.
    for one in bracket.exits:
        bracket = with_exit(bracket, replace(one, dropped=True))
    return bracket


def _is_gone(bracket: Bracket, entries: Sequence[Order], seen: Seen) -> bool:
    if any(order.leaves_quantity for order in entries):
        return False  # what still comes in is to be protected; no more is sold than is there
    lasted = bracket.short_since and seen.now - bracket.short_since >= SHORT_FOR
    return bool(lasted and seen.position is not None and seen.position <= 0)


# -- the market ----------------------------------------------------------------------------------


def _watched(bracket: Bracket, seen: Seen) -> tuple[Bracket, tuple[str, ...]]:
    """The stop after this price, and whether it was reached."""
    one, symbol = bracket.instrument, bracket.instrument.symbol
    watches = bracket.stop is not None or bracket.trail is not None
    needs_price = watches and bracket.phase is Phase.WATCHING
    bracket, stale = told_once(
        bracket,
        "stale",
        needs_price and seen.last is None,
        f"{symbol}: no fresh price comes, so its stop is not watched until one does.",
    )
    if seen.last is None or bracket.phase is not Phase.WATCHING:
        return bracket, stale
    bracket = trailed(bracket, seen.last)
    reached = is_past(bracket, seen.last, bracket.stop, -1)
    stop = bare_price(bracket.stop, one) if bracket.stop is not None else ""
    where = f"{symbol}: the stop {stop} was reached, last {bare_price(seen.last, one)}"
    bracket, held_back = told_once(
        bracket,
        "killed",
        reached and seen.killed,
        f"{where}. The kill switch is on, so NOTHING was sent.",
    )
    if reached and not seen.killed:
        exiting = replace(bracket, phase=Phase.EXITING, why=Why.STOP.value)
        return exiting, (*stale, f"{where}: closing what is open.")
    return bracket, (*stale, *held_back)


# -- what is placed and changed ------------------------------------------------------------------


def _aiming(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> Step:
    """While the stop is far: the target works for all that was filled."""
    for one, order in _changeable(bracket, exits):
        if bracket.target is None:
            bracket = with_exit(bracket, replace(one, dropped=True))
        elif one.price != bracket.target or _is_overdue(one, order, seen):
            bracket = with_exit(bracket, _wished(one, bracket.target, seen))
    free = opened(bracket, entries) - committed(exits.values())
    wanted = bracket.target is not None and free > 0 and not seen.killed
    touched = seen.last is not None and is_past(bracket, seen.last, bracket.target, 1)
    waits = _gathers(bracket, entries, exits, seen) or _rests_after_denial(bracket, exits, seen)
    if not wanted or not (bracket.rests or touched) or waits:
        return Step(bracket)
    if len(bracket.exits) >= MOST_EXITS:
        return Step(bracket)  # the rest is left to the stop
    return Step(bracket, free, Why.TARGET, bracket.target)


def _gathers(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> bool:
    """Whether more fills are waited for, so that an entry in many parts makes few exits."""
    if not bracket.exits or not any(order.leaves_quantity for order in entries):
        return False
    last = max(exits[one.client_order_id].staged_at for one in bracket.exits)
    return seen.now - last < GATHER


def _rests_after_denial(bracket: Bracket, exits: Mapping[str, Order], seen: Seen) -> bool:
    """What kept an exit from being sent, such as a login that is missing, lasts a while."""
    if not bracket.denials or not bracket.exits:
        return False
    last = max(order.staged_at for order in exits.values())
    return seen.now - last < DENIED_AGAIN * bracket.denials


def _exiting(
    bracket: Bracket, entries: Sequence[Order], exits: Mapping[str, Order], seen: Seen
) -> Step:
    """All that is open is closed at the market: the exits that work get its price."""
    cancels = tuple(
        order.key for order in entries if order.leaves_quantity and not order.cancel_wanted
    )
    if seen.killed or seen.worst is None:
        return Step(bracket, cancels=cancels)
    for one, order in _changeable(bracket, exits):
        rests = seen.now - one.wished_at > CHASE and _is_behind(bracket, one.price, seen.worst)
        if one.why is Why.TARGET or rests or _is_overdue(one, order, seen):
            why = Why.STOP if one.why is Why.TARGET else one.why
            bracket = with_exit(bracket, _wished(replace(one, why=why), seen.worst, seen))
    free = opened(bracket, entries) - committed(exits.values())
    if free <= 0:
        return Step(bracket, cancels=cancels)
    if _rests_after_denial(bracket, exits, seen):
        return Step(bracket, cancels=cancels)
    if len(bracket.exits) >= MOST_EXITS:
        stuck, news = _stuck(bracket, f"{MOST_EXITS} orders did not close it")
        return Step(stuck, cancels=cancels, news=news)
    why = Why.STOP if bracket.why == Why.STOP else Why.ASKED
    return Step(bracket, free, why, seen.worst, cancels)


def _changeable(bracket: Bracket, exits: Mapping[str, Order]) -> list[tuple[Exit, Order]]:
    """Exits that the broker has and that nobody is cancelling or changing."""
    found = [
        (one, exits[one.client_order_id])
        for one in bracket.exits
        if not one.dropped and not one.done
    ]
    return [
        (one, order)
        for one, order in found
        if order.state in AT_BROKER
        and order.leaves_quantity
        and not order.cancel_wanted
        and order.replace_wanted is None
    ]


def _wished(one: Exit, price: Decimal, seen: Seen) -> Exit:
    """Another price for it; what cannot have one, or too often was asked to, is placed anew."""
    if one.tries >= MOST_TRIES or not seen.moves:
        return replace(one, dropped=True)
    return replace(one, price=price, wished_at=seen.now, tries=one.tries + 1)


def _is_overdue(one: Exit, order: Order, seen: Seen) -> bool:
    return order.price != one.price and seen.now - one.wished_at > WISH_AGAIN


def _is_behind(bracket: Bracket, price: Decimal | None, worst: Decimal) -> bool:
    """The market left the limit behind: a new one would give more room."""
    return price is None or (price - worst) * bracket.up > 0


def _live(bracket: Bracket, exits: Mapping[str, Order]) -> dict[str, Order]:
    return {key: order for key, order in exits.items() if order.leaves_quantity}


def with_exit(bracket: Bracket, one: Exit) -> Bracket:
    """One of its exits replaced, or added."""
    if all(each.client_order_id != one.client_order_id for each in bracket.exits):
        return replace(bracket, exits=(*bracket.exits, one))
    exits = tuple(
        one if each.client_order_id == one.client_order_id else each for each in bracket.exits
    )
    return replace(bracket, exits=exits)
