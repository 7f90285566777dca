"""
Keep the brackets of an account: look at the market, decide, and write what follows at once.

A step is one transaction: the bracket at the version that was read, its new exits, the note that
they close the position, the audit events and the messages. Of two workers one is written. Wishes
to cancel or change come after it and are repeated, so a worker may die anywhere.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from tradegram.brackets.plan import (
    KIND,
    Bracket,
    Exit,
    Phase,
    as_bracket,
    as_document,
    may_come_back,
    opened,
)
from tradegram.brackets.rules import (
    Seen,
    Step,
    decide,
    wants_position,
    with_exit,
)
from tradegram.brackets.staging import Staged, exit_order
from tradegram.brokers.contract import Replaceable
from tradegram.brokers.protection import worst_price
from tradegram.errors import BrokerError, Conflict, UserError
from tradegram.model import Quote, Terms
from tradegram.orders.apart import apart
from tradegram.orders.bell import ring
from tradegram.orders.cancel import want_cancel
from tradegram.orders.replace import want_replace
from tradegram.orders.state import Order
from tradegram.ports import Change, Document, Event, Notice, OrderDesk, Quotes, Record
from tradegram.risk.kill import is_killed
from tradegram.tickets.closing import Closing, closing_now, kept_for, noted, open_units

OLDEST = 30.0  # seconds a price may be old and still be decided by
OFTEN = 1.0  # seconds between two looks at a market
OFTEN_HERE = 0.5  # where looking costs no call over a network
SELDOM = 30.0  # seconds between two looks while the market is closed or a person must look
MOST_SLICES = 8  # orders that one step makes of a quantity beyond the exchange's freeze

logger = logging.getLogger(__name__)


class BracketDesk(OrderDesk, Protocol):
    """What brackets need besides the order path: a market to look at."""

    @property
    def quotes(self) -> Quotes: ...


def keep(desk: BracketDesk, account_id: str) -> float:
    """
    One look at every bracket of the account; answers with seconds until the next.

    Safe to run at any time, in parallel. Infinite when there is nothing to keep. Raises
    StoreError.
    """
    wait = math.inf
    for document in desk.store.documents(KIND, f"{account_id}|"):
        next_look = SELDOM
        with apart(desk, account_id, f"bracket {document.key}"):
            next_look = keep_one(desk, as_bracket(document))
        wait = min(wait, next_look)
    return wait


def keep_one(desk: BracketDesk, bracket: Bracket) -> float:
    """One step of one bracket, if one is due. Seconds until the next look."""
    is_over = bracket.phase is Phase.ENDED and all(one.done for one in bracket.exits)
    if is_over and not may_come_back(bracket):
        return math.inf
    entries = [desk.store.order(key) for key in bracket.entries]
    if is_over and all(order.settled for order in entries):
        return math.inf
    exits = {one.client_order_id: desk.store.order(one.client_order_id) for one in bracket.exits}
    quote = desk.quotes.quote(bracket.instrument, bracket.account_id)
    seen = _seen(desk, bracket, entries, quote)
    step = decide(bracket, entries, exits, seen)
    after = _commit(desk, bracket, step, quote, seen)
    if after is None:
        return OFTEN  # another worker took the step
    _wish(desk, after, step, exits, seen)
    return _cadence(desk, after, seen)


def _cadence(desk: BracketDesk, bracket: Bracket, seen: Seen) -> float:
    if bracket.phase is Phase.ENDED:
        return OFTEN if any(not one.done for one in bracket.exits) else SELDOM
    if not seen.is_open or bracket.phase is Phase.STUCK:
        return SELDOM
    return OFTEN_HERE if desk.brokers.profile(bracket.account_id).book_is_local else OFTEN


# -- the look ------------------------------------------------------------------------------------


def closing_of(bracket: Bracket) -> Closing:
    return Closing(bracket.account_id, bracket.instrument, bracket.product, bracket.side)


def _seen(
    desk: BracketDesk, bracket: Bracket, entries: Sequence[Order], quote: Quote | None
) -> Seen:
    now = desk.clock.now()
    is_open = desk.calendar.is_open(bracket.instrument, now)
    fresh = quote if quote is not None and now - quote.at <= OLDEST and quote.last > 0 else None
    asks = is_open and bool(opened(bracket, entries)) and wants_position(bracket, now)
    return Seen(
        now=now,
        last=fresh.last if fresh else None,
        worst=_worst(bracket, fresh),
        position=_position(desk, bracket) if asks else None,
        is_open=is_open,
        killed=is_killed(desk.store),
        moves=Replaceable.PRICES in desk.brokers.profile(bracket.account_id).replaceable,
    )


def _worst(bracket: Bracket, quote: Quote | None) -> Decimal | None:
    try:
        return worst_price(bracket.instrument, bracket.side, quote)
    except UserError:
        return None


def _position(desk: BracketDesk, bracket: Bracket) -> Decimal | None:
    try:
        return open_units(desk.brokers.broker(bracket.account_id), closing_of(bracket))
    except BrokerError:
        return None


# -- the step ------------------------------------------------------------------------------------


def _commit(
    desk: BracketDesk, before: Bracket, step: Step, quote: Quote | None, seen: Seen
) -> Bracket | None:
    """The bracket as stored; None when somebody else was faster."""
    after = step.bracket
    records: list[Record] = []
    made: list[Staged] = []
    if step.quantity and step.price is not None:
        quantity, note, working = _allowed(desk, after, step.quantity)
        for size in _slices(before, quantity):
            staged = exit_order(desk, after, step.why, size, step.price, quote)
            made.append(staged)
            one = Exit(staged.order.key, step.why, size, step.price, wished_at=seen.now)
            after = with_exit(after, one)
            records += [staged.ticket, staged.order]
        if made:
            records.append(noted(note, working, [staged.order.key for staged in made]))
    if after == before and not step.news:
        return before
    events = [_event(after, made), *(staged.event for staged in made)]
    told = [Notice(after.account_id, "", "bracket", words, after.user_id) for words in step.news]
    try:
        stored = desk.store.commit(Change((as_document(after, seen.now), *records), events, told))
    except Conflict:
        return None
    for staged in made:
        ring(desk, staged.order)
    return replace(after, version=stored[0].version)


def _allowed(
    desk: BracketDesk, bracket: Bracket, wanted: Decimal
) -> tuple[Decimal, Document, Sequence[Order]]:
    """Never more than the broker shows open, less what else is closing it."""
    closing = closing_of(bracket)
    note, working = closing_now(desk, closing)
    try:
        there = open_units(desk.brokers.broker(bracket.account_id), closing)
        there -= kept_for(desk, closing)
    except BrokerError as error:
        if bracket.phase is not Phase.WATCHING:
            symbol = bracket.instrument.symbol
            why = f"{symbol}: its exit waits, because the broker does not say what is open"
            desk.pager.alert(bracket.account_id, f"{why} ({error.words})")
        return Decimal(0), note, working
    left = there - sum((order.may_fill for order in working), Decimal(0))
    lot = bracket.instrument.lot_size
    return max(min(wanted, left), Decimal(0)) // lot * lot, note, working


def _slices(bracket: Bracket, quantity: Decimal) -> Iterator[Decimal]:
    lot, freeze = bracket.instrument.lot_size, bracket.instrument.freeze_quantity
    most = quantity if freeze is None else freeze // lot * lot
    for _ in range(MOST_SLICES):
        if quantity <= 0 or most <= 0:
            return
        yield min(quantity, most)
        quantity -= min(quantity, most)


def _event(bracket: Bracket, made: Sequence[Staged]) -> Event:
    body = {
        "event": "bracket",
        "bracket": bracket.bracket_id,
        "by": "desk",
        "phase": bracket.phase,
        "why": bracket.why,
        "stop": None if bracket.stop is None else str(bracket.stop),
        "target": None if bracket.target is None else str(bracket.target),
        "exits": [staged.order.key for staged in made],
    }
    return Event(bracket.account_id, body)


# -- the wishes ----------------------------------------------------------------------------------


def _wish(
    desk: BracketDesk, bracket: Bracket, step: Step, exits: Mapping[str, Order], seen: Seen
) -> None:
    for key in step.cancels:
        _cancel(desk, bracket, key)
    for one in bracket.exits:
        order = exits.get(one.client_order_id)
        if order is None or not order.leaves_quantity or order.cancel_wanted:
            continue
        if one.dropped:
            _cancel(desk, bracket, order.key)
        elif one.wished_at == seen.now and one.price != order.price:
            terms = Terms(order.quantity, one.price, order.trigger)
            try:
                want_replace(desk, order.key, terms, user_id=bracket.user_id)
            except UserError:
                continue  # it ended meanwhile, or is not at the broker yet: decided again


def _cancel(desk: BracketDesk, bracket: Bracket, key: str) -> None:
    try:
        want_cancel(desk, key, user_id=bracket.user_id, why=f"bracket {bracket.bracket_id}")
    except UserError:
        return  # it has ended
