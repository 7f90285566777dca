"""Which future or option is meant, by the dates and strikes that the master lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from tradegram.chat.grammar.reading import (
    Candidate,
    Context,
    Fix,
    Problem,
    Rank,
    contract_text,
    day_text,
    number_text,
)
from tradegram.chat.grammar.said import Expiry, Parse, Strike, Which
from tradegram.chat.grammar.words import MONTHS
from tradegram.chat.money import grouped
from tradegram.model import Instrument

MOST_DATES = 3
_MONTHS = tuple(month for month in MONTHS if len(month) == 3)


def month_ends(listed: Sequence[date]) -> list[date]:
    """The last listed expiry of each month."""
    last = {(day.year, day.month): day for day in sorted(listed)}
    return list(last.values())


def has_weeklies(listed: Sequence[date]) -> bool:
    return len(month_ends(listed)) < len(listed)


def dates_meant(expiry: Expiry | None, listed: Sequence[date], today: date) -> list[date]:
    """
    The listed expiries that the words can mean, nearest first; several when they are not clear.

    `next week` is the second expiry from now, or the one in next week's calendar. Where these
    differ both are meant.
    """
    monthly = month_ends(listed)
    match expiry:
        case None:
            near = list(listed[:2]) if has_weeklies(listed) else []
            later = [day for day in monthly if day not in near]
            return sorted([*near, *later][:MOST_DATES])
        case Expiry(Which.DATE):
            return [day for day in listed if _is_on(day, expiry)][:1]
        case Expiry(Which.MONTH):
            return [day for day in monthly if _is_in(day, expiry)][:1]
        case Expiry(Which.MONTHLY):
            return monthly[:1]
        case Expiry(Which.NEXT_MONTH):
            after = _month_after(today)
            return sorted({*monthly[1:2], *(d for d in monthly if (d.year, d.month) == after)})
    if not has_weeklies(listed):
        return []
    if expiry.which is Which.WEEKLY:
        return list(listed[:1])
    monday = today + timedelta(days=7 - today.weekday())
    in_next_week = [day for day in listed if monday <= day < monday + timedelta(days=7)]
    return sorted({*listed[1:2], *in_next_week[:1]})


def _is_on(day: date, expiry: Expiry) -> bool:
    return _is_in(day, expiry) and day.day == expiry.day


def _is_in(day: date, expiry: Expiry) -> bool:
    return day.month == expiry.month and expiry.year in (0, day.year)


def _month_after(today: date) -> tuple[int, int]:
    return (today.year + 1, 1) if today.month == 12 else (today.year, today.month + 1)


def contracts(underlying: Instrument, parse: Parse, ctx: Context) -> Iterator[Candidate | Problem]:
    """The futures or options of an index or share that the words can mean."""
    word = underlying.underlying or underlying.symbol
    strike, expiry = _terms(parse)
    options = strike is not None
    listed = sorted(ctx.instruments.expiries(word, options=options))
    if not listed:
        what = "options" if options else "futures"
        yield Problem(Rank.NO_DERIVATIVES, f"There are no {what} on {underlying.symbol}.")
        return
    dates = dates_meant(expiry, listed, ctx.today)
    found = [contract for day in dates if (contract := _contract(word, day, strike, ctx))]
    if not dates:
        yield _no_expiry(word, parse, expiry, listed, ctx)
    elif not found:
        yield _no_strike(word, parse, dates, ctx)
    for contract in found:
        yield Candidate(contract, parse, contract_title(contract, listed, ctx), rivals=0)


def contract_title(contract: Instrument, listed: Sequence[date], ctx: Context) -> str:
    text = contract_text(contract, ctx.today)
    if not contract.kind.is_option or not has_weeklies(listed):
        return text
    return f"{text} {'monthly' if contract.expiry in month_ends(listed) else 'weekly'}"


def _terms(parse: Parse) -> tuple[Strike | None, Expiry | None]:
    name = parse.name
    assert name  # noqa: S101 - the search keeps no parse without one
    return parse.strike or name.strike, parse.expiry or name.expiry


def _contract(word: str, day: date, strike: Strike | None, ctx: Context) -> Instrument | None:
    if not strike:
        return ctx.instruments.future(word, day)
    return ctx.instruments.option(word, day, strike.price, strike.kind)


def _no_expiry(
    word: str, parse: Parse, expiry: Expiry | None, listed: Sequence[date], ctx: Context
) -> Problem:
    assert expiry  # noqa: S101 - without one every listed date is meant
    near = _nearest_dates(expiry, listed, ctx.today)
    fixes = tuple(
        Fix(f"{day_text(day, ctx.today)} ({day:%a})", _with_date(word, parse, day, ctx))
        for day in near
    )
    if expiry.which in (Which.WEEKLY, Which.NEXT_WEEK):
        why = f"{word} has no weekly expiries here."
    else:
        why = f"No {_expiry_text(expiry)} expiry: {word} has {_dates_text(near, ctx.today)}."
    return Problem(Rank.NO_EXPIRY, why, fixes)


def _expiry_text(expiry: Expiry) -> str:
    """As it was said: `27 NOV`, `NOV 26`, `next month`."""
    if not expiry.month:
        return expiry.which.value
    day = f"{expiry.day} " if expiry.day else ""
    year = f" {expiry.year % 100}" if expiry.year else ""
    return f"{day}{_MONTHS[expiry.month - 1]}{year}"


def _dates_text(days: Sequence[date], today: date) -> str:
    return ", ".join(day_text(day, today) for day in days)


def _nearest_dates(expiry: Expiry, listed: Sequence[date], today: date) -> list[date]:
    if not expiry.month:
        return list(listed[:MOST_DATES])
    meant = [
        day
        for year in (expiry.year, today.year, today.year + 1)
        if (day := _real_date(year, expiry.month, expiry.day or 28)) and day >= today
    ]
    aim = meant[0] if meant else today
    return sorted(sorted(listed, key=lambda day: abs(day - aim))[:MOST_DATES])


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_date(word: str, parse: Parse, day: date, ctx: Context) -> str:
    text = day_text(day, ctx.today)
    if "expiry" in parse.spans:
        return ctx.with_span(parse.spans["expiry"], text)
    strike, _ = _terms(parse)
    return ctx.with_span(parse.spans["name"], f"{word} {_what(strike)} {text}")


def _what(strike: Strike | None) -> str:
    return f"{number_text(strike.price)} {strike.kind}" if strike else "FUT"


def _no_strike(word: str, parse: Parse, dates: Sequence[date], ctx: Context) -> Problem:
    strike, _ = _terms(parse)
    if not strike:
        return Problem(Rank.NO_EXPIRY, f"No {word} future expires on that date.")
    listed = ctx.instruments.strikes(word, dates[0])
    near = sorted(sorted(listed, key=lambda price: abs(price - strike.price))[:4])
    fixes = tuple(
        Fix(
            f"{number_text(price)} {strike.kind}",
            _with_strike(word, parse, Strike(price, strike.kind), dates[0], ctx),
        )
        for price in near
    )
    day = day_text(dates[0], ctx.today)
    wanted = _number(strike.price)
    return Problem(Rank.NO_STRIKE, f"{word} has no strike {wanted} {strike.kind} on {day}.", fixes)


def _number(value: Decimal) -> str:
    return grouped(value, places=0) if value == value.to_integral_value() else number_text(value)


def _with_strike(word: str, parse: Parse, strike: Strike, day: date, ctx: Context) -> str:
    if "strike" in parse.spans:
        return ctx.with_span(parse.spans["strike"], _what(strike))
    text = f"{word} {_what(strike)} {day_text(day, ctx.today)}"
    return ctx.with_span(parse.spans["name"], text)
