"""An order above the exchange's freeze quantity goes out in slices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from tradegram.chat.money import quantity as shown
from tradegram.chat.money import units
from tradegram.copies import replace
from tradegram.errors import UserError
from tradegram.model import Instrument
from tradegram.tickets.ticket import Leg, Pricing

# Ten orders a second is the most a retail user may send; more would be half of an order in the
# market while the rest still waits for its turn.
MOST_SLICES = 10


def most_at_once(instrument: Instrument) -> Decimal | None:
    """Units in whole lots that one order may hold; None where there is no limit."""
    freeze = instrument.freeze_quantity
    return None if freeze is None else freeze - freeze % instrument.lot_size


def sliced(quantity: Decimal, instrument: Instrument) -> tuple[Decimal, ...]:
    """
    Quantities of the orders that make up `quantity`, the largest first.

    quantity: units, a positive multiple of the lot size; so is each slice, and together they are
    the quantity. Raises UserError when more than MOST_SLICES are needed.
    """
    most = most_at_once(instrument)
    if most is None or quantity <= most:
        return (quantity,)
    if most <= 0 or quantity > most * MOST_SLICES:
        raise UserError(
            f"{instrument.exchange} takes at most {units(most, instrument)} of "
            f"{instrument.symbol} in one order, and {shown(quantity)} would be more than "
            f"{MOST_SLICES} orders of that. Order at most {units(most * MOST_SLICES, instrument)}."
        )
    whole, rest = divmod(quantity, most)
    slices = (most,) * int(whole)
    return (*slices, rest) if rest else slices


def slices_of(whole: Leg) -> tuple[Leg, ...]:
    """
    The orders that one leg becomes, each with its part of the figures.

    Raises what `sliced` raises.
    """
    size = whole.draft.quantity
    if whole.denied or (parts := sliced(size, whole.draft.instrument)) == (size,):
        return (whole,)
    return tuple(
        replace(
            whole,
            draft=replace(whole.draft, quantity=part),
            pricing=_fraction(whole.pricing, part / size),
        )
        for part in parts
    )


def _fraction(pricing: Pricing, share: Decimal) -> Pricing:
    return replace(
        pricing,
        value=pricing.value * share,
        margin=pricing.margin * share,
        charges={name: amount * share for name, amount in pricing.charges.items()},
    )


def in_a_row(wholes: Iterable[Leg]) -> tuple[Leg, ...]:
    """
    The legs of a basket in slices, each waiting for the one before it.

    What fails so stops all that would follow, and a sold slice stands behind every slice that was
    bought before it.
    """
    slices = [each for whole in wholes for each in slices_of(whole)]
    return tuple(replace(leg, after=at - 1 if at else None) for at, leg in enumerate(slices))


def by_contract(legs: Iterable[Leg]) -> Sequence[Sequence[Leg]]:
    """The slices of each leg of a basket, which has no contract twice."""
    return [list(found) for _, found in groupby(legs, key=lambda leg: leg.draft.instrument.key)]


def wholes_of(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """The legs of a basket as they were before they were sliced; they wait for nobody."""
    return tuple(_whole(slices) for slices in by_contract(legs))


def _whole(slices: Sequence[Leg]) -> Leg:
    first, zero = slices[0], Decimal(0)
    if len(slices) == 1:
        return replace(first, after=None)
    parts = [each.pricing for each in slices]
    pricing = replace(
        first.pricing,
        value=sum((each.value for each in parts), zero),
        margin=sum((each.margin for each in parts), zero),
        charges={
            name: sum((each.charges[name] for each in parts), zero)
            for name in first.pricing.charges
        },
    )
    quantity = sum((each.draft.quantity for each in slices), zero)
    return replace(
        first, draft=replace(first.draft, quantity=quantity), pricing=pricing, after=None
    )
