"""Prices of a draft: ticks, where it would be entered, and its stop and target. Pure."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Protocol

from tradegram.chat.asked import Level, Unit
from tradegram.chat.money import bare_price
from tradegram.copies import replace
from tradegram.errors import UserError
from tradegram.model import Instrument, Side
from tradegram.tickets.ticket import Draft


class Market(Protocol):
    """The prices that a quote and a priced ticket both have."""

    @property
    def last(self) -> Decimal: ...
    @property
    def bid(self) -> Decimal: ...
    @property
    def ask(self) -> Decimal: ...


def touch(side: Side, market: Market) -> Decimal:
    """What the other side asks for now; the last price where nobody quotes."""
    return (market.ask if side is Side.BUY else market.bid) or market.last


def entry_price(draft: Draft, market: Market) -> Decimal:
    """Where the order is expected to fill: its limit, else its trigger, else the market."""
    if draft.price is not None:
        return draft.price
    return draft.trigger if draft.trigger is not None else touch(draft.side, market)


def snapped(price: Decimal, instrument: Instrument) -> Decimal:
    """The nearest price on a tick, one tick at least."""
    ticks = (price / instrument.tick_size).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return max(ticks, Decimal(1)) * instrument.tick_size


def check_tick(price: Decimal, instrument: Instrument, what: str) -> None:
    """
    What a person typed is never rounded for them.

    Raises UserError with the two prices beside it.
    """
    tick = instrument.tick_size
    if price > 0 and price % tick == 0:
        return
    if price <= 0:
        raise UserError(f"The {what} must be above zero; type it again.")
    below = (price / tick).quantize(Decimal(1), rounding=ROUND_FLOOR) * tick
    near = [bare_price(each, instrument) for each in (below, below + tick) if each > 0]
    raise UserError(
        f"The {what} {bare_price(price, instrument)} is not a price of {instrument.symbol}, which "
        f"moves in steps of {bare_price(tick, instrument)}. Nearest: {' or '.join(near)}."
    )


def resolved(level: Level, entry: Decimal, away: int, instrument: Instrument) -> Decimal:
    """
    The price a stop or target stands for.

    away: 1 when it lies above the entry, -1 when below. A typed price stays as it is; what is
    worked out from percents and points goes to the nearest tick.
    """
    if level.unit is Unit.PRICE:
        return level.value
    distance = abs(level.value)
    if level.unit is Unit.PERCENT:
        distance = entry * distance / 100
    price = entry + away * distance
    if price <= 0:
        raise UserError(
            f"A distance of {bare_price(distance, instrument)} from "
            f"{bare_price(entry, instrument)} leaves no price above zero; choose a smaller one."
        )
    return snapped(price, instrument)


def with_levels(
    draft: Draft, entry: Decimal, stop_loss: Level | None, target: Level | None
) -> Draft:
    """The draft with those of the two that are given. A BUY stops below, a SELL above."""
    if stop_loss is None and target is None:
        return draft
    up = 1 if draft.side is Side.BUY else -1
    stop, aim = draft.stop_loss, draft.target
    if stop_loss is not None:
        stop = resolved(stop_loss, entry, -up, draft.instrument)
    if target is not None:
        aim = resolved(target, entry, up, draft.instrument)
    return replace(draft, stop_loss=stop, target=aim)


def trail_distance(trail: Level, price: Decimal) -> Decimal:
    """Points between the best price and a stop that trails it."""
    return price * trail.value / 100 if trail.unit is Unit.PERCENT else trail.value


def check_levels(draft: Draft, entry: Decimal) -> None:
    """Raises UserError when a stop or target is off the tick or on the wrong side."""
    if draft.trail is not None and not 0 < trail_distance(draft.trail, entry) < entry:
        raise UserError("A trail is a distance above zero and below the price, e.g. trail 10.")
    up = 1 if draft.side is Side.BUY else -1
    for what, price, side in (("stop", draft.stop_loss, -up), ("target", draft.target, up)):
        if price is None:
            continue
        check_tick(price, draft.instrument, what)
        if (price - entry) * side <= 0:
            where = "above" if side > 0 else "below"
            raise UserError(
                f"The {what} {bare_price(price, draft.instrument)} of a {draft.side} must lie "
                f"{where} its price {bare_price(entry, draft.instrument)}; change one of them."
            )
