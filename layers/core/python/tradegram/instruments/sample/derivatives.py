"""
Futures and options of the sample, made for the expiries after a date.

The rule of the exchanges: NSE's monthlies expire on the last Tuesday of the month and NIFTY's
weeklies on the others, BSE's on Thursdays (both since September 2025), MCX's on a day of the month
by contract. An expiry that is no trading day moves to the trading day before it.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import islice

from tradegram.instruments.sample.tables import Series
from tradegram.market.calendar import TradingCalendar
from tradegram.model import Instrument, Kind

WEEKDAYS = {"TUE": calendar.TUESDAY, "THU": calendar.THURSDAY}

# As the exchanges write them, whatever the machine's language.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# The exchanges' own letters in the symbols of weekly options: N is November.
MONTH_LETTERS = "123456789OND"

# Bounds of the searches below: no contract of the tables is made further ahead, and no market in
# them rests longer.
MOST_MONTHS = 24
LONGEST_BREAK = 15


def derivatives(
    table: Iterable[Series], levels: Mapping[str, Decimal], today: date
) -> Iterator[Instrument]:
    """levels: price per unit of each underlying, around which strikes are made."""
    trading = TradingCalendar()
    for series in table:
        monthlies = dict(islice(_monthlies(series, trading, today), series.months))
        for expiry, stem in monthlies.items():
            yield _contract(series, Kind.FUTURE, expiry, stem, None)
            yield from _options(series, levels, expiry, stem)
        for expiry in islice(_weeklies(series, trading, today), series.weeks):
            if expiry not in monthlies:
                yield from _options(series, levels, expiry, _weekly_stem(series, expiry))


def _monthlies(series: Series, trading: TradingCalendar, today: date) -> Iterator[tuple[date, str]]:
    """Expiries from today on, each with what its symbols begin with: `NIFTY26NOV`."""
    for ahead in range(MOST_MONTHS):
        years, month = divmod(today.month - 1 + ahead, 12)
        first = date(today.year + years, month + 1, 1)
        expiry = _trading_day_up_to(_nominal(series, first), series, trading)
        if expiry >= today and (not series.only or first.month in series.only):
            yield expiry, f"{series.underlying}{first:%y}{MONTHS[month].upper()}"


def _weeklies(series: Series, trading: TradingCalendar, today: date) -> Iterator[date]:
    if series.day not in WEEKDAYS:
        return
    nominal = today + timedelta(days=(WEEKDAYS[series.day] - today.weekday()) % 7)
    for week in range(series.weeks + 1):
        expiry = _trading_day_up_to(nominal + timedelta(weeks=week), series, trading)
        if expiry >= today:
            yield expiry


def _weekly_stem(series: Series, expiry: date) -> str:
    """`NIFTY26D01`: year, one letter for the month, day."""
    return f"{series.underlying}{expiry:%y}{MONTH_LETTERS[expiry.month - 1]}{expiry:%d}"


def _nominal(series: Series, first: date) -> date:
    """The expiry of a month by the rule alone."""
    last = calendar.monthrange(first.year, first.month)[1]
    if series.day not in WEEKDAYS:
        return first.replace(day=min(int(series.day), last))
    end = first.replace(day=last)
    return end - timedelta(days=(end.weekday() - WEEKDAYS[series.day]) % 7)


def _trading_day_up_to(day: date, series: Series, trading: TradingCalendar) -> date:
    back = (day - timedelta(days=days) for days in range(LONGEST_BREAK))
    return next(day for day in back if trading.session(series.exchange, day))


def _options(
    series: Series, levels: Mapping[str, Decimal], expiry: date, stem: str
) -> Iterator[Instrument]:
    if series.step is None:
        return
    middle = (levels[series.underlying] / series.step).quantize(1, ROUND_HALF_EVEN)
    for steps in range(-series.each_side, series.each_side + 1):
        strike = (middle + steps) * series.step
        if strike > 0:
            yield _contract(series, Kind.CALL, expiry, stem, strike)
            yield _contract(series, Kind.PUT, expiry, stem, strike)


def _contract(
    series: Series, kind: Kind, expiry: date, stem: str, strike: Decimal | None
) -> Instrument:
    written = f"{strike.normalize():f}" if strike is not None else ""
    tail = f"{written}{kind.value}" if kind.is_option else "FUT"
    day = f"{expiry.day} {MONTHS[expiry.month - 1]} {expiry.year}"
    called = f"{written} {kind.value}" if kind.is_option else "future"
    return Instrument(
        exchange=series.exchange,
        symbol=stem + tail,
        kind=kind,
        name=f"{series.underlying} {called} {day}",
        lot_size=series.lot,
        tick_size=series.tick,
        underlying=series.underlying,
        expiry=expiry,
        strike=strike,
        freeze_quantity=series.freeze,
        multiplier=series.multiplier,
    )
