"""What a holder may change on an open ticket, and the draft that follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.brokers.contract import Profile
from tradegram.chat.asked import Level
from tradegram.model import OrderType, Product, TimeInForce
from tradegram.tickets.levels import Market, entry_price, snapped, touch, with_levels
from tradegram.tickets.terms import WITH_PRICE, WITH_TRIGGER, next_product
from tradegram.tickets.ticket import Draft


@dataclass(frozen=True, slots=True)
class Edit:
    """
    One change of an open ticket; what is None (or 0, or False) stays as it is.

    quantity:      units, as it should be afterwards; lots: so many lots more, or fewer.
    price:         makes it a LIMIT, or a STOP_LIMIT where there is a trigger.
    order_type:    MARKET and STOP drop the price; LIMIT without a price starts at the market.
    plain_market:  True: a market order without protection. False: protected again.
    next_product:  the next product that the broker has for this instrument.
    stop_loss, target: by price, percent or points; no_stop_loss, no_target: taken off.
    trail: a distance, in points or percent; no_trail: taken off.
    """

    quantity: Decimal | None = None
    lots: int = 0
    price: Decimal | None = None
    trigger: Decimal | None = None
    order_type: OrderType | None = None
    plain_market: bool | None = None
    product: Product | None = None
    next_product: bool = False
    time_in_force: TimeInForce | None = None
    stop_loss: Level | None = None
    no_stop_loss: bool = False
    target: Level | None = None
    no_target: bool = False
    trail: Level | None = None
    no_trail: bool = False


def changed(draft: Draft, change: Edit, market: Market, profile: Profile) -> Draft:
    """The draft afterwards, not yet checked. What was not named stays, where it still can."""
    after = _reprice(_resize(draft, change), change, market)
    product = change.product or after.product
    if change.next_product:
        product = next_product(product, profile, after.instrument)
    after = replace(
        after,
        product=product,
        time_in_force=change.time_in_force or after.time_in_force,
        stop_loss=None if change.no_stop_loss else after.stop_loss,
        target=None if change.no_target else after.target,
        trail=None if change.no_trail else change.trail or after.trail,
    )
    return with_levels(after, entry_price(after, market), change.stop_loss, change.target)


def _resize(draft: Draft, change: Edit) -> Draft:
    quantity = draft.quantity if change.quantity is None else change.quantity
    quantity += change.lots * draft.instrument.lot_size
    # A quantity that the holder gave on the ticket is no longer one of several readings.
    twice = draft.confirm_twice and quantity == draft.quantity
    return replace(draft, quantity=quantity, confirm_twice=twice)


def _order_type(draft: Draft, change: Edit) -> OrderType:
    if change.order_type is not None:
        return change.order_type
    if change.plain_market and draft.order_type in WITH_PRICE:
        return OrderType.STOP if draft.trigger is not None else OrderType.MARKET
    triggered = draft.order_type in WITH_TRIGGER or change.trigger is not None
    if change.price is not None:
        return OrderType.STOP_LIMIT if triggered else OrderType.LIMIT
    if change.trigger is not None:
        return OrderType.STOP_LIMIT if draft.order_type in WITH_PRICE else OrderType.STOP
    return draft.order_type


def _reprice(draft: Draft, change: Edit, market: Market) -> Draft:
    order_type = _order_type(draft, change)
    price = draft.price if change.price is None else change.price
    trigger = draft.trigger if change.trigger is None else change.trigger
    if order_type not in WITH_PRICE:
        price = None
    elif price is None and order_type is OrderType.LIMIT:
        price = snapped(touch(draft.side, market), draft.instrument)
    plain = draft.plain_market if change.plain_market is None else change.plain_market
    return replace(
        draft,
        order_type=order_type,
        price=price,
        trigger=trigger if order_type in WITH_TRIGGER else None,
        plain_market=plain and order_type not in WITH_PRICE,
    )
