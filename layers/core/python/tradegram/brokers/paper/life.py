"""
What becomes of a paper order, as a pure function of the order, the market and the time.

The order looks at the market on a grid of its own: each second at first, more rarely as it grows
old. `follow` walks that grid from wherever it was left. The grid does not depend on who looks or
when, so following to noon in one go or in a thousand gives the same fills.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Protocol

from tradegram.brokers.paper.order import Amendment, Execution, PaperOrder, Progress
from tradegram.copies import replace
from tradegram.market.feed import Look, SimulatedQuotes
from tradegram.market.noise import share
from tradegram.model import Instrument, OrderType, ReportStatus, Side, TimeInForce
from tradegram.ports import Calendar

DAY = 86_400.0
# (looks, seconds between them): five minutes, to the end of the first day, of the first week,
# and then as long as an order can rest.
GRID = ((300, 1.0), (17_220, 5.0), (8_640, 60.0), (10**9, 300.0))
SOONEST = 0.001  # seconds: what fills under new terms fills after they came, not with them
AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class PaperCalendar(Calendar, Protocol):
    @property
    def always_open(self) -> bool: ...

    def day_ends(self, instrument: Instrument, placed_at: float) -> float:
        """When a DAY order placed then ends. Raises UserError when nobody knows."""
        ...


def follow(
    order: PaperOrder,
    progress: Progress,
    feed: SimulatedQuotes,
    calendar: PaperCalendar,
    t: float,
) -> Progress:
    """The order's progress up to and including time t. Never undoes anything."""
    if progress.ended:
        return progress
    market = feed.seeded(order.seed)
    for _ in range(len(order.amendments) + 1):
        due = _due(order, progress, t)
        progress = _walk(order, progress, market, calendar, due.at if due else t)
        if progress.ended or due is None:
            break
        progress = _amended(order, progress, due)
    if not progress.ended and t >= order.ends_at:
        return replace(
            progress,
            status=ReportStatus.EXPIRED,
            changed_at=order.ends_at,
            text="its time ended before it was filled",
        )
    return progress


def happens_at(order: PaperOrder, progress: Progress) -> float:
    """Before then `follow` has nothing to do; seconds since the epoch."""
    if progress.ended:
        return math.inf
    if progress.amended < len(order.amendments):
        return -math.inf
    if progress.status is ReportStatus.PENDING_NEW:
        return min(order.accepted_at, order.ends_at)
    return min(progress.anchor + offset(progress.step), order.ends_at)


def _due(order: PaperOrder, progress: Progress, t: float) -> Amendment | None:
    """The next amendment, if it is effective by t and came in time."""
    if progress.ended or progress.amended >= len(order.amendments):
        return None
    one = order.amendments[progress.amended]
    return one if one.at <= t and one.at < order.ends_at else None


def _amended(order: PaperOrder, progress: Progress, one: Amendment) -> Progress:
    progress = replace(progress, amended=progress.amended + 1, changed_at=one.at)
    if one.terms is None:
        return replace(progress, status=ReportStatus.CANCELLED, text="")
    anchor = max(one.at + max(order.delay, SOONEST), order.accepted_at)
    return replace(progress, terms=one.terms, anchor=anchor, step=0, rested=False)


def _walk(
    order: PaperOrder,
    progress: Progress,
    market: SimulatedQuotes,
    calendar: PaperCalendar,
    until: float,
) -> Progress:
    if progress.ended or order.accepted_at > until:
        return progress
    if progress.status is ReportStatus.PENDING_NEW:
        progress = _accepted(order, progress)
    instrument, anchor, step = order.intent.instrument, progress.anchor, progress.step
    # Every round moves to a later step, and the last step lies before `until`.
    while not progress.ended:
        at = anchor + offset(step)
        if at > until or at >= order.ends_at:
            break
        if not order.always_open and not calendar.is_open(instrument, at):
            opens = calendar.next_open(instrument, at) or at + DAY
            step = max(first_step(opens - anchor), step + 1)
            continue
        step += 1
        progress = _meet(order, progress, market.look(instrument, at), at)
    return progress if progress.step == step else replace(progress, step=step)


def _accepted(order: PaperOrder, progress: Progress) -> Progress:
    at = order.accepted_at
    if order.rejected:
        text = "rejected by chance, as this paper account is set to do"
        return replace(progress, status=ReportStatus.REJECTED, changed_at=at, text=text)
    return replace(progress, status=ReportStatus.NEW, changed_at=at)


def _meet(order: PaperOrder, progress: Progress, look: Look, at: float) -> Progress:
    """What happens to a working order when the market looks like this."""
    if not progress.triggered and progress.terms.trigger is not None:
        if not _wakes(order, progress.terms.trigger, look):
            return progress
        progress = replace(progress, triggered=True, changed_at=at)
    price = _price(order, progress, look, at)
    hurried = order.intent.time_in_force in AT_ONCE
    if price is None:
        if hurried:
            return _dropped(progress, at)
        return progress if progress.rested else replace(progress, rested=True)
    wanted = _lots(order, progress.terms.quantity) - progress.lots
    if wanted <= 0:
        return replace(progress, status=ReportStatus.FILLED, changed_at=at)
    offered = look.ask_lots if order.intent.side is Side.BUY else look.bid_lots
    if order.intent.time_in_force is TimeInForce.FOK and offered < wanted:
        return _dropped(progress, at)
    met = Execution(at, min(wanted, offered), price)
    progress = replace(progress, executions=(*progress.executions, met), changed_at=at)
    if met.lots == wanted:
        return replace(progress, status=ReportStatus.FILLED)
    return _dropped(progress, at) if hurried else progress


def _wakes(order: PaperOrder, trigger: Decimal, look: Look) -> bool:
    ticks = _ticks(order, trigger)
    return look.last >= ticks if order.intent.side is Side.BUY else look.last <= ticks


def _price(order: PaperOrder, progress: Progress, look: Look, at: float) -> int | None:
    """Ticks per unit at which it would fill now; None when its limit does not allow it."""
    buys = order.intent.side is Side.BUY
    slip = int(share(order.dice, int(at)) * (order.slippage + 1))
    touch = look.ask if buys else look.bid
    price = touch + slip if buys else max(touch - slip, 1)
    if order.intent.order_type in (OrderType.MARKET, OrderType.STOP):
        return price
    if progress.terms.price is None:
        return None
    limit = _ticks(order, progress.terms.price)
    if touch > limit if buys else touch < limit:
        return None
    if progress.rested:
        return limit  # the others came to it
    return min(price, limit) if buys else max(price, limit)


def _dropped(progress: Progress, at: float) -> Progress:
    text = "not all of it was there at once; the rest is cancelled"
    return replace(progress, status=ReportStatus.CANCELLED, changed_at=at, text=text)


def _ticks(order: PaperOrder, price: Decimal) -> int:
    return int(price / order.intent.instrument.tick_size)


def _lots(order: PaperOrder, quantity: Decimal) -> int:
    return int(quantity / order.intent.instrument.lot_size)


def offset(step: int) -> float:
    """Seconds from the anchor of the grid to a step."""
    seconds = 0.0
    for looks, apart in GRID:
        if step <= looks:
            break
        seconds += looks * apart
        step -= looks
    return seconds + step * apart


def first_step(seconds: float) -> int:
    """The first step that is not before `seconds`."""
    steps = 0
    for looks, apart in GRID:
        if seconds <= looks * apart:
            break
        seconds -= looks * apart
        steps += looks
    return steps + max(-int(-seconds // apart), 0)
