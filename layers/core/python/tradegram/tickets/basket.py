"""
A basket: several contracts in one ticket, confirmed once, hedges first.

A leg that cannot be ordered stops the whole: half of a spread is another and more dangerous
position than the one that was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import gcd

from tradegram.brokers.contract import Profile
from tradegram.chat.asked import Asked
from tradegram.errors import UserError
from tradegram.model import Account, Side
from tradegram.ports import Desk
from tradegram.tickets.account import choose_account
from tradegram.tickets.basket_price import NOTHING_MADE, figured_basket
from tradegram.tickets.drafting import check_instrument, drafted
from tradegram.tickets.edit import Edit, changed
from tradegram.tickets.price import quote_of
from tradegram.tickets.slices import wholes_of
from tradegram.tickets.ticket import Draft, Leg, Pricing, Ticket
from tradegram.tickets.versions import save

FEWEST_LEGS, MOST_LEGS = 2, 8

_ZERO = Decimal(0)
_UNPRICED = Pricing(_ZERO, _ZERO, _ZERO, "", 0.0, None, _ZERO, _ZERO, _ZERO, {})


@dataclass(frozen=True, slots=True)
class Basket:
    """
    What was asked for, each leg read in one way.

    title: what the legs are together. source_text: what was typed. read_as: what was filled in
    by a rule, in words for the ticket.
    """

    title: str
    legs: tuple[Asked, ...]
    source_text: str
    read_as: str = ""


def open_basket(desk: Desk, *, user_id: int, basket: Basket) -> Ticket:
    """The first version of its ticket. Raises UserError naming the leg that cannot be ordered."""
    _check_together(basket.legs)
    account = _account(desk, user_id, basket.legs)
    drafts = [_drafted(desk, account, asked) for asked in hedges_first(basket.legs)]
    first = replace(drafts[0], source_text=basket.source_text, read_as=basket.read_as)
    unpriced = Ticket(
        ticket_id=desk.ids.nonce(),
        user_id=user_id,
        account_id=account.account_id,
        draft=first,
        pricing=_UNPRICED,
        expires_at=0.0,
        legs=tuple(Leg(account.account_id, draft, _UNPRICED) for draft in (first, *drafts[1:])),
        basket=basket.title,
    )
    return save(desk, basket_repriced(desk, unpriced))


def basket_repriced(desk: Desk, ticket: Ticket) -> Ticket:
    """
    The basket at the market of now, with its time begun anew; not yet saved, not armed.

    Raises UserError when a leg can no longer be an order.
    """
    done = figured_basket(desk, ticket)
    until = desk.clock.now() + desk.limits.ticket_ttl
    return replace(done, expires_at=until, armed=False)


def basket_changed(ticket: Ticket, change: Edit, profile: Profile) -> Ticket:
    """
    The basket afterwards, not yet priced. Raises UserError for what is changed leg by leg.

    lots: so many of the smallest whole basket more, or fewer.
    """
    wholes = wholes_of(ticket.legs)
    if change == Edit(lots=change.lots):
        return _with_legs(ticket, wholes, _resized(wholes, change.lots))
    if change in (Edit(next_product=True), Edit(product=change.product)):
        drafts = [changed(leg.draft, change, leg.pricing, profile) for leg in wholes]
        return _with_legs(ticket, wholes, drafts)
    raise UserError("That is not changed on a basket. Write its legs again, as they should be.")


def parts(ticket: Ticket) -> tuple[Ticket, ...]:
    """Each leg of a basket, unsliced, as if it were a ticket; any other ticket as it is."""
    if not ticket.basket:
        return (ticket,)
    return tuple(
        replace(ticket, draft=leg.draft, pricing=leg.pricing, legs=(), basket="")
        for leg in wholes_of(ticket.legs)
    )


def hedges_first(legs: Sequence[Asked]) -> Sequence[Asked]:
    """What is bought protects what is sold, so it goes to the broker before."""
    return sorted(legs, key=lambda leg: leg.side is Side.SELL)


def _with_legs(ticket: Ticket, wholes: Sequence[Leg], drafts: Sequence[Draft]) -> Ticket:
    legs = tuple(replace(leg, draft=draft) for leg, draft in zip(wholes, drafts, strict=True))
    return replace(ticket, draft=legs[0].draft, legs=legs)


def _resized(legs: Sequence[Leg], more: int) -> list[Draft]:
    lots = [int(leg.draft.quantity / leg.draft.instrument.lot_size) for leg in legs]
    whole = gcd(*lots)
    if whole + more < 1:
        raise UserError("This is the smallest whole basket already.")
    return [
        replace(leg.draft, quantity=count // whole * (whole + more) * leg.draft.instrument.lot_size)
        for leg, count in zip(legs, lots, strict=True)
    ]


def _check_together(legs: Sequence[Asked]) -> None:
    if not FEWEST_LEGS <= len(legs) <= MOST_LEGS:
        raise UserError(
            f"A basket has {FEWEST_LEGS} to {MOST_LEGS} legs, and this has {len(legs)}. "
            f"{NOTHING_MADE}"
        )
    if len({leg.instrument.currency for leg in legs}) > 1:
        raise UserError(f"The legs of a basket are paid in one currency. {NOTHING_MADE}")
    keys = [leg.instrument.key for leg in legs]
    for leg in legs:
        if keys.count(leg.instrument.key) > 1:
            raise UserError(
                f"{leg.instrument.symbol} is in this basket twice; write it as one leg. "
                f"{NOTHING_MADE}"
            )
        if leg.stop_loss is not None or leg.target is not None:
            raise UserError(
                f"{leg.instrument.symbol}: a leg of a basket has no stop or target of its own. "
                f"Leave them out. {NOTHING_MADE}"
            )


def _account(desk: Desk, user_id: int, legs: Sequence[Asked]) -> Account:
    """One account holds all the legs: a hedge elsewhere protects nothing."""
    if any(leg.shares or leg.each for leg in legs):
        raise UserError(f"A basket is for one account, not for several. {NOTHING_MADE}")
    named = list(dict.fromkeys(leg.account.casefold() for leg in legs if leg.account))
    if len(named) > 1:
        names = " and ".join(f"#{name}" for name in named)
        raise UserError(f"A basket is for one account, not for {names}. {NOTHING_MADE}")
    one = replace(legs[0], account=next((leg.account for leg in legs if leg.account), ""))
    return choose_account(desk, user_id, one)


def _drafted(desk: Desk, account: Account, asked: Asked) -> Draft:
    def make() -> Draft:
        check_instrument(asked.instrument, desk.clock.now())
        quote = quote_of(desk, asked.instrument, account.account_id)
        return drafted(desk, account, asked, quote, "")

    name = f"{asked.side} {asked.instrument.symbol}"
    try:
        return make()
    except UserError as error:
        raise UserError(f"{name}: {error}\n{NOTHING_MADE}") from error
