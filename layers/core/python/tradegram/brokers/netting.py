"""What fills come to, for brokers that list fills and not what they made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from tradegram.model import Fill, Instrument, Position, Product, Side


def net(fills: Sequence[Fill]) -> Decimal:
    """Units, negative when more was sold."""
    signed = (one.quantity if one.side is Side.BUY else -one.quantity for one in fills)
    return sum(signed, Decimal(0))


def mean(fills: Sequence[Fill]) -> Decimal:
    """Price per unit; 0 of none."""
    whole = sum((fill.quantity for fill in fills), Decimal(0))
    spent = sum((fill.quantity * fill.price for fill in fills), Decimal(0))
    return spent / whole if whole else Decimal(0)


def closed(fills: Sequence[Fill]) -> Decimal:
    """Money made by what was both bought and sold among them; they are of one instrument."""
    if not fills:
        return Decimal(0)
    bought = [fill for fill in fills if fill.side is Side.BUY]
    sold = [fill for fill in fills if fill.side is Side.SELL]
    both = min(sum((f.quantity for f in side), Decimal(0)) for side in (bought, sold))
    return both * (mean(sold) - mean(bought)) * fills[0].instrument.multiplier


def cost(fills: Sequence[Fill], amount: Decimal) -> Decimal:
    """
    Per unit, of the latest buys that make up the amount; 0 when none is known.

    fills: oldest first.
    """
    left, spent = amount, Decimal(0)
    for fill in reversed([one for one in fills if one.side is Side.BUY]):
        taken = min(fill.quantity, left)
        spent, left = spent + taken * fill.price, left - taken
        if not left:
            break
    return spent / (amount - left) if amount > left else Decimal(0)


def position(
    account_id: str, one: Instrument, product: Product, fills: Sequence[Fill], last: Decimal | None
) -> Position:
    """All of this instrument, from flat."""
    open_ = net(fills)
    side = Side.BUY if open_ > 0 else Side.SELL
    average = mean([fill for fill in fills if fill.side is side]) if open_ else Decimal(0)
    return Position(
        account_id=account_id,
        instrument=one,
        product=product,
        quantity=open_,
        average_price=average,
        last_price=last,
        realised=closed(fills),
        unrealised=None if last is None else open_ * (last - average) * one.multiplier,
    )
