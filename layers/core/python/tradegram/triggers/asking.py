"""What a holder wants the broker to keep: whether it can, what it may be, and letting it wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.brackets.gtt import MOST, Gtt, at_price
from tradegram.brackets.start import Levels, active, bracket_on, leveled
from tradegram.brokers.contract import Keeps
from tradegram.brokers.protection import worst_price
from tradegram.errors import BrokerError, Conflict, Denied, UserError
from tradegram.model import OrderType, Position, TimeInForce
from tradegram.ports import Desk, Document
from tradegram.risk.kill import is_killed
from tradegram.tickets.closing import Closing, closing_now, kept_for, noted, open_units
from tradegram.tickets.legs import whole_leg
from tradegram.tickets.price import intended, quote_of
from tradegram.tickets.slices import sliced
from tradegram.tickets.ticket import Draft, Leg
from tradegram.triggers.kept import KIND, Kept, kept_called, live_kept, write
from tradegram.triggers.send import ring

SEND_WITHIN = 120.0  # seconds from the holder's tap to the last moment it may be sent


def kept_of(desk: Desk, made: Gtt) -> Kept | str:
    """
    As the broker would keep it; or why this desk keeps it, "" where the broker keeps nothing.

    Raises UserError when a limit says no: it is checked as an order at its trigger's price.
    """
    draft, keeps = made.draft, desk.brokers.profile(made.account_id).keeps
    if keeps is None:
        return ""
    if why := _cannot(desk, made.account_id, draft, keeps):
        return why
    leg = _leg(desk, made.user_id, made.account_id, draft, made.when)
    intent = intended(draft, made.account_id, leg.pricing.worst_price)
    if intent.order_type is not OrderType.LIMIT or intent.price is None:
        return f"{_title(desk, made.account_id)} keeps orders with a limit only"
    last = quote_of(desk, draft.instrument, made.account_id).last
    return _kept(desk, made.gtt_id, made.user_id, leg, ((made.when, intent.price),), last)


def protecting(desk: Desk, user_id: int, position: Position, levels: Levels) -> Kept | str:
    """
    The stop, the target, or both of them as one trigger that closes the position at the broker; or
    why this desk keeps them. Raises UserError when a level is not possible.
    """
    keeps = desk.brokers.profile(position.account_id).keeps
    bracket = leveled(desk, bracket_on(desk, user_id, position), levels)
    if keeps is None:
        return ""
    title, one = _title(desk, position.account_id), position.instrument
    prices = sorted(level for level in (bracket.stop, bracket.target) if level is not None)
    if bracket.trail is not None:
        return f"{title} keeps no trail"
    if len(prices) > keeps.legs:
        return f"{title} keeps one price at a time: a stop or a target"
    draft = Draft(
        instrument=one,
        side=bracket.side,
        quantity=abs(position.quantity),
        order_type=OrderType.MARKET,
        product=position.product,
        time_in_force=TimeInForce.DAY,
        note=f"protects {one.symbol}",
        closes=True,
    )
    if why := _cannot(desk, position.account_id, draft, keeps):
        return why
    quote = quote_of(desk, one, position.account_id)
    legs = tuple((at, worst_price(one, bracket.side, at_price(quote, at))) for at in prices)
    leg = _leg(desk, user_id, position.account_id, draft, prices[0])
    return _kept(desk, bracket.bracket_id, user_id, leg, legs, quote.last)


def _cannot(desk: Desk, account_id: str, draft: Draft, keeps: Keeps) -> str:
    title, one = _title(desk, account_id), draft.instrument
    if draft.product not in keeps.products or one.exchange not in keeps.exchanges:
        return f"{title} keeps no {draft.product} orders in {one.symbol}"
    if draft.time_in_force is not TimeInForce.DAY or draft.plain_market:
        return f"{title} keeps limit orders for the day only"
    if len(sliced(draft.quantity, one)) > 1:
        return "it is more than one order may hold"
    # What both would close together could be more than is open.
    for bracket in active(desk.store, account_id):
        if (bracket.instrument.key, bracket.product, bracket.side) == (
            one.key,
            draft.product,
            draft.side,
        ):
            return "a bracket of this desk closes the same position"
    return ""


def _leg(desk: Desk, user_id: int, account_id: str, draft: Draft, at: Decimal) -> Leg:
    quote = quote_of(desk, draft.instrument, account_id)
    return whole_leg(desk, user_id, account_id, draft, at_price(quote, at))


def _kept(
    desk: Desk,
    name: str,
    user_id: int,
    leg: Leg,
    legs: tuple[tuple[Decimal, Decimal], ...],
    last: Decimal,
) -> Kept:
    now = desk.clock.now()
    return Kept(
        kept_id=name,
        account_id=leg.account_id,
        user_id=user_id,
        draft=leg.draft,
        pricing=leg.pricing,
        legs=legs,
        last=last,
        stored_at=now,
        send_by=now + SEND_WITHIN,
    )


def _title(desk: Desk, account_id: str) -> str:
    return desk.brokers.profile(account_id).title


# -- letting it wait -----------------------------------------------------------------------------


def store_kept(desk: Desk, kept: Kept) -> Kept:
    """
    Write it, for the worker to send. Storing the same twice stores it once.

    Raises UserError when it may not be any more.
    """
    if is_killed(desk.store):
        raise Denied("Trading is stopped by the kill switch, so nothing was stored.")
    waiting = live_kept(desk.store, kept.account_id)
    if any(one.key == kept.key for one in waiting):
        return kept_called(desk.store, kept.key)
    if len(waiting) >= MOST:
        raise UserError(f"{MOST} stored orders wait already. /gtt lists them.")
    _check_still(desk, kept)
    now = desk.clock.now()
    fresh = replace(kept, stored_at=now, send_by=now + SEND_WITHIN)
    legs = [[str(one) for one in leg] for leg in kept.legs]
    draft = kept.draft
    try:
        write(
            desk, fresh, "trigger stored", by=f"user {kept.user_id}", also=_closing(desk, kept),
            instrument=draft.instrument.key, side=draft.side, quantity=str(draft.quantity),
            legs=legs,
        )  # fmt: skip
    except Conflict as error:
        if desk.store.document(KIND, kept.key) is None:
            raise UserError(
                "Something else that closes it was written just now: nothing was stored. Ask again."
            ) from error
    stored = kept_called(desk.store, kept.key)
    ring(desk, stored)
    return stored


def _check_still(desk: Desk, kept: Kept) -> None:
    """The market has not passed it since, and no limit says no by now."""
    quote = quote_of(desk, kept.draft.instrument, kept.account_id)
    for at, _ in kept.legs:
        if (quote.last - at) * (kept.last - at) <= 0:
            raise UserError("The price has got there meanwhile: nothing was stored. Ask again.")
    _leg(desk, kept.user_id, kept.account_id, kept.draft, kept.legs[0][0])


def _closing(desk: Desk, kept: Kept) -> Sequence[Document]:
    """
    The note that it closes a position: of two exits that are written at once only one is.

    Raises UserError when there is less to close than it would.
    """
    draft = kept.draft
    if not draft.closes:
        return ()
    closing = Closing(kept.account_id, draft.instrument, draft.product, draft.side)
    remark, working = closing_now(desk, closing)
    busy = sum((order.may_fill for order in working), kept_for(desk, closing))
    try:
        there = open_units(desk.brokers.broker(kept.account_id), closing)
    except BrokerError as error:
        raise UserError(
            "The broker does not say what is open now, so nothing was stored. Try again soon."
        ) from error
    if draft.quantity > there - busy:
        raise UserError(
            f"{draft.instrument.symbol} is being closed already, or less of it is open. /orders "
            "and /gtt show what closes it; take that back first."
        )
    return (noted(remark, working, ()),)
