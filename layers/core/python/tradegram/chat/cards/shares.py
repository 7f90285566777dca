"""The part of a ticket that says who takes how much of it, and in how many orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from tradegram.chat.money import money, quantity, units
from tradegram.chat.writing import safe
from tradegram.tickets.shares import odd_lots
from tradegram.tickets.ticket import Leg, Ticket

REASON_LIMIT = 110  # letters, so that twenty-four of them still fit into one message


def share_lines(ticket: Ticket, names: Mapping[str, str]) -> list[str]:
    """names: of the accounts, by their ids. Nothing for a ticket that is one order."""
    if not ticket.legs or ticket.basket:
        return []
    if not ticket.shares:
        one = ticket.draft.instrument
        return [f"In {orders_words(ticket.legs)}: {one.exchange} takes no more in one order."]
    lines = [_taker(list(legs), names) for _, legs in groupby(ticket.legs, key=_account_of)]
    return [*lines, *_left_out(ticket), *_odd(ticket, names)]


def count_words(ticket: Ticket) -> str:
    """` in 3 orders`, for the button; "" for one order."""
    count = sum(not leg.denied for leg in ticket.all_legs)
    return f" in {count} orders" if count > 1 else ""


def _account_of(leg: Leg) -> str:
    return leg.account_id


def _taker(legs: Sequence[Leg], names: Mapping[str, str]) -> str:
    first, one = legs[0], legs[0].draft.instrument
    name = safe(names[first.account_id], 40)
    size = quantity(_total(legs), one.currency)
    if first.denied:
        return f"⛔ #{name} {size} not sent: {safe(first.denied, REASON_LIMIT)}"
    slices = f" in {orders_words(legs)}" if len(legs) > 1 else ""
    margin = sum((leg.pricing.margin for leg in legs), Decimal(0))
    free = money(first.pricing.available, one.currency, 0)
    return f"#{name} <b>{size}</b>{slices} · margin {money(margin, one.currency, 0)} of {free}"


def _total(legs: Sequence[Leg]) -> Decimal:
    return sum((leg.draft.quantity for leg in legs), Decimal(0))


def orders_words(legs: Sequence[Leg]) -> str:
    """Of slices: `5 orders of 1,800`, `4 orders of 1,800 and one of 600`."""
    one, sizes = legs[0].draft.instrument, [leg.draft.quantity for leg in legs]
    most = quantity(sizes[0], one.currency)
    if sizes[-1] == sizes[0]:
        return f"{len(sizes)} orders of {most}"
    last = quantity(sizes[-1], one.currency)
    whole = f"{len(sizes) - 1} orders of {most}" if len(sizes) > 2 else f"one order of {most}"
    return f"{whole} and one of {last}"


def _left_out(ticket: Ticket) -> list[str]:
    denied = [leg for leg in ticket.legs if leg.denied]
    if not any(leg.draft.quantity for leg in denied):
        return []
    one = ticket.draft.instrument
    return [
        f"⚠ {units(ticket.quantity, one)} of {units(ticket.draft.quantity, one)} can be sent; "
        "the rest is not given to the other accounts."
    ]


def _odd(ticket: Ticket, names: Mapping[str, str]) -> list[str]:
    """What did not divide, and to whom it went."""
    draft, one = ticket.draft, ticket.draft.instrument
    weights = [share.weight for share in ticket.shares]
    extra = odd_lots(draft.quantity, weights, one.lot_size)
    takers = [
        f"#{safe(names[share.account_id], 40)}"
        for share, more in zip(ticket.shares, extra, strict=True)
        if more
    ]
    if not takers:
        return []
    parts = ":".join(str(weight) for weight in weights)
    how = f"into {len(weights)}" if len(set(weights)) == 1 else parts
    lot = units(one.lot_size, one) if one.lot_size != 1 else "1"
    return [
        f"{quantity(draft.quantity, one.currency)} does not divide {how}: {lot} more for "
        f"{', '.join(takers)}."
    ]
