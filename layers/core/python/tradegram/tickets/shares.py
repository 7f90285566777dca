"""How a quantity is divided over accounts: in whole lots, and none of them lost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def divided(quantity: Decimal, weights: Sequence[int], lot: Decimal) -> tuple[Decimal, ...]:
    """
    Units for each weight; together they are `quantity`, a multiple of `lot`.

    Each gets the whole lots of its exact part. The lots left over go one by one to those whose
    part was cut the most, the first of them where it was cut alike.
    """
    lots, total = int(quantity / lot), sum(weights)
    exact = [divmod(lots * weight, total) for weight in weights]
    left = lots - sum(whole for whole, _ in exact)
    order = sorted(range(len(weights)), key=lambda at: -exact[at][1])
    favoured = set(order[:left])
    return tuple(lot * (whole + (at in favoured)) for at, (whole, _) in enumerate(exact))


def odd_lots(quantity: Decimal, weights: Sequence[int], lot: Decimal) -> tuple[int, ...]:
    """For each weight 1 when it got one of the lots that did not divide, else 0."""
    lots, total = int(quantity / lot), sum(weights)
    parts = divided(quantity, weights, lot)
    return tuple(
        int(part / lot) - lots * weight // total
        for part, weight in zip(parts, weights, strict=True)
    )
