"""The last look at the money, when Confirm is pressed on a ticket that has waited."""

from __future__ import annotations

from collections.abc import Sequence

from tradegram.chat.money import money
from tradegram.errors import UserError
from tradegram.model import OrderIntent
from tradegram.ports import Desk
from tradegram.tickets.at_once import at_once
from tradegram.tickets.margin import whole_margin
from tradegram.tickets.price import intended
from tradegram.tickets.slices import wholes_of
from tradegram.tickets.ticket import Leg, Ticket


def check_money_now(desk: Desk, ticket: Ticket) -> None:
    """
    Raises UserError when an account has no longer what its orders block.

    A ticket that was priced seconds ago is believed. What the broker does not say stops nothing:
    the ticket has shown whether the money was known, and the broker itself refuses what is not
    there. An exit is never held back for money.
    """
    if desk.clock.now() - ticket.pricing.priced_at < desk.margins.seconds:
        return
    going = [leg for leg in ticket.all_legs if not leg.denied and not leg.draft.closes]
    legs_of: dict[str, list[Leg]] = {}
    for leg in going:
        legs_of.setdefault(leg.account_id, []).append(leg)
    at_once(lambda one: _check(desk, *one), list(legs_of.items()))


def _check(desk: Desk, account_id: str, legs: Sequence[Leg]) -> None:
    account = desk.brokers.account(account_id)
    margin = whole_margin(desk, account, [_intent(leg) for leg in wholes_of(legs)])
    if margin is None or margin.used <= margin.available:
        return
    currency = legs[0].draft.instrument.currency
    raise UserError(
        f"#{account.name} has {money(margin.available, currency)} free now, and this needs "
        f"{money(margin.used, currency)}: nothing was sent. Order less, or add money; /funds "
        "shows it."
    )


def _intent(leg: Leg) -> OrderIntent:
    return intended(leg.draft, leg.account_id, leg.pricing.worst_price)
