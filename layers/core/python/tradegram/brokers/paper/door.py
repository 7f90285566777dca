"""What the paper broker refuses at the door, as brokers do: before there is an order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from tradegram.brokers.indian import IST
from tradegram.brokers.paper.ledger import ZERO, Stake, stake_key
from tradegram.brokers.paper.life import AT_ONCE, PaperCalendar
from tradegram.codes import Code
from tradegram.errors import Refused
from tradegram.model import (
    Instrument,
    Kind,
    OrderIntent,
    OrderType,
    Product,
    Side,
    Terms,
    TimeInForce,
)

ABROAD = frozenset({"NASDAQ", "NYSE", "BINANCE"})
STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
PRICED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
OPEN_ORDERS = 200  # of one account
RESTS = timedelta(days=365)  # the longest a GTC order waits


# What each of this broker's own codes means; one that is not here means INVALID_ORDER.
MEANINGS = {
    "EXPIRED": Code.INVALID_SYMBOL,
    "MARKET_CLOSED": Code.MARKET_CLOSED,
    "INSUFFICIENT_FUNDS": Code.INSUFFICIENT_FUNDS,
    "INSUFFICIENT_HOLDINGS": Code.INSUFFICIENT_FUNDS,
    "TOO_MANY_ORDERS": Code.ORDER_REJECTED,
    "TOO_MANY_CHANGES": Code.ORDER_REJECTED,
}


def refused(why: str, code: str = "INVALID_ORDER") -> Refused:
    return Refused("paper", why, code=code, means=MEANINGS.get(code, Code.INVALID_ORDER))


def check_order(intent: OrderIntent) -> None:
    """What is wrong with the order itself, whatever the market and the account. Raises Refused."""
    instrument = intent.instrument
    if instrument.kind is Kind.INDEX:
        raise refused(f"{instrument.symbol} is an index and cannot be traded itself")
    if intent.order_type in STOPS and intent.time_in_force in AT_ONCE:
        raise refused(f"a stop order cannot be {intent.time_in_force}: it has to wait")
    _check_product(instrument, intent.product)
    check_terms(intent, Terms(intent.quantity, intent.price, intent.trigger))


def check_terms(intent: OrderIntent, terms: Terms) -> None:
    """Raises Refused unless these terms fit the instrument and the type of the order."""
    instrument, quantity = intent.instrument, terms.quantity
    if quantity <= 0 or quantity % instrument.lot_size:
        lot = f"{instrument.lot_size.normalize():f}"
        raise refused(f"the quantity must be a positive multiple of {lot}")
    most = instrument.freeze_quantity
    if most is not None and quantity > most:
        raise refused(f"one order may hold at most {most:f} units (freeze quantity)")
    _check_price(instrument, terms.price, "price", wanted=intent.order_type in PRICED)
    _check_price(instrument, terms.trigger, "trigger", wanted=intent.order_type in STOPS)
    if terms.price is not None and terms.trigger is not None:
        above = terms.price >= terms.trigger
        if terms.price != terms.trigger and above is not (intent.side is Side.BUY):
            wrong = "below" if intent.side is Side.BUY else "above"
            raise refused(f"the limit of this stop order must not lie {wrong} its trigger")
    if terms.price is not None and quantity * terms.price < instrument.min_value:
        raise refused(f"the order must be worth at least {instrument.min_value:f}")


def _check_price(instrument: Instrument, price: Decimal | None, name: str, *, wanted: bool) -> None:
    if (price is not None) is not wanted:
        raise refused(f"this type of order {'needs a' if wanted else 'takes no'} {name}")
    if price is not None and (price <= 0 or price % instrument.tick_size):
        raise refused(f"the {name} must be a positive multiple of {instrument.tick_size:f}")


def _check_product(instrument: Instrument, product: Product) -> None:
    name = instrument.symbol
    if product is Product.MARGIN_FUNDED:
        raise refused("the paper account has no margin funding (MTF)")
    if instrument.kind is Kind.PERPETUAL:
        raise refused(f"{name} is a perpetual future: the paper account has none")
    if instrument.exchange in ABROAD and product is not Product.DELIVERY:
        raise refused(f"{name} can only be held for delivery (CNC)")
    if instrument.kind.is_derivative and product is Product.DELIVERY:
        raise refused(f"{name} is a derivative: use NRML or MIS, not CNC")
    if not instrument.kind.is_derivative and product is Product.CARRY_FORWARD:
        raise refused(f"{name} is not a derivative: use CNC or MIS, not NRML")


def check_hours(intent: OrderIntent, at: float, ends_at: float, calendar: PaperCalendar) -> None:
    """Raises Refused for an expired contract, and for what cannot wait while it is closed."""
    instrument = intent.instrument
    last_day = datetime.fromtimestamp(ends_at - 1.0, IST).date()
    if instrument.expiry is not None and last_day > instrument.expiry:
        raise refused(f"{instrument.symbol} expired on {instrument.expiry:%d %b %Y}", "EXPIRED")
    if calendar.is_open(instrument, at):
        return
    if intent.order_type is OrderType.MARKET or intent.time_in_force in AT_ONCE:
        opens = calendar.next_open(instrument, at)
        when = f" (opens {datetime.fromtimestamp(opens, IST):%a %d %b %H:%M})" if opens else ""
        raise refused(f"the market is closed{when}", "MARKET_CLOSED")


def ends_at(intent: OrderIntent, at: float, calendar: PaperCalendar) -> float:
    """When the order expires, seconds since the epoch. Raises UserError when nobody knows."""
    day_ends = calendar.day_ends(intent.instrument, at)
    if intent.time_in_force is not TimeInForce.GTC:
        return day_ends
    rests = at + RESTS.total_seconds()
    expiry = intent.instrument.expiry
    if expiry is None:
        return rests
    noon = datetime(expiry.year, expiry.month, expiry.day, 12, tzinfo=IST).timestamp()
    return min(rests, max(calendar.day_ends(intent.instrument, noon), day_ends))


def check_held(intent: OrderIntent, stakes: Mapping[str, Stake], selling: Decimal) -> None:
    """
    Raises Refused when a sale for delivery wants more than there is.

    selling: units that other open orders already offer.
    """
    if intent.product is not Product.DELIVERY or intent.side is Side.BUY:
        return
    stake = stakes.get(stake_key(intent.instrument, intent.product))
    free = (stake.quantity + stake.held if stake else ZERO) - selling
    if intent.quantity > free:
        raise refused(
            f"{max(free, ZERO).normalize():f} {intent.instrument.symbol} are free to sell, "
            f"not {intent.quantity.normalize():f}; what is not owned cannot be sold for delivery",
            "INSUFFICIENT_HOLDINGS",
        )


def check_money(needed: Decimal, available: Decimal, currency: str) -> None:
    if needed > available:
        raise refused(
            f"the order needs {needed:.2f} {currency} and {max(available, ZERO):.2f} are free",
            "INSUFFICIENT_FUNDS",
        )
