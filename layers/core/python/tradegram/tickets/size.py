"""How many units: from money, from percent, and what is a legal quantity. Pure."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from tradegram.chat.money import money, quantity, units
from tradegram.errors import UserError
from tradegram.model import Instrument


def whole_lots(amount: Decimal, instrument: Instrument) -> Decimal:
    """`amount` units, less what does not fill a lot; may be zero."""
    lots = (amount / instrument.lot_size).quantize(Decimal(1), rounding=ROUND_FLOOR)
    return lots * instrument.lot_size


def worth(amount: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """Money that `amount` units stand for at `price`."""
    return amount * price * instrument.multiplier


def bought_with(budget: Decimal, price: Decimal, instrument: Instrument) -> Decimal:
    """
    Units that `budget` pays for at `price`, in whole lots.

    Raises UserError when it does not pay for one lot, saying what one costs.
    """
    amount = whole_lots(budget / (price * instrument.multiplier), instrument)
    if amount > 0:
        return amount
    one = money(worth(instrument.lot_size, price, instrument), instrument.currency)
    raise UserError(
        f"{money(budget, instrument.currency)} does not buy any {instrument.symbol}: one lot "
        f"({quantity(instrument.lot_size)}) costs {one}. Give that much, or name a quantity."
    )


def part_of(held: Decimal, percent: Decimal, instrument: Instrument) -> Decimal:
    """
    Units in `percent` of what is held, in whole lots.

    Raises UserError when that is not one lot.
    """
    amount = whole_lots(held * percent / 100, instrument)
    if amount > 0:
        return amount
    share = f"{quantity(percent)} %"
    if held <= 0:
        raise UserError(f"You hold no {instrument.symbol}, so {share} of it is nothing.")
    raise UserError(
        f"{share} of your {units(held, instrument)} {instrument.symbol} is less than the smallest "
        f"order, {units(instrument.lot_size, instrument)}. Name a quantity."
    )


def check_percent(percent: Decimal) -> None:
    if not 0 < percent <= 100:
        raise UserError(f"{quantity(percent)} % is not a share; write 1 % to 100 %.")


def check_quantity(amount: Decimal, instrument: Instrument) -> None:
    """Raises UserError unless `amount` is a positive multiple of the lot size."""
    lot = instrument.lot_size
    if amount > 0 and amount % lot == 0:
        return
    if amount <= 0:
        raise UserError(f"The least of {instrument.symbol} is one lot, {quantity(lot)}.")
    below = whole_lots(amount, instrument)
    near = [units(each, instrument) for each in (below, below + lot) if each > 0]
    raise UserError(
        f"{instrument.symbol} trades in multiples of {quantity(lot)}, and {quantity(amount)} is "
        f"not one. Nearest: {' or '.join(near)}."
    )


def check_least(value: Decimal, instrument: Instrument) -> None:
    """Raises UserError when the order is worth less than the exchange takes."""
    if value >= instrument.min_value:
        return
    raise UserError(
        f"{instrument.exchange} takes no {instrument.symbol} order below "
        f"{money(instrument.min_value, instrument.currency)}; this one is worth "
        f"{money(value, instrument.currency)}. Order more."
    )
