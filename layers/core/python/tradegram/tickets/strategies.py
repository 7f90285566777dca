"""
Option strategies as legs: which contracts are bought and sold, at which strikes. Pure.

Nothing here chooses for the holder what was not said: it is given strikes, or what they are made
of, and refuses what does not fit together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from tradegram.chat.money import quantity
from tradegram.errors import UserError
from tradegram.model import Kind, Side


class Strategy(StrEnum):
    """The value is what people call it."""

    STRADDLE = "straddle"
    STRANGLE = "strangle"
    SPREAD = "spread"
    CONDOR = "iron condor"
    IRON_BUTTERFLY = "iron butterfly"
    BUTTERFLY = "butterfly"
    CALENDAR = "calendar"


# Strikes that each has, from the lowest; a spread's are the bought and the sold one.
STRIKES = {
    Strategy.STRADDLE: 1,
    Strategy.STRANGLE: 2,
    Strategy.SPREAD: 2,
    Strategy.CONDOR: 4,
    Strategy.IRON_BUTTERFLY: 3,
    Strategy.BUTTERFLY: 3,
    Strategy.CALENDAR: 1,
}
# Whose legs are all calls or all puts, so that one of the two must be said.
ONE_KIND = frozenset({Strategy.SPREAD, Strategy.BUTTERFLY, Strategy.CALENDAR})
# Whose strikes lie some distance from the money; the others stand at one strike.
WIDE = frozenset(Strategy) - {Strategy.STRADDLE, Strategy.CALENDAR}
# What the bare name means: of the two directions the one whose loss is limited.
USUALLY_LONG = frozenset(Strategy) - {Strategy.CONDOR, Strategy.IRON_BUTTERFLY}


@dataclass(frozen=True, slots=True)
class Piece:
    """One leg: `ratio` lots of one contract for each lot of the strategy."""

    side: Side
    kind: Kind
    strike: Decimal
    expiry: date
    ratio: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """
    A strategy with nothing left to guess.

    long:   the direction; a spread has none, its first strike is the bought one.
    kind:   CE or PE where all legs are of one; None elsewhere.
    strikes: as many as `STRIKES` says. far: a calendar's later expiry; None elsewhere.
    """

    strategy: Strategy
    long: bool
    strikes: tuple[Decimal, ...]
    expiry: date
    kind: Kind | None = None
    far: date | None = None


def at_the_money(listed: Sequence[Decimal], spot: Decimal) -> Decimal:
    """The listed strike nearest to the underlying's price; of two as near the lower one."""
    return min(listed, key=lambda strike: (abs(strike - spot), strike))


def strikes_around(
    strategy: Strategy, middle: Decimal, width: Decimal, wings: Decimal
) -> tuple[Decimal, ...]:
    """
    The strikes `width` away from the middle; wings: from a condor's inner to its outer strikes.

    Not for a spread, whose direction decides: see `spread_around`.
    """
    match strategy:
        case Strategy.STRANGLE:
            return middle - width, middle + width
        case Strategy.CONDOR:
            inner = middle - width, middle + width
            return inner[0] - wings, *inner, inner[1] + wings
        case Strategy.BUTTERFLY | Strategy.IRON_BUTTERFLY:
            return middle - width, middle, middle + width
        case _:
            return (middle,)


def spread_around(
    kind: Kind, middle: Decimal, width: Decimal, *, bull: bool
) -> tuple[Decimal, Decimal]:
    """
    The bought and the sold strike of a spread with one leg at the middle.

    A bull spread buys the lower strike, a bear spread the higher one. The other leg lies out of
    the money: above for calls, below for puts.
    """
    other = middle + width if kind is Kind.CALL else middle - width
    low, high = sorted((middle, other))
    return (low, high) if bull else (high, low)


def pieces(plan: Plan) -> tuple[Piece, ...]:
    """The legs. Raises UserError when the strikes or expiries do not make the strategy."""
    _check(plan)
    side = Side.BUY if plan.long else Side.SELL
    back, at = side.opposite, plan.strikes
    call, put, kind, day = Kind.CALL, Kind.PUT, plan.kind or Kind.CALL, plan.expiry
    match plan.strategy:
        case Strategy.STRADDLE:
            return Piece(side, call, at[0], day), Piece(side, put, at[0], day)
        case Strategy.STRANGLE:
            return Piece(side, put, at[0], day), Piece(side, call, at[1], day)
        case Strategy.SPREAD:
            return Piece(Side.BUY, kind, at[0], day), Piece(Side.SELL, kind, at[1], day)
        case Strategy.CONDOR | Strategy.IRON_BUTTERFLY:
            inner = at[1:-1]
            return (
                Piece(back, put, at[0], day),
                Piece(side, put, inner[0], day),
                Piece(side, call, inner[-1], day),
                Piece(back, call, at[-1], day),
            )
        case Strategy.BUTTERFLY:
            return (
                Piece(side, kind, at[0], day),
                Piece(back, kind, at[1], day, ratio=2),
                Piece(side, kind, at[2], day),
            )
        case Strategy.CALENDAR:
            return Piece(side, kind, at[0], plan.far or day), Piece(back, kind, at[0], day)


def _check(plan: Plan) -> None:
    name, wanted = plan.strategy, STRIKES[plan.strategy]
    said = ", ".join(quantity(strike) for strike in plan.strikes)
    if len(plan.strikes) != wanted:
        raise UserError(f"A {name} has {wanted} strikes, not {len(plan.strikes)} ({said}).")
    rising = all(one < next_ for one, next_ in pairwise(plan.strikes))
    if name is Strategy.SPREAD:
        if plan.strikes[0] == plan.strikes[1]:
            raise UserError(f"A spread buys one strike and sells another; both are {said}.")
    elif not rising:
        raise UserError(f"The strikes of a {name} go from low to high, not {said}.")
    if name in ONE_KIND and plan.kind is None:
        raise UserError(f"A {name} is of calls or of puts: say CE or PE.")
    if name is Strategy.CALENDAR and (plan.far is None or plan.far <= plan.expiry):
        raise UserError("A calendar has two expiries, the nearer one first.")


def check_listed(strikes: Sequence[Decimal], listed: Sequence[Decimal]) -> None:
    """Raises UserError naming a strike that is not listed, and the nearest that are."""
    for strike in strikes:
        if strike in listed:
            continue
        near = sorted(sorted(listed, key=lambda one: abs(one - strike))[:2])
        words = " and ".join(quantity(one) for one in near)
        raise UserError(f"There is no strike {quantity(strike)}; the nearest are {words}.")
