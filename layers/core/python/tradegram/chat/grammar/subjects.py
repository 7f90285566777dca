"""What the name in a parse stands for: shares, coins, contracts, or an index nobody can buy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tradegram.chat.grammar.contracts import contracts
from tradegram.chat.grammar.reading import Candidate, Context, Fix, IndexAsked, Problem, Rank, title
from tradegram.chat.grammar.said import Measure, Name, Parse
from tradegram.chat.grammar.words import FIRST_VENUE, VENUES
from tradegram.model import COINS, Instrument, Kind

REMEMBERED = "(remembered)"
Outcome = Candidate | Problem | IndexAsked


def outcomes(parse: Parse, ctx: Context) -> Iterator[Outcome]:
    name = parse.name
    assert name  # noqa: S101 - the search keeps no parse without one
    if _says_twice(parse, name):
        yield Problem(Rank.UNSAID, f'"{name.words}" says what it is; no more is needed.')
    elif parse.future and parse.strike:
        yield Problem(Rank.UNSAID, "A future has no strike: leave out FUT, or the strike.")
    elif parse.is_contract or name.future or name.strike:
        yield from _contracts(parse, name, ctx)
    elif parse.expiry:
        yield _future_or_option(parse, ctx)
    elif remembered := _remembered(parse, name, ctx):
        yield Candidate(
            remembered, parse, title(remembered, ctx.today), f"{remembered.symbol} {REMEMBERED}"
        )
    else:
        yield from _as_named(parse, name, ctx)


def _says_twice(parse: Parse, name: Name) -> bool:
    exact = all(row.kind.is_derivative for row in name.instruments)
    said = parse.is_contract or parse.expiry is not None
    return said and (exact or name.expiry is not None)


def _contracts(parse: Parse, name: Name, ctx: Context) -> Iterator[Outcome]:
    seen: set[str] = set()
    for row in name.instruments:
        word = row.underlying or row.symbol
        if row.kind.is_derivative or row.kind in COINS or word in seen:
            continue
        seen.add(word)
        yield from contracts(row, parse, ctx)
    if not seen:
        yield Problem(Rank.NO_DERIVATIVES, f"There are no futures or options on {name.words}.")


def _future_or_option(parse: Parse, ctx: Context) -> Problem:
    text = ctx.with_after(parse.spans["name"][1], "FUT")
    why = "Is it a future or an option? Say FUT, or a strike with CE or PE."
    return Problem(Rank.UNSAID, why, (Fix("FUT", text),))


def _remembered(parse: Parse, name: Name, ctx: Context) -> Instrument | None:
    """
    What the holder chose for these words before.

    Words with their number (`NIFTY 50`) count before the name alone. Lots are asked of
    derivatives only, which are never remembered.
    """
    amount = parse.quantity
    if not ctx.remembered or (amount and amount.measure is Measure.LOTS):
        return None
    keys = [name.words.upper()]
    first, end = parse.spans["name"]
    if amount and amount.measure is Measure.BARE and parse.spans["quantity"][0] == end:
        keys.insert(0, ctx.words(first, end + 1).upper())
    for key in keys:
        found = ctx.instruments.find(ctx.remembered[key]) if key in ctx.remembered else None
        if found and _may_be_remembered(found, parse.venue):
            return found
    return None


def _may_be_remembered(found: Instrument, venue: str) -> bool:
    if found.kind.is_derivative or found.kind is Kind.INDEX:
        return False
    return not venue or found.exchange in VENUES[venue]


def _as_named(parse: Parse, name: Name, ctx: Context) -> Iterator[Outcome]:
    rows = list(one_row_each(name.instruments, parse.venue))
    traded = [row for row in rows if row.kind is not Kind.INDEX]
    for row in traded:
        yield Candidate(
            row,
            parse,
            _title(row, len(traded), ctx),
            _read_as(row, name),
            rivals=len(traded) - 1,
        )
    for row in rows:
        if row.kind is Kind.INDEX:
            yield IndexAsked(row, parse)


def _title(row: Instrument, rows: int, ctx: Context) -> str:
    if rows == 1 or row.kind.is_derivative:
        return title(row, ctx.today)
    return f"{row.symbol} · {row.name} · {row.exchange}"


def _read_as(row: Instrument, name: Name) -> str:
    return "" if name.words.upper() in (row.symbol, row.key) else row.symbol


def one_row_each(rows: Sequence[Instrument], venue: str) -> Iterator[Instrument]:
    """
    One row per company: the venue said, else NSE's; all of them where there is neither.

    Rows with one name are one company. Two companies under one word stay two.
    """
    companies: dict[tuple[str, bool], list[Instrument]] = {}
    for row in rows:
        companies.setdefault((row.name.casefold(), row.kind is Kind.INDEX), []).append(row)
    for listed in companies.values():
        wanted = VENUES[venue] if venue else frozenset({FIRST_VENUE})
        here = [row for row in listed if row.exchange in wanted]
        yield from here or listed
