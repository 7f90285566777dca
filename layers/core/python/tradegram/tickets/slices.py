"""An order above the exchange's freeze quantity goes out in slices. Pure."""

from __future__ import annotations

from decimal import Decimal

from tradegram.chat.money import quantity as shown
from tradegram.chat.money import units
from tradegram.errors import UserError
from tradegram.model import Instrument

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


def check_one_order(quantity: Decimal, instrument: Instrument) -> None:
    """Raises UserError when it would take more than one: a leg of a basket is not sliced."""
    most = most_at_once(instrument)
    if most is not None and quantity > most:
        raise UserError(
            f"{instrument.exchange} takes at most {units(most, instrument)} of "
            f"{instrument.symbol} in one order, and this leg is {units(quantity, instrument)}. A "
            "leg of a basket is one order: make the basket smaller, and open it several times."
        )
