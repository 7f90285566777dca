"""The figures of a basket: each leg's own, and those of the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TypeVar

from tradegram.chat.money import money, percent
from tradegram.errors import UserError
from tradegram.model import Account, Funds
from tradegram.ports import Desk, Limits
from tradegram.risk.assess import day_of
from tradegram.risk.guard import CAUTION, PASSED
from tradegram.risk.limits import change_with, limits_of
from tradegram.tickets.at_once import at_once
from tradegram.tickets.drafting import check_draft, check_instrument
from tradegram.tickets.margin import whole_margin
from tradegram.tickets.payoff import outcome
from tradegram.tickets.price import intended, priced, quote_of
from tradegram.tickets.slices import in_a_row, slices_of, wholes_of
from tradegram.tickets.ticket import MOST_ORDERS, Draft, Leg, Pricing, Ticket

T = TypeVar("T")

NOTHING_MADE = "Nothing was ticketed: a basket goes whole or not at all."


def figured_basket(desk: Desk, ticket: Ticket) -> Ticket:
    """
    The basket with its figures at the market of now; not yet saved.

    Raises UserError naming the leg that cannot be ordered, or when the whole cannot.
    """
    account = desk.brokers.account(ticket.account_id)
    limits = limits_of(desk, ticket.user_id, account)

    wholes = wholes_of(ticket.legs)
    _check_count(wholes)

    def priced_leg(leg: Leg) -> Leg:
        return leg_of(leg.draft, lambda: _priced_leg(desk, account, leg, ticket.user_id))

    legs = at_once(priced_leg, wholes)
    _check_positions(desk, account, limits, legs)
    intents = [intended(leg.draft, leg.account_id, leg.pricing.worst_price) for leg in legs]
    margin = whole_margin(desk, account, intents)
    return replace(ticket, legs=in_a_row(legs), pricing=_whole(limits, legs, margin))


def _check_count(wholes: Sequence[Leg]) -> None:
    """Raises UserError before anybody is asked when the exchange would have it in too many."""
    count = sum(leg_of(leg.draft, partial(lambda one: len(slices_of(one)), leg)) for leg in wholes)
    if count > MOST_ORDERS:
        raise UserError(
            f"This basket makes {count} orders, because the exchange takes only so much in one, "
            f"and one ticket holds at most {MOST_ORDERS}. Make it smaller, and open it several "
            f"times. {NOTHING_MADE}"
        )


def _check_positions(desk: Desk, account: Account, limits: Limits, legs: Sequence[Leg]) -> None:
    """Raises UserError when the legs together open more positions than the holder allows."""
    most, currency = limits.open_positions, legs[0].draft.instrument.currency
    opening = {leg.draft.instrument.key for leg in legs if not leg.draft.closes}
    if most is None or not opening:
        return
    _, open_ = day_of(desk, account, limits, currency)
    if open_ is None or len(open_ | opening) > most:
        count = "An unknown number of" if open_ is None else str(len(open_))
        raise UserError(
            f"{count} positions are open or on their way, this basket would add "
            f"{len(opening - (open_ or frozenset()))}, and your limit is {most}. Close some first. "
            f"{change_with(limits, 'open_positions')}"
        )


def leg_of(draft: Draft, make: Callable[[], T]) -> T:
    """What `make` answers; its UserError is raised again with the leg's name."""
    try:
        return make()
    except UserError as error:
        raise UserError(f"{leg_name(draft)}: {error}\n{NOTHING_MADE}") from error


def leg_name(draft: Draft) -> str:
    return f"{draft.side} {draft.instrument.symbol}"


def _priced_leg(desk: Desk, account: Account, leg: Leg, user_id: int) -> Leg:
    draft = leg.draft
    check_instrument(draft.instrument, desk.clock.now())
    quote = quote_of(desk, draft.instrument, account.account_id)
    check_draft(draft, desk.brokers.profile(account.account_id), quote)
    pricing = priced(desk, account, draft, quote, user_id=user_id, alone=False)
    return replace(leg, pricing=pricing)


def _whole(limits: Limits, legs: Sequence[Leg], margin: Funds | None) -> Pricing:
    pricings = [leg.pricing for leg in legs]
    names = dict.fromkeys(name for each in pricings for name in each.charges)
    zero, oldest = Decimal(0), min(pricings, key=lambda each: each.at)
    own = _own_checks(limits, legs, margin)
    lines = [f"{PASSED} each leg", *(line for line, _ in own), *_leg_cautions(legs)]
    return replace(
        oldest,
        worst_price=None,
        value=sum((each.value for each in pricings), zero),
        margin=margin.used if margin else zero,
        available=margin.available if margin else zero,
        charges={
            name: sum((each.charges.get(name, zero) for each in pricings), zero) for name in names
        },
        checks=tuple(lines),
        needs_second_confirm=any(each.needs_second_confirm for each in pricings)
        or any(twice for _, twice in own),
    )


def _leg_cautions(legs: Sequence[Leg]) -> Sequence[str]:
    """Each said once, with the numbers of the legs it is about."""
    about: dict[str, list[str]] = {}
    for number, leg in enumerate(legs, start=1):
        for check in leg.pricing.checks:
            if check.startswith(CAUTION):
                about.setdefault(check.removeprefix(CAUTION).strip(), []).append(str(number))
    return [
        f"{CAUTION} leg{'s' * (len(numbers) > 1)} {', '.join(numbers)}: {words}"
        for words, numbers in about.items()
    ]


def _own_checks(
    limits: Limits, legs: Sequence[Leg], margin: Funds | None
) -> Sequence[tuple[str, bool]]:
    """What speaks for and against the whole: words, and whether they want Confirm twice."""
    found = [_money_check(limits, legs, margin)]
    worst = outcome(legs)
    if worst is not None and worst.loss is None and not any(leg.draft.closes for leg in legs):
        found.append((f"{CAUTION} the loss has no limit", True))
    return found


def _money_check(limits: Limits, legs: Sequence[Leg], margin: Funds | None) -> tuple[str, bool]:
    """Raises UserError when the free money does not do."""
    if margin is None:
        return f"{CAUTION} margin not known, the broker does not say", True
    currency = legs[0].draft.instrument.currency
    if margin.used > margin.available and not all(leg.draft.closes for leg in legs):
        raise UserError(
            f"The legs together need {money(margin.used, currency)} and "
            f"{money(margin.available, currency)} is free, "
            f"{money(margin.used - margin.available, currency)} short. Order fewer lots, or add "
            "money to the account; /funds shows it."
        )
    share = margin.used / margin.available if margin.available else Decimal(0)
    if share > limits.share_of_balance:
        return f"{CAUTION} {percent(share, 0)} of capital in one basket", True
    return f"{PASSED} margin", False
