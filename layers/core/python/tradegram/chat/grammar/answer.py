"""From all that a text can mean to what is answered: readings, a question, offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tradegram.chat.asked import Asked, Offer, Readings
from tradegram.chat.grammar.choose import choices, question
from tradegram.chat.grammar.legal import check
from tradegram.chat.grammar.offers import explain
from tradegram.chat.grammar.parse import Search
from tradegram.chat.grammar.reading import (
    Candidate,
    Context,
    Fix,
    IndexAsked,
    Problem,
    Rank,
    contract_text,
    number_text,
)
from tradegram.chat.grammar.said import Amount, Measure, Parse
from tradegram.chat.grammar.subjects import REMEMBERED, outcomes
from tradegram.chat.grammar.tokens import tokens

LONGEST_TEXT = 400
MOST_TOKENS = 40
MOST_READINGS = 64
MOST_OFFERS = 6
MOST_FIXES = 8
# A fix may need a second one (a name, then a quantity); more faults are told one by one.
OFFER_DEPTH = 2

TOO_MANY = "That can be read in too many ways. Say it in fewer words."


@dataclass(slots=True)
class Judged:
    """What became of every way to take the words."""

    legal: list[Asked]
    problems: list[Problem]
    indices: list[IndexAsked]


def answer(ctx: Context, depth: int = OFFER_DEPTH) -> Readings:
    """depth: how many faults after the first may be mended in a text that is offered."""
    search = Search(ctx.said, ctx.instruments, ctx.today)
    search.run()
    if search.exhausted:
        return Readings(ctx.text, question=TOO_MANY)
    if not search.parses:
        assert search.failure  # noqa: S101 - a search ends with a parse or a failure
        why, fixes = explain(search.failure, ctx)
        return Readings(ctx.text, question=why, offers=_offers(fixes, ctx, depth))
    judged = _judge(search.parses, ctx)
    remembered = [reading for reading in judged.legal if reading.read_as.endswith(REMEMBERED)]
    words = max((parse.name.words for parse in search.parses if parse.name), key=len).upper()
    if remembered or (judged.legal and not judged.indices):
        return _legal(_distinct(remembered or judged.legal), words, ctx)
    if judged.indices:
        return _chooser(judged, words, ctx, depth)
    return _unread(judged.problems, ctx, depth)


def _judge(parses: Sequence[Parse], ctx: Context) -> Judged:
    judged = Judged([], [], [])
    for outcome in (outcome for parse in parses for outcome in outcomes(parse, ctx)):
        if isinstance(outcome, IndexAsked):
            judged.indices.append(outcome)
        else:
            _sort(check(outcome, ctx) if isinstance(outcome, Candidate) else outcome, judged)
    return judged


def _sort(result: Asked | Problem, judged: Judged) -> None:
    if isinstance(result, Asked):
        judged.legal.append(result)
    else:
        judged.problems.append(result)


def _distinct(readings: Iterable[Asked]) -> tuple[Asked, ...]:
    """Readings that would lead to the same ticket are one: the first."""
    kept: dict[Asked, Asked] = {}
    for reading in readings:
        kept.setdefault(replace(reading, label="", read_as=""), reading)
    return tuple(kept.values())


# -- readings ------------------------------------------------------------------------------------


def _legal(readings: tuple[Asked, ...], words: str, ctx: Context) -> Readings:
    if len(readings) > MOST_READINGS:
        return Readings(ctx.text, question=TOO_MANY)
    if len(readings) == 1:
        return Readings(ctx.text, readings)
    return Readings(
        ctx.text, readings, _which(readings, words), may_remember=_may_remember(readings, words)
    )


def _which(readings: tuple[Asked, ...], words: str) -> str:
    dates = {reading.instrument.expiry for reading in readings}
    if None not in dates and len(dates) == len(readings):
        return "Which expiry?"
    if len({reading.instrument.key for reading in readings}) == len(readings):
        return f'"{words}" names more than one thing. Which one do you mean?'
    return "This can be read in more than one way. Which one do you mean?"


def _may_remember(readings: Iterable[Asked], words: str) -> str:
    outright = any(not reading.instrument.kind.is_derivative for reading in readings)
    return words if outright else ""


# -- an index ------------------------------------------------------------------------------------


def _chooser(judged: Judged, words: str, ctx: Context, depth: int) -> Readings:
    indices = _one_parse_each(judged.indices)
    results = [result for asked in indices for result in choices(asked, ctx)]
    offered = _distinct(result for result in results if isinstance(result, Asked))
    if judged.legal:
        return _legal(_distinct((*judged.legal, *offered)), words, ctx)
    why = question(indices[0], ctx)
    if len(offered) > 1:
        remember = _may_remember(offered, words)
        return Readings(ctx.text, offered, f"{why} What did you mean?", may_remember=remember)
    problems = [result for result in results if isinstance(result, Problem)]
    if not offered and problems:
        mended = _unread(problems, ctx, depth)
        return replace(mended, question=f"{why} {mended.question}")
    if not offered:
        return Readings(ctx.text, question=f"{why} Nothing that follows it is listed here.")
    # One thing is left, and it was not named: a text to send, not a reading to go on with.
    only = Fix(offered[0].label, _instead(offered[0], indices[0].parse, ctx))
    return Readings(
        ctx.text, question=f"{why} Did you mean this?", offers=_offers((only,), ctx, depth)
    )


def _one_parse_each(indices: Iterable[IndexAsked]) -> list[IndexAsked]:
    """`NIFTY 50` is the name, or the name and a number: the number tells more."""
    kept: dict[str, IndexAsked] = {}
    for asked in indices:
        before = kept.get(asked.index.key)
        if before is None or (asked.parse.quantity and not before.parse.quantity):
            kept[asked.index.key] = asked
    return list(kept.values())


def _instead(reading: Asked, parse: Parse, ctx: Context) -> str:
    instrument = reading.instrument
    name = instrument.symbol
    if instrument.kind.is_derivative:
        name = contract_text(instrument, ctx.today)
    if reading.quantity is None:
        return ctx.with_span(parse.spans["name"], name)
    count = number_text(reading.quantity)
    if instrument.kind.is_derivative:
        # Beside an expiry a bare number could be a year.
        count = f"{count} units"
    if "quantity" in parse.spans:
        return ctx.with_spans((parse.spans["name"], name), (parse.spans["quantity"], count))
    return ctx.with_span(parse.spans["name"], f"{name} {count}")


# -- nothing legal -------------------------------------------------------------------------------


def _unread(problems: Sequence[Problem], ctx: Context, depth: int) -> Readings:
    furthest = max(problem.rank for problem in problems)
    told = [problem for problem in problems if problem.rank is furthest]
    several = len({p.candidate.instrument.key for p in told if p.candidate}) > 1
    missing = furthest is Rank.QUANTITY_MISSING
    if missing:
        if readings := _one_lot_each(told, ctx):
            return Readings(ctx.text, readings, f"{_which(readings, '')} One lot each:")
        if several:
            told = [replace(problem, why="Which one, and how many?") for problem in told]
    fixes = tuple(fix for problem in told for fix in problem.fixes)
    return Readings(
        ctx.text,
        question=told[0].why,
        offers=_offers(fixes, ctx, depth),
        wants_quantity=missing and not several,
    )


def _one_lot_each(problems: Iterable[Problem], ctx: Context) -> tuple[Asked, ...]:
    """
    Contracts to choose from when neither the expiry nor the quantity was said.

    Each button states its one lot. A single contract is not chosen from, so it is asked how many.
    """
    amount = Amount(Decimal(1), Measure.LOTS)
    candidates = [problem.candidate for problem in problems if problem.candidate]
    if not all(candidate.instrument.kind.is_derivative for candidate in candidates):
        return ()
    filled = (replace(c, parse=replace(c.parse, quantity=amount)) for c in candidates)
    results = (check(candidate, ctx) for candidate in filled)
    readings = _distinct(result for result in results if isinstance(result, Asked))
    return readings if len(readings) > 1 else ()


def _offers(fixes: Iterable[Fix], ctx: Context, depth: int) -> tuple[Offer, ...]:
    """Only texts that are understood, at once or after one more fix."""
    if not depth:
        return ()
    offers: dict[str, Offer] = {}
    for fix in list({fix.text: fix for fix in fixes}.values())[:MOST_FIXES]:
        if len(offers) >= MOST_OFFERS:
            break
        for offer in _understood(fix, ctx, depth):
            offers.setdefault(offer.text, offer)
    return tuple(offers.values())[:MOST_OFFERS]


def _understood(fix: Fix, ctx: Context, depth: int) -> Iterator[Offer]:
    said = tokens(fix.text, ctx.said[0].start if ctx.said else 0)
    if len(fix.text) > LONGEST_TEXT or len(said) > MOST_TOKENS:
        return
    reading = answer(replace(ctx, text=fix.text, said=said, edits=()), depth - 1)
    if reading.readings:
        yield Offer(fix.label, fix.text)
    elif not fix.drops:
        yield from (Offer(offer.text, offer.text) for offer in reading.offers)
