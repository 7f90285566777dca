"""The limits on one order, asked again when its terms are to change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradegram.errors import Denied, UserError
from tradegram.model import OrderType, Terms
from tradegram.orders.state import Order
from tradegram.ports import Desk
from tradegram.risk.exposure import Denial, Exposure
from tradegram.risk.guard import order_value, price_band
from tradegram.risk.guard_scope import quantity
from tradegram.risk.kill import is_killed
from tradegram.risk.limits import limits_of
from tradegram.tickets.account import held
from tradegram.tickets.closing import check_growth
from tradegram.tickets.ticket import Draft

SIZE = (order_value, quantity)
CHECKS = (*SIZE, price_band)


def check_change(desk: Desk, order: Order, wanted: Terms, user_id: int) -> None:
    """
    Raises UserError when the order would be more than a limit allows, or than there is to close,
    or grow while the kill switch is on, StoreUnavailable. Fewer units at the same price pass
    whatever the limits are.
    """
    grows = wanted.quantity > order.quantity
    if grows and is_killed(desk.store):
        raise Denied("The kill switch is on, so no order grows. /resume, or cancel it.")
    if grows:
        check_growth(desk, order, wanted.quantity)
    if not grows and (wanted.price, wanted.trigger) == (order.price, order.trigger):
        return
    account = desk.brokers.account(order.account_id)
    limits, exposure = limits_of(desk, user_id, account), _exposure(desk, order, wanted)
    checks = CHECKS if _strays(order, wanted, exposure.last) else SIZE
    if not any(isinstance(check(exposure, limits), Denial) for check in checks):
        return
    draft = exposure.draft
    there = held(desk, account, draft.instrument, draft.product)
    found = [check(replace(exposure, held=there), limits) for check in checks]
    denials = [each.text for each in found if isinstance(each, Denial)]
    if denials:
        raise Denied("\n".join([*denials, "Nothing was changed."]))


def _strays(order: Order, wanted: Terms, last: Decimal) -> bool:
    """Whether its price goes farther from the market than it was; coming nearer is no mistake."""
    before, after = order.price or order.trigger, wanted.price or wanted.trigger
    return after is not None and (before is None or abs(after - last) > abs(before - last))


def _exposure(desk: Desk, order: Order, wanted: Terms) -> Exposure:
    intent = order.intent
    quote = desk.quotes.quote(intent.instrument, order.account_id)
    said = wanted.price or wanted.trigger
    last = quote.last if quote is not None else said
    each = said or last
    if last is None or each is None:
        raise UserError(
            f"There is no price for {intent.instrument.symbol} now; nothing was changed."
        )
    draft = Draft(
        instrument=intent.instrument,
        side=intent.side,
        quantity=wanted.quantity,
        order_type=OrderType.LIMIT if wanted.price is not None else intent.order_type,
        product=intent.product,
        time_in_force=intent.time_in_force,
        price=wanted.price,
        trigger=wanted.trigger,
    )
    return Exposure(
        draft=draft,
        last=last,
        entry=each,
        value=wanted.quantity * each * intent.instrument.multiplier,
        charges=Decimal(0),
        margin=None,
        available=None,
        held=None,
        quote_age=0.0,
        is_open=True,
        opens_at=None,
    )
