"""
One order for several accounts: which they are, and how much of it each of them takes.

The quantity that was typed is for all accounts together, so that nobody buys three times what he
wrote; `each` says that every account takes as much, and `#wife=2lots` what one account takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import gcd

from tradegram.chat.asked import Asked, AskedShare
from tradegram.chat.preferences import (
    BEST,
    EVERY,
    account_called,
    account_named,
    preferences,
    usual_account,
)
from tradegram.errors import UserError
from tradegram.model import Account, Instrument, Quote
from tradegram.ports import Desk
from tradegram.tickets.account import fits
from tradegram.tickets.drafting import outlined, quantity_of
from tradegram.tickets.levels import check_levels
from tradegram.tickets.size import check_quantity
from tradegram.tickets.ticket import Draft, Share


@dataclass(frozen=True, slots=True)
class Taker:
    """weight: its parts of the whole. quantity: units of its own, where that was said."""

    account: Account
    weight: int = 1
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """The whole order, and how it is divided; one share means one account."""

    draft: Draft
    shares: tuple[Share, ...]


def takers(desk: Desk, user_id: int, asked: Asked) -> Sequence[Taker]:
    """
    The accounts that were said as `#all`, as a group, or as several; () where one is meant.

    Raises UserError when a name is nobody's, when an account is meant twice, or when paper and
    live money would stand on one ticket.
    """
    if not asked.shares and (not asked.account or account_called(desk, asked.account)):
        return ()
    shares = asked.shares or (AskedShare(asked.account),)
    found = [one for share in shares for one in _meant(desk, user_id, share, asked.instrument)]
    _check_once(found)
    _check_modes(found)
    return found


def _meant(desk: Desk, user_id: int, share: AskedShare, one: Instrument) -> Iterator[Taker]:
    word, groups = share.name.casefold(), preferences(desk, user_id).groups
    if account := account_called(desk, share.name):
        yield Taker(account, share.weight or 1, share.quantity)
    elif word == EVERY:
        for each in like_the_usual(desk, user_id, one):
            yield Taker(each, 1, share.quantity)
    elif word == BEST:
        raise UserError("#best chooses one account, so it is said alone, without a weight.")
    elif word not in groups:
        account_named(desk, share.name)  # says what there is
    elif share.weight:
        raise UserError(f"#{word} has weights of its own; say #{word} without one.")
    else:
        for account_id, weight in groups[word].items():
            yield Taker(desk.brokers.account(account_id), weight, share.quantity)


def like_the_usual(desk: Desk, user_id: int, one: Instrument) -> Sequence[Account]:
    """
    Every account that can pay for it, of the kind of money an order without a name would take.

    Paper and live never meet on one ticket: `#all` must not turn an exercise into money.
    """
    usual = usual_account(desk, user_id, lambda account: fits(account, one))
    found = [
        each for each in desk.brokers.accounts() if each.mode is usual.mode and fits(each, one)
    ]
    return sorted(found, key=lambda each: each != usual)


def _check_once(found: Sequence[Taker]) -> None:
    ids = [one.account.account_id for one in found]
    for one in found:
        if ids.count(one.account.account_id) > 1:
            raise UserError(f"#{one.account.name} is meant twice. Name each account once.")


def _check_modes(found: Sequence[Taker]) -> None:
    if len({one.account.mode for one in found}) > 1:
        each = ", ".join(f"#{one.account.name} is {one.account.mode}" for one in found)
        raise UserError(f"A ticket is for paper or for live money, not for both: {each}.")


def spread(
    desk: Desk, asked: Asked, found: Sequence[Taker], quote: Quote, source_text: str
) -> Spread:
    """Fill in what was not said, and size it. Raises UserError when it cannot be an order."""
    profile = desk.brokers.profile(found[0].account.account_id)
    draft, entry = outlined(asked, profile, quote, source_text)
    own = [_own(desk, asked, one, draft, entry) for one in found]
    if all(quantity is not None for quantity in own):
        quantities = [quantity for quantity in own if quantity is not None]
        for quantity in quantities:
            check_quantity(quantity, asked.instrument)
        total = sum(quantities, Decimal(0))
        weights = [int(quantity / asked.instrument.lot_size) for quantity in quantities]
    else:
        if asked.percent is not None and len(found) > 1:
            raise UserError(
                "A share of the balance is each account's own. Say each (buy 10% TCS each #all), "
                "or name a quantity."
            )
        total = quantity_of(desk, found[0].account, asked, draft.product, entry)
        weights = [one.weight for one in found]
    draft = replace(draft, quantity=total)
    check_quantity(total, draft.instrument)
    check_levels(draft, entry)
    common = gcd(*weights)
    return Spread(
        draft,
        tuple(
            Share(one.account.account_id, weight // common)
            for one, weight in zip(found, weights, strict=True)
        ),
    )


def _own(desk: Desk, asked: Asked, one: Taker, draft: Draft, entry: Decimal) -> Decimal | None:
    """Units of this account whatever the others take; None where the whole is divided."""
    if one.quantity is not None or not asked.each:
        return one.quantity
    try:
        return quantity_of(desk, one.account, asked, draft.product, entry)
    except UserError as error:
        raise UserError(f"#{one.account.name}: {error}") from error
