"""
Market orders that cannot run away: the one place where MARKET becomes a limited order.

The exchanges refuse market orders without a bound, and a thin book fills an unbounded one
anywhere. The bound is a band around the price, by kind and height of the price, and never more
than what the ticket showed.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tradegram.errors import UserError
from tradegram.model import Instrument, Kind, OrderIntent, OrderType, Quote, Side

# (below this price, this share of it); the last row is for all that is dearer.
Bands = tuple[tuple[Decimal, Decimal], ...]
DEARER = Decimal("Infinity")
PLAIN: Bands = (
    (Decimal(100), Decimal("0.02")),
    (Decimal(500), Decimal("0.01")),
    (DEARER, Decimal("0.005")),
)
OPTIONS: Bands = (
    (Decimal(10), Decimal("0.05")),
    (Decimal(100), Decimal("0.03")),
    (Decimal(500), Decimal("0.02")),
    (DEARER, Decimal("0.01")),
)
COINS: Bands = ((DEARER, Decimal("0.005")),)
# What the broker is told when the holder asks for a price of the market, bounded.
PROTECTED = {OrderType.MARKET: OrderType.LIMIT, OrderType.STOP: OrderType.STOP_LIMIT}
BANDS = {
    Kind.SHARE: PLAIN,
    Kind.ETF: PLAIN,
    Kind.FUTURE: PLAIN,
    Kind.CALL: OPTIONS,
    Kind.PUT: OPTIONS,
    Kind.COIN: COINS,
    Kind.PERPETUAL: COINS,
}


def worst_price(instrument: Instrument, side: Side, quote: Quote | None) -> Decimal:
    """
    The most a BUY may pay, the least a SELL may get: a multiple of the tick, never below one.

    Raises UserError when it cannot be known; the order must not go out then.
    """
    if quote is None:
        raise UserError(
            f"There is no price for {instrument.symbol} now, so a market order cannot be "
            "protected. Give a limit price, or try again in a moment."
        )
    touch = quote.ask if side is Side.BUY else quote.bid
    if not quote.last.is_finite() or not touch.is_finite():
        raise _unusable(instrument)
    # A book may stand away from the last trade; a bound it cannot meet would never fill.
    farther = max if side is Side.BUY else min
    return beyond(instrument, side, farther(quote.last, touch) if touch > 0 else quote.last)


def beyond(instrument: Instrument, side: Side, price: Decimal) -> Decimal:
    """One band further than `price`, against the holder. Raises UserError."""
    tick = instrument.tick_size
    if not price.is_finite() or price <= 0 or not tick.is_finite() or tick <= 0:
        raise _unusable(instrument)
    room = price * _band(instrument, price)
    if side is Side.BUY:
        return _ticks(max(price + room, price + tick), tick, ROUND_CEILING)
    return max(_ticks(min(price - room, price - tick), tick, ROUND_FLOOR), tick)


def protect(intent: OrderIntent, quote: Quote | None) -> OrderIntent:
    """
    The same order with a bound: MARKET becomes LIMIT, STOP becomes STOP_LIMIT; others stay.

    What was asked for stays in asked_type. Raises UserError when no bound can be computed.
    """
    if intent.order_type is OrderType.MARKET:
        price = worst_price(intent.instrument, intent.side, quote)
        return replace(intent, order_type=OrderType.LIMIT, price=price, asked_type=OrderType.MARKET)
    if intent.order_type is OrderType.STOP:
        if intent.trigger is None:
            raise UserError("A stop order needs the price at which it wakes.")
        price = beyond(intent.instrument, intent.side, intent.trigger)
        return replace(
            intent, order_type=OrderType.STOP_LIMIT, price=price, asked_type=OrderType.STOP
        )
    return intent


def _unusable(instrument: Instrument) -> UserError:
    return UserError(
        f"{instrument.symbol} has no usable price or tick size now, so a market order cannot "
        "be protected. Give a limit price."
    )


def _band(instrument: Instrument, price: Decimal) -> Decimal:
    if instrument.kind not in BANDS:
        raise UserError(
            f"{instrument.symbol} is an index: it cannot be bought. Choose a future, an option "
            "or an ETF on it."
        )
    return next(share for below, share in BANDS[instrument.kind] if price < below)


def _ticks(price: Decimal, tick: Decimal, rounding: str) -> Decimal:
    return (price / tick).to_integral_value(rounding) * tick
