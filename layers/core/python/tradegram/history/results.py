"""Results over a period: realised, charges, win rate, drawdown, the curve of equity. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradegram.history.costs import with_charges
from tradegram.history.fifo import ZERO, Closed, Part, match
from tradegram.history.period import Period
from tradegram.history.trade import Trade

Point = tuple[float, Decimal]


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a period made in one currency.

    realised:  by lots closed in the period, before charges. charges: of trades made in it;
               estimated: how many of these trades we had to estimate.
    closings:  trades that closed something; wins: those that made money after charges.
    drawdown:  the deepest fall of realised less charges below what it had reached, as a positive
               amount. curve: (seconds since the epoch, what was reached by then).
    uncovered: sales whose purchase is not on record; expired: lots of contracts that ended
               without a trade. Neither is counted.
    """

    currency: str
    trades: Sequence[Trade]
    closed: Sequence[Closed]
    realised: Decimal
    charges: Decimal
    estimated: int
    closings: int
    wins: int
    drawdown: Decimal
    curve: Sequence[Point]
    uncovered: Sequence[Part]
    expired: Sequence[Part]

    @property
    def net(self) -> Decimal:
        return self.realised - self.charges

    @property
    def win_rate(self) -> Decimal | None:
        return Decimal(self.wins) / self.closings if self.closings else None


def results(trades: Iterable[Trade], period: Period) -> Sequence[Result]:
    """trades: of one account, every one up to the period's end. One result per currency."""
    currencies: dict[str, list[Trade]] = {}
    for trade in trades:
        if trade.day <= period.last:
            currencies.setdefault(trade.currency, []).append(trade)
    found = [_result(currency, own, period) for currency, own in sorted(currencies.items())]
    return [one for one in found if one.trades or one.expired]


def _result(currency: str, trades: Sequence[Trade], period: Period) -> Result:
    whole = with_charges(trades)
    matched = match(whole)
    closed = [one for one in matched.closed if one.day in period]
    mine = sorted((one for one in whole if one.day in period), key=lambda one: (one.at, one.key))
    curve = equity(closed, mine)
    unknown = {one.key for one in trades if one.charges is None}
    closings = _by_closing_trade(closed)
    return Result(
        currency=currency,
        trades=mine,
        closed=closed,
        realised=sum((one.realised for one in closed), ZERO),
        charges=sum((one.charges or ZERO for one in mine), ZERO),
        estimated=sum(one.key in unknown for one in mine),
        closings=len(closings),
        wins=sum(net > 0 for net in closings.values()),
        drawdown=drawdown([reached for _, reached in curve]),
        curve=curve,
        uncovered=[part for part in matched.uncovered if part.trade.day in period],
        expired=[lot for lot in matched.open if _expired_in(lot, period)],
    )


def _expired_in(lot: Part, period: Period) -> bool:
    return (
        lot.trade.expiry is not None
        and lot.trade.expiry in period
        and (lot.trade.expiry < period.last)
    )


def _by_closing_trade(closed: Iterable[Closed]) -> Mapping[str, Decimal]:
    """A sale out of three lots is one win or one loss, not three."""
    made: dict[str, Decimal] = {}
    for one in closed:
        key = one.closed.trade.key
        made[key] = made.get(key, ZERO) + one.net
    return made


def equity(closed: Iterable[Closed], trades: Iterable[Trade]) -> Sequence[Point]:
    """What was realised less charges, trade by trade; begins with what the first one left."""
    steps = [(one.at, one.realised) for one in closed]
    steps += [(trade.at, -(trade.charges or ZERO)) for trade in trades]
    points: list[Point] = []
    reached = ZERO
    for at, step in sorted(steps, key=lambda each: each[0]):
        reached += step
        if points and points[-1][0] == at:
            points.pop()
        points.append((at, reached))
    return points


def drawdown(reached: Iterable[Decimal]) -> Decimal:
    """The deepest fall below the highest so far. It starts from nothing made: 0."""
    highest, deepest = ZERO, ZERO
    for one in reached:
        highest = max(highest, one)
        deepest = max(deepest, highest - one)
    return deepest
