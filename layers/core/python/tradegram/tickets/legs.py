"""
What a ticket comes to: its figures, and the orders it becomes.

A ticket for several accounts is divided over them, and each part is priced and checked for its
own account. What is above the freeze quantity is sliced. An account that cannot take its part is
shown with the reason; its part is neither sent nor given to another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from tradegram.chat.money import money
from tradegram.copies import replace
from tradegram.errors import Denied, UserError
from tradegram.model import Quote, Side
from tradegram.ports import Desk
from tradegram.risk.limits import all_limits, change_with, key_of_user, merged, own_in
from tradegram.tickets.account import cannot_hold, held
from tradegram.tickets.at_once import at_once
from tradegram.tickets.basket import basket_repriced
from tradegram.tickets.drafting import check_draft, check_instrument
from tradegram.tickets.price import priced, quote_of
from tradegram.tickets.shares import divided
from tradegram.tickets.slices import sliced, slices_of
from tradegram.tickets.ticket import MOST_ORDERS, Draft, Leg, Pricing, Ticket

Part = tuple[str, Decimal]  # an account and its units


def repriced(desk: Desk, ticket: Ticket) -> Ticket:
    """
    The ticket at the market of now, with its time begun anew; not yet saved, not armed.

    Raises UserError when it can no longer be an order.
    """
    if ticket.basket:
        return basket_repriced(desk, ticket)
    now = desk.clock.now()
    check_instrument(ticket.draft.instrument, now)
    done = figured(desk, ticket, quote_of(desk, ticket.draft.instrument, ticket.account_id))
    # The figures by which the desk chose were those of then.
    routed = f"#best was #{_name(desk, ticket)} when this ticket was opened"
    return replace(
        done,
        expires_at=now + desk.limits.ticket_ttl,
        armed=False,
        routed=routed if ticket.routed else "",
    )


def figured(desk: Desk, ticket: Ticket, quote: Quote) -> Ticket:
    """
    The ticket with its figures and legs at this quote.

    Raises UserError when no account can take it, or when it makes more orders than one ticket
    may hold.
    """
    if ticket.shares:
        return _over_accounts(desk, ticket, quote)
    whole = whole_leg(desk, ticket.user_id, ticket.account_id, ticket.draft, quote)
    legs = slices_of(whole)
    return replace(ticket, pricing=whole.pricing, legs=legs if len(legs) > 1 else ())


def _over_accounts(desk: Desk, ticket: Ticket, quote: Quote) -> Ticket:
    draft = ticket.draft
    weights = [share.weight for share in ticket.shares]
    quantities = divided(draft.quantity, weights, draft.instrument.lot_size)
    parts = [(s.account_id, q) for s, q in zip(ticket.shares, quantities, strict=True)]
    wholes = at_once(lambda part: _part(desk, ticket.user_id, part, draft, quote), parts)
    going = [whole for whole in wholes if not whole.denied]
    if not going:
        raise UserError(_why_nobody(desk, wholes))
    _check_sum(desk, ticket.user_id, going)
    legs = tuple(leg for whole in wholes for leg in slices_of(whole))
    count = sum(not leg.denied for leg in legs)
    if count > MOST_ORDERS:
        raise UserError(
            f"This makes {count} orders, and one ticket holds at most {MOST_ORDERS}. Order less, "
            "or for fewer accounts."
        )
    return replace(ticket, pricing=_together(desk, going), legs=legs)


def _check_sum(desk: Desk, user_id: int, going: Sequence[Leg]) -> None:
    """
    What was typed is one order for its holder, whatever number of accounts takes part in it.

    Raises Denied when all of it together is more than that person allows of one.
    """
    account, one = desk.brokers.account(going[0].account_id), going[0].draft.instrument
    mine = own_in(all_limits(desk.store), key_of_user(user_id))
    limits = merged(desk.limits, mine, {}, account)
    value = sum((leg.pricing.value for leg in going), Decimal(0))
    if value <= limits.order_value or all(_only_closes(desk, leg) for leg in going):
        return
    raise Denied(
        f"The orders together are worth {money(value, one.currency)}, above your limit of "
        f"{money(limits.order_value, one.currency)} for one order, over however many accounts it "
        f"goes. Order less. {change_with(limits, 'order_value')}"
    )


def _only_closes(desk: Desk, leg: Leg) -> bool:
    draft = leg.draft
    if draft.closes:
        return True
    account = desk.brokers.account(leg.account_id)
    there = held(desk, account, draft.instrument, draft.product) or Decimal(0)
    return (there if draft.side is Side.SELL else -there) >= draft.quantity


def _why_nobody(desk: Desk, denied: Sequence[Leg]) -> str:
    """Each reason once, with all the accounts it stands for."""
    names: dict[str, list[str]] = {}
    for one in denied:
        names.setdefault(one.denied, []).append(f"#{_name(desk, one)}")
    return "\n".join(f"{', '.join(whose)}: {why}" for why, whose in names.items())


def _part(desk: Desk, user_id: int, part: Part, draft: Draft, quote: Quote) -> Leg:
    account_id, quantity = part
    mine = replace(draft, quantity=quantity)
    why = "no whole lot is left for it"
    if quantity:
        try:
            return whole_leg(desk, user_id, account_id, mine, quote)
        except UserError as error:
            why = str(error)
    return Leg(account_id, mine, no_figures(desk, quote), denied=why)


def whole_leg(desk: Desk, user_id: int, account_id: str, draft: Draft, quote: Quote) -> Leg:
    """All of one account, before it is sliced. Raises UserError when it cannot be an order."""
    account = desk.brokers.account(account_id)
    if why := cannot_hold(account, draft.instrument):
        raise UserError(why)
    check_draft(draft, desk.brokers.profile(account_id), quote)
    sliced(draft.quantity, draft.instrument)  # too many is said before anybody is asked
    return Leg(account_id, draft, priced(desk, account, draft, quote, user_id=user_id))


def no_figures(desk: Desk, quote: Quote) -> Pricing:
    """The market alone, of what has no figures yet or none at all."""
    zero = Decimal(0)
    return Pricing(
        last=quote.last,
        bid=quote.bid,
        ask=quote.ask,
        source=quote.source,
        at=quote.at,
        worst_price=None,
        value=zero,
        margin=zero,
        available=zero,
        charges={},
        priced_at=desk.clock.now(),
    )


def _together(desk: Desk, going: Sequence[Leg]) -> Pricing:
    """The sums over the accounts that can take their parts; the price is the same for all."""
    pricings = [one.pricing for one in going]
    names = dict.fromkeys(name for each in pricings for name in each.charges)
    zero = Decimal(0)
    return replace(
        pricings[0],
        value=sum((each.value for each in pricings), zero),
        margin=sum((each.margin for each in pricings), zero),
        available=sum((each.available for each in pricings), zero),
        charges={
            name: sum((each.charges.get(name, zero) for each in pricings), zero) for name in names
        },
        checks=_checks(desk, going),
        needs_second_confirm=any(each.needs_second_confirm for each in pricings),
    )


def _checks(desk: Desk, going: Sequence[Leg]) -> tuple[str, ...]:
    """What was found of every account once, the rest with its account's name."""
    found = Counter(check for one in going for check in one.pricing.checks)
    shared = [check for check, count in found.items() if count == len(going)]
    own = [
        f"{mark} #{_name(desk, one)}: {words}"
        for one in going
        for check in one.pricing.checks
        if found[check] < len(going)
        for mark, _, words in [check.partition(" ")]
    ]
    return (*shared, *own)


def _name(desk: Desk, leg: Leg | Ticket) -> str:
    return desk.brokers.account(leg.account_id).name
