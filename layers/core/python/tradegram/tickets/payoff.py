"""What a basket comes to: money paid or received, and what expiry can make of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from tradegram.model import Instrument, Kind, Side
from tradegram.tickets.levels import entry_price
from tradegram.tickets.size import worth
from tradegram.tickets.ticket import Draft, Leg

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The best and the worst result at expiry, before charges, in the legs' currency.

    profit, loss: None where there is no bound. Below zero they are the other: a loss of -5 is a
    profit of 5 whatever happens.
    breakevens: prices of the underlying at which nothing is made or lost, ascending.
    """

    profit: Decimal | None
    loss: Decimal | None
    breakevens: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One leg as the payoff sees it. size: money per point, negative when sold."""

    instrument: Instrument
    size: Decimal
    price: Decimal


def _signed(draft: Draft, price: Decimal) -> Decimal:
    money = worth(draft.quantity, price, draft.instrument)
    return -money if draft.side is Side.BUY else money


def net(legs: Iterable[Leg]) -> Decimal:
    """Received (above zero) or paid (below) when all legs fill where they are expected to."""
    return sum((_signed(leg.draft, entry_price(leg.draft, leg.pricing)) for leg in legs), ZERO)


def worst_net(legs: Sequence[Leg]) -> Decimal | None:
    """The same at each leg's worst price; None when a leg has none."""
    prices = [leg.draft.price or leg.pricing.worst_price for leg in legs]
    if not all(prices):
        return None
    return sum(
        (_signed(leg.draft, price) for leg, price in zip(legs, prices, strict=True) if price), ZERO
    )


def outcome(legs: Sequence[Leg]) -> Outcome | None:
    """
    None where expiry alone does not decide: shares, several underlyings or several expiries.
    """
    shares = [
        Share(
            leg.draft.instrument,
            worth(leg.draft.quantity, Decimal(1), leg.draft.instrument)
            * (1 if leg.draft.side is Side.BUY else -1),
            entry_price(leg.draft, leg.pricing),
        )
        for leg in legs
    ]
    ones = [share.instrument for share in shares]
    if not all(one.kind.is_derivative and one.underlying for one in ones):
        return None
    if len({(one.underlying, one.expiry) for one in ones}) != 1:
        return None
    return _outcome(shares)


def result_at(shares: Iterable[Share], spot: Decimal) -> Decimal:
    """Made (or lost) when the underlying expires at `spot`."""
    return sum(
        (share.size * (_worth_at(share.instrument, spot) - share.price) for share in shares), ZERO
    )


def _worth_at(one: Instrument, spot: Decimal) -> Decimal:
    strike = one.strike or ZERO
    if one.kind is Kind.CALL:
        return max(spot - strike, ZERO)
    return max(strike - spot, ZERO) if one.kind is Kind.PUT else spot


def _outcome(shares: Sequence[Share]) -> Outcome:
    """Between strikes the result is a straight line, so that its corners decide."""
    corners = sorted({ZERO, *(share.instrument.strike or ZERO for share in shares)})
    results = [result_at(shares, corner) for corner in corners]
    # Beyond the last strike puts are worth nothing, and all else moves with the underlying.
    slope = sum((share.size for share in shares if share.instrument.kind is not Kind.PUT), ZERO)
    return Outcome(
        profit=None if slope > 0 else max(results),
        loss=None if slope < 0 else -min(results),
        breakevens=tuple(_crossings(corners, results, slope)),
    )


def _crossings(
    corners: Sequence[Decimal], results: Sequence[Decimal], slope: Decimal
) -> Iterable[Decimal]:
    points = list(zip(corners, results, strict=True))
    for (left, one), (right, other) in pairwise(points):
        if (one < 0) != (other < 0):
            yield left + (right - left) * one / (one - other)
    if slope and (results[-1] < 0) == (slope > 0):
        yield corners[-1] - results[-1] / slope
