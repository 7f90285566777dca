"""
What a financial year's trades come to for an Indian tax return. Pure.

Figures to check with an accountant, not advice. Shares and funds of NSE and BSE: what is netted
within its day is speculative (intraday), what is held for 12 months or less is short term, longer
is long term; lots first in, first out. Derivatives: turnover is the sum of the absolute results
of closed positions. Charges stand beside the results, STT among them, since not all of them may
be deducted. What is not in rupees is listed apart, in its own currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tradegram.history.costs import with_charges
from tradegram.history.fifo import ZERO, Closed, Part, match
from tradegram.history.period import Period
from tradegram.history.trade import Trade
from tradegram.history.writing import cents, csv_file
from tradegram.model import Product


class Head(StrEnum):
    INTRADAY = "intraday (speculative)"
    SHORT_TERM = "short term"
    LONG_TERM = "long term"
    FUTURES_OPTIONS = "futures and options"
    ABROAD = "other currency"


@dataclass(frozen=True, slots=True)
class Line:
    head: Head
    closed: Closed


@dataclass(frozen=True, slots=True)
class Sum:
    """turnover: of intraday and derivatives the sum of absolute results, else the sales."""

    head: Head
    currency: str
    closings: int
    bought: Decimal
    sold: Decimal
    realised: Decimal
    turnover: Decimal
    charges: Decimal


@dataclass(frozen=True, slots=True)
class Report:
    """uncovered: sales without a purchase on record. expired: contracts left without a trade."""

    year: Period
    lines: Sequence[Line]
    sums: Sequence[Sum]
    uncovered: Sequence[Part]
    expired: Sequence[Part]


def report(trades: Iterable[Trade], year: Period) -> Report:
    """trades: of one account, every one up to the year's end, for lots may be old."""
    matched = match(with_charges(one for one in trades if one.day <= year.last))
    lines = [Line(head_of(one), one) for one in matched.closed if one.day in year]
    groups: dict[tuple[Head, str], list[Closed]] = {}
    for line in lines:
        groups.setdefault((line.head, line.closed.sold.trade.currency), []).append(line.closed)
    return Report(
        year=year,
        lines=lines,
        sums=[_sum(*key, own) for key, own in sorted(groups.items())],
        uncovered=[part for part in matched.uncovered if part.trade.day in year],
        expired=[lot for lot in matched.open if lot.trade.expiry and lot.trade.expiry in year],
    )


def head_of(one: Closed) -> Head:
    trade = one.sold.trade
    if trade.currency != "INR":
        return Head.ABROAD
    if trade.kind.is_derivative:
        return Head.FUTURES_OPTIONS
    if one.in_one_day or trade.product is Product.INTRADAY:
        return Head.INTRADAY
    long = one.sold.trade.day > year_later(one.bought.trade.day)
    return Head.LONG_TERM if long else Head.SHORT_TERM


def year_later(day: date) -> date:
    """The same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)


def _sum(head: Head, currency: str, closed: Sequence[Closed]) -> Sum:
    sold = sum((one.sold.value for one in closed), ZERO)
    absolute = head in (Head.INTRADAY, Head.FUTURES_OPTIONS)
    return Sum(
        head=head,
        currency=currency,
        closings=len(closed),
        bought=sum((one.bought.value for one in closed), ZERO),
        sold=sold,
        realised=sum((one.realised for one in closed), ZERO),
        turnover=sum((abs(one.realised) for one in closed), ZERO) if absolute else sold,
        charges=sum((one.charges for one in closed), ZERO),
    )


HEADER = (
    "head", "instrument", "quantity", "bought on", "buy price", "buy value", "sold on",
    "sell price", "sell value", "days held", "realised", "turnover", "charges", "currency",
)  # fmt: skip


def tax_csv(done: Report) -> bytes:
    """The closed lots, an empty line, the sums by head, and what could not be counted."""
    rows: list[Sequence[object]] = [_line(line) for line in done.lines]
    rows += [(), ("SUMS", f"{done.year.first} to {done.year.last}")]
    rows += [
        (
            one.head, "all", "", "", "", cents(one.bought), "", "", cents(one.sold),
            "", cents(one.realised), cents(one.turnover), cents(one.charges), one.currency,
        )
        for one in done.sums
    ]  # fmt: skip
    rows += [
        _apart("NOT COUNTED: sold without a purchase on record", one) for one in done.uncovered
    ]
    rows += [
        _apart("NOT COUNTED: expired open, settlement not on record", one) for one in done.expired
    ]
    return csv_file(HEADER, rows)


def _line(line: Line) -> Sequence[object]:
    one, bought, sold = line.closed, line.closed.bought, line.closed.sold
    absolute = line.head in (Head.INTRADAY, Head.FUTURES_OPTIONS)
    return (
        line.head, sold.trade.instrument, one.quantity, bought.trade.day, bought.trade.price,
        cents(bought.value), sold.trade.day, sold.trade.price, cents(sold.value),
        abs((sold.trade.day - bought.trade.day).days), cents(one.realised),
        cents(abs(one.realised) if absolute else sold.value), cents(one.charges),
        sold.trade.currency,
    )  # fmt: skip


def _apart(why: str, part: Part) -> Sequence[object]:
    trade = part.trade
    return (why, trade.instrument, part.quantity, trade.side, trade.price, "", trade.day)
