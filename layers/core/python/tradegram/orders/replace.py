"""
The wish for other terms: written beside an order's state, then asked of the broker.

Asking twice is harmless: the terms are absolute. The wish is fulfilled when the book shows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tradegram.brokers.contract import Profile, Replaceable, seconds_to_wait, why_closed
from tradegram.chat.money import units
from tradegram.errors import BrokerError, Conflict, Refused, StoreUnavailable, Throttled, UserError
from tradegram.model import Instrument, Terms
from tradegram.orders.bell import ring
from tradegram.orders.report import WRITE_ATTEMPTS, notice
from tradegram.orders.send import TryLater
from tradegram.orders.state import Order
from tradegram.ports import Change, OrderDesk, commit_order, nothing_else
from tradegram.tickets.slices import most_at_once

REPLACE_TRIES = 20  # below the lowest count of changes a broker allows one order (25 at Zerodha)


def want_replace(
    desk: OrderDesk,
    client_order_id: str,
    terms: Terms,
    *,
    user_id: int,
    along: Callable[[Order], Change] = nothing_else,
) -> Order:
    """
    Record the wish for other terms; the worker and the reconciler act on it.

    along: what is written with it, given the order as it will be.

    Raises UserError when the order has ended, is not at the broker yet, or cannot have them.
    """
    for _ in range(WRITE_ATTEMPTS):
        order = desk.store.order(client_order_id)
        check_terms(order, terms, desk.brokers.profile(order.account_id))
        event = {"event": "replace wanted", "by": user_id, "terms": str(terms)}
        wanted = replace(order, replace_wanted=terms, replace_tries=0)
        more = along(wanted)
        try:
            stored = commit_order(
                desk.store, wanted, event, before=order, also=more.records, more=more.events
            )
        except Conflict:
            continue
        ring(desk, stored)
        return stored
    raise StoreUnavailable(f"{client_order_id}: gave up writing the wish to change it")


def send_replace(desk: OrderDesk, order: Order, wanted: Terms) -> None:
    """
    Ask the broker, a bounded number of times. The book says when the terms are the new ones.

    Raises TryLater when it takes no more requests just now.
    """
    if order.replace_tries >= REPLACE_TRIES:
        return _drop(desk, order, "the broker did not confirm the change")
    if order.modifications >= desk.brokers.profile(order.account_id).modifications_per_order:
        return _drop(desk, order, "the broker takes no more changes of this order")
    try:
        broker = desk.brokers.broker(order.account_id)
    except BrokerError:
        return None
    if wait := seconds_to_wait(broker):
        if why_closed(broker):
            return None  # the next look asks again
        raise TryLater(wait)
    try:
        # Counted before it is sent: a worker that dies here has used up a try, not gained one.
        tries, sent = order.replace_tries + 1, order.modifications + 1
        counted = replace(order, replace_tries=tries, modifications=sent)
        order = commit_order(desk.store, counted, {"event": "replace sent", "terms": str(wanted)})
    except (Conflict, StoreUnavailable):
        return None  # somebody else is at it; the next run decides again
    try:
        broker.replace(order.intent, order.broker_order_id, wanted)
    except Throttled as error:
        raise TryLater(error.retry_after) from error
    except Refused as error:
        return _drop(desk, order, error.words)
    except BrokerError:
        return None
    return None


def _drop(desk: OrderDesk, order: Order, why: str) -> None:
    after = replace(order, replace_wanted=None, text=why)
    told = notice(after, "not replaced", why)
    try:
        event = {"event": "replace dropped", "why": why}
        commit_order(desk.store, after, event, told, before=order)
    except (Conflict, StoreUnavailable):
        return


def check_terms(order: Order, terms: Terms, profile: Profile) -> None:
    """Raises UserError when the order cannot have these terms."""
    instrument = order.intent.instrument
    if order.modifications >= profile.modifications_per_order:
        raise UserError(
            f"That order was changed {order.modifications} times, the most that {profile.title} "
            "takes. Cancel it and send a new one."
        )
    if not order.leaves_quantity:
        raise UserError(f"Nothing to change: that order is {order.state.lower()} already.")
    if not order.broker_order_id or order.cancel_wanted:
        raise UserError("That order cannot be changed now. Look again in a few seconds.")
    if terms.quantity <= order.cum_quantity:
        raise UserError(
            f"{order.cum_quantity.normalize():f} are filled already; the new quantity must be more."
        )
    check_change(instrument, Terms(order.quantity, order.price, order.trigger), terms, profile)


def check_change(instrument: Instrument, was: Terms, terms: Terms, profile: Profile) -> None:
    """Raises UserError when the exchange has no such terms, or the broker no such change."""
    if terms.quantity <= 0 or terms.quantity % instrument.lot_size:
        raise UserError(f"The quantity must be a multiple of {instrument.lot_size.normalize():f}.")
    most = most_at_once(instrument)
    if most is not None and terms.quantity > max(most, was.quantity):
        raise UserError(
            f"{instrument.exchange} takes at most {units(most, instrument)} of {instrument.symbol} "
            "in one order. Send another order for the rest."
        )
    for price in (terms.price, terms.trigger):
        if price is not None and (price <= 0 or price % instrument.tick_size != Decimal(0)):
            raise UserError(f"The price must be a multiple of {instrument.tick_size}.")
    _check_in_place(was, terms, profile)
    if terms.order_type is was.order_type:
        return
    if terms.order_type not in profile.order_types:
        raise UserError(f"{profile.title} takes no {terms.order_type} orders from a desk.")
    if not profile.replaces_type:
        raise UserError(
            f"{profile.title} cannot make a {was.order_type} order a {terms.order_type} one. "
            "Cancel it and send a new one."
        )


def _check_in_place(was: Terms, terms: Terms, profile: Profile) -> None:
    again = "Cancel it and send a new one."
    if was.trigger is not None and not profile.replaces_stops:
        raise UserError(f"{profile.title} cannot change a stop in place. {again}")
    wanted = {
        Replaceable.PRICES: (terms.price, terms.trigger) != (was.price, was.trigger),
        Replaceable.MORE: terms.quantity > was.quantity,
        Replaceable.LESS: terms.quantity < was.quantity,
    }
    for change, is_wanted in wanted.items():
        if is_wanted and change not in profile.replaceable:
            raise UserError(f"{profile.title} cannot give a working order {change.value}. {again}")
