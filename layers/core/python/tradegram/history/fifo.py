"""
What trades made or lost, first in, first out. Pure.

Lots are matched within one instrument and product. Shares, funds and coins that are delivered
net out within their day first: what was bought and sold on one day never met the depository,
whatever came first. What is left of a sale then takes the oldest lots. A delivered sale without a
lot is a purchase that is not on record; it is set apart and never guessed. Everything else
(intraday, derivatives) is matched strictly in time, and may be short.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from tradegram.history.trade import Trade
from tradegram.model import Kind, Product, Side

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """So much of one trade, with its share of the charges."""

    trade: Trade
    quantity: Decimal

    @property
    def value(self) -> Decimal:
        return self.trade.price * self.quantity * self.trade.multiplier

    @property
    def charges(self) -> Decimal:
        whole = self.trade.charges or ZERO
        return whole * self.quantity / self.trade.quantity


@dataclass(frozen=True, slots=True)
class Closed:
    """
    A lot, or part of one, opened and closed.

    opened, closed: the same quantity, of opposite sides. in_one_day: netted within its day.
    """

    opened: Part
    closed: Part

    @property
    def quantity(self) -> Decimal:
        return self.opened.quantity

    @property
    def bought(self) -> Part:
        return self.opened if self.opened.trade.side is Side.BUY else self.closed

    @property
    def sold(self) -> Part:
        return self.closed if self.opened.trade.side is Side.BUY else self.opened

    @property
    def realised(self) -> Decimal:
        """In the instrument's currency, before charges."""
        return self.sold.value - self.bought.value

    @property
    def charges(self) -> Decimal:
        return self.opened.charges + self.closed.charges

    @property
    def net(self) -> Decimal:
        return self.realised - self.charges

    @property
    def day(self) -> date:
        """When it was realised: the later of the two trades."""
        return max(self.opened.trade.day, self.closed.trade.day)

    @property
    def at(self) -> float:
        return max(self.opened.trade.at, self.closed.trade.at)

    @property
    def in_one_day(self) -> bool:
        return self.opened.trade.day == self.closed.trade.day


@dataclass(frozen=True, slots=True)
class Matched:
    """closed: by the time it was realised. open: lots left. uncovered: sales without a lot."""

    closed: Sequence[Closed]
    open: Sequence[Part]
    uncovered: Sequence[Part]


@dataclass(slots=True)
class _Pool:
    """The lots of one instrument and product, oldest first; all of one side."""

    lots: deque[Part] = field(default_factory=deque[Part])
    closed: list[Closed] = field(default_factory=list[Closed])
    uncovered: list[Part] = field(default_factory=list[Part])

    def take(self, part: Part, *, may_open: bool = True) -> None:
        """Close the oldest lots of the other side; what is left opens one, or is uncovered."""
        left = part.quantity
        while left and self.lots and self.lots[0].trade.side is not part.trade.side:
            lot = self.lots.popleft()
            share = min(left, lot.quantity)
            opened, closing = replace(lot, quantity=share), replace(part, quantity=share)
            self.closed.append(Closed(opened, closing))
            if lot.quantity > share:
                self.lots.appendleft(replace(lot, quantity=lot.quantity - share))
            left -= share
        if left:
            rest = replace(part, quantity=left)
            (self.lots if may_open else self.uncovered).append(rest)


def match(trades: Iterable[Trade]) -> Matched:
    """Trades of one account in any order; the answer does not depend on it."""
    pools: dict[tuple[str, Product], list[Trade]] = {}
    for trade in sorted(trades, key=_in_time):
        pools.setdefault((trade.instrument, product_of(trade)), []).append(trade)
    done = [_matched(own) for own in pools.values()]
    closed = [one for pool in done for one in pool.closed]
    return Matched(
        closed=sorted(closed, key=lambda one: (one.day, one.at, one.closed.trade.key)),
        open=[lot for pool in done for lot in pool.lots],
        uncovered=[part for pool in done for part in pool.uncovered],
    )


def product_of(trade: Trade) -> Product:
    """As the source says; where it does not: what the instrument is held as by default."""
    if trade.product is not None:
        return trade.product
    return Product.CARRY_FORWARD if trade.kind.is_derivative else Product.DELIVERY


def is_delivered(trade: Trade) -> bool:
    if trade.kind.is_derivative or trade.kind is Kind.INDEX:
        return False
    return product_of(trade) in (Product.DELIVERY, Product.MARGIN_FUNDED)


def _in_time(trade: Trade) -> tuple[date, float, str, str]:
    return trade.day, trade.at, trade.trade_id, trade.side


def _matched(trades: Sequence[Trade]) -> _Pool:
    pool = _Pool()
    if not is_delivered(trades[0]):
        for trade in trades:
            pool.take(Part(trade, trade.quantity))
        return pool
    for _, group in groupby(trades, key=lambda trade: trade.day):
        today = _Pool()
        for trade in group:
            today.take(Part(trade, trade.quantity))
        pool.closed += today.closed
        for rest in today.lots:
            pool.take(rest, may_open=rest.trade.side is Side.BUY)
    return pool
