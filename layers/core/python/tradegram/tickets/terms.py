"""Type, product and time in force: what is filled in when unsaid, and what a broker has. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.brokers.contract import Profile
from tradegram.brokers.protection import PROTECTED
from tradegram.chat.asked import Asked
from tradegram.chat.money import bare_price
from tradegram.errors import UserError
from tradegram.model import COINS, Instrument, Kind, OrderType, Product, Side, TimeInForce
from tradegram.tickets.levels import check_tick
from tradegram.tickets.ticket import Draft

WITH_PRICE = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
WITH_TRIGGER = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})

ON_THE_EXCHANGE = (Product.DELIVERY, Product.INTRADAY, Product.MARGIN_FUNDED)
ON_MARGIN = (Product.CARRY_FORWARD, Product.INTRADAY)
OUTRIGHT = (Product.DELIVERY,)
PERPETUAL = (Product.CARRY_FORWARD,)


def order_type_of(asked: Asked) -> OrderType:
    """What was said; else what a price and a trigger amount to."""
    if asked.order_type is not None:
        return asked.order_type
    if asked.trigger is not None:
        return OrderType.STOP if asked.price is None else OrderType.STOP_LIMIT
    return OrderType.MARKET if asked.price is None else OrderType.LIMIT


def possible_products(instrument: Instrument) -> Sequence[Product]:
    """The usual one first."""
    if instrument.kind is Kind.PERPETUAL:
        return PERPETUAL
    if instrument.kind.is_derivative:
        return ON_MARGIN
    return ON_THE_EXCHANGE if instrument.currency == "INR" else OUTRIGHT


def products_at(profile: Profile, instrument: Instrument) -> Sequence[Product]:
    return [each for each in possible_products(instrument) if each in profile.products]


def next_product(current: Product, profile: Profile, instrument: Instrument) -> Product:
    """The one after `current`, round and round; itself when there is no other."""
    found = products_at(profile, instrument)
    return found[(found.index(current) + 1) % len(found)] if current in found else current


def usual_time_in_force(instrument: Instrument, profile: Profile) -> TimeInForce:
    """DAY where there are days; coins never close."""
    has_days = instrument.kind not in COINS
    usual = TimeInForce.DAY if has_days else TimeInForce.GTC
    other = TimeInForce.DAY if usual is TimeInForce.GTC else TimeInForce.GTC
    return usual if usual in profile.times_in_force else other


def check_broker(draft: Draft, profile: Profile) -> None:
    """Raises UserError naming what the broker does not have, and what it has."""
    bound = PROTECTED.get(draft.order_type, draft.order_type)
    lacks = (
        (draft.order_type, bound, profile.order_types, "orders of type"),
        (draft.time_in_force, draft.time_in_force, profile.times_in_force, "the validity"),
    )
    for word, sent, has, what in lacks:
        if word not in has and sent not in has:
            raise UserError(f"{profile.title} does not take {what} {word}; {_choice(has)}.")
    if draft.plain_market and not profile.plain_market:
        raise UserError(
            f"{profile.title} takes market orders only with a worst price; "
            "send it as a protected market order or as a limit."
        )
    _check_product(draft, profile)


def _check_product(draft: Draft, profile: Profile) -> None:
    instrument = draft.instrument
    if draft.product not in possible_products(instrument):
        fits = ", ".join(possible_products(instrument))
        raise UserError(f"{instrument.symbol} is not held as {draft.product}; choose {fits}.")
    if draft.product not in profile.products:
        found = products_at(profile, instrument)
        raise UserError(f"{profile.title} does not offer {draft.product}; {_choice(found)}.")


def _choice(words: Sequence[str] | frozenset[OrderType] | frozenset[TimeInForce]) -> str:
    return f"choose {' or '.join(sorted(words))}" if words else "choose another account"


def check_prices(draft: Draft) -> None:
    """Raises UserError when a price is missing, is one too many, or is off the tick."""
    wants = (
        ("limit price", draft.price, draft.order_type in WITH_PRICE, "@"),
        ("trigger", draft.trigger, draft.order_type in WITH_TRIGGER, "trg"),
    )
    for what, price, needed, word in wants:
        if price is None and needed:
            raise UserError(f"A {draft.order_type} order needs a {what}; add it, e.g. {word} 100.")
        if price is not None and not needed:
            raise UserError(f"A {draft.order_type} order has no {what}; leave one of them out.")
        if price is not None:
            check_tick(price, draft.instrument, what)
    _check_order_of(draft)


def _check_order_of(draft: Draft) -> None:
    # Exchanges refuse a stop whose limit it would have passed by the time it wakes.
    if draft.price is None or draft.trigger is None:
        return
    buys = draft.side is Side.BUY
    if (draft.price - draft.trigger) * (1 if buys else -1) < 0:
        raise UserError(
            f"The limit {bare_price(draft.price, draft.instrument)} of this {draft.side} stop must "
            f"not be {'below' if buys else 'above'} its trigger "
            f"{bare_price(draft.trigger, draft.instrument)}; change one of them."
        )
