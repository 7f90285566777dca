"""The nearest texts that would be understood, for a word that was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from tradegram.chat.grammar.parse import Failure
from tradegram.chat.grammar.reading import Context, Fix
from tradegram.chat.grammar.tokens import Shape, Token
from tradegram.chat.grammar.words import CLAUSE_WORDS, RIGHTS, SCALES
from tradegram.model import Instrument

MOST_FOUND = 4
_LONGEST_WORD = 24


def explain(failure: Failure, ctx: Context) -> tuple[str, tuple[Fix, ...]]:
    """Which word failed and why, in a sentence, and texts that may be better."""
    if failure.at >= len(ctx.said):
        verb = ctx.side.value.lower()
        example = f"Say for example: {verb} RELIANCE 10 @ 2950."
        return f"{failure.why or f'What do you want to {verb}?'} {example}", ()
    word = ctx.said[failure.at].text
    fixes = tuple(_numbers(ctx.said[failure.at], failure.at, ctx)) or tuple(_fixes(failure, ctx))
    meant = f" Did you mean {fixes[0].label}?" if fixes and not fixes[0].drops else ""
    if failure.why:
        return failure.why, fixes
    before = ctx.words(0, failure.at)
    if failure.parse.name:
        return f'I understood {before} but not "{word}".{meant}', fixes
    if word[:1].isdigit():
        return f'I do not understand "{word}".{meant}', fixes
    run = ctx.words(failure.at, _run_end(ctx.said, failure.at))
    return f'I know nothing called "{run}".{meant}', fixes


def _fixes(failure: Failure, ctx: Context) -> Iterator[Fix]:
    at, token = failure.at, ctx.said[failure.at]
    if token.is_plain:
        yield from _second_number(failure, ctx)
    elif not failure.parse.name:
        yield from _found_names(at, ctx)
    yield from _spelled(at, ctx)
    if failure.parse.name and token.shape is Shape.WORD:
        yield from _longer_name(failure, ctx)
    # Without its account an order would go to another one.
    if failure.parse.name and token.shape not in (Shape.AMOUNT, Shape.ACCOUNT):
        yield ctx.without((at, failure.end or at + 1))


def _second_number(failure: Failure, ctx: Context) -> Iterator[Fix]:
    """One of two numbers may be a strike, or the second the price."""
    at, text = failure.at, ctx.said[failure.at].text
    strikes = _strikes(failure, ctx)
    for first, end in (failure.parse.spans.get("quantity", (at, at)), (at, at + 1)):
        if end - first == 1 and ctx.said[first].is_plain and ctx.said[first].value in strikes:
            for right in ("CE", "PE"):
                yield Fix(f"{ctx.said[first].text} {right}", ctx.with_after(end, right))
    if not failure.parse.price:
        yield Fix(f"@ {text}", ctx.with_span((at, at + 1), f"@ {text}"))


def _strikes(failure: Failure, ctx: Context) -> frozenset[Decimal]:
    """Of the nearest options on what was named."""
    found: set[Decimal] = set()
    for row in failure.parse.name.instruments if failure.parse.name else ():
        word = row.underlying or row.symbol
        for day in ctx.instruments.expiries(word, options=True)[:1]:
            found.update(ctx.instruments.strikes(word, day))
    return frozenset(found)


def _run_end(said: Sequence[Token], at: int) -> int:
    """The end of the words from here on that could be one name."""
    end = at + 1
    while end < len(said) and said[end].shape is Shape.WORD and not _is_clause_word(said[end]):
        end += 1
    return end


def _is_clause_word(token: Token) -> bool:
    return token.word == "@" or token.word in RIGHTS or token.text.lower() in CLAUSE_WORDS


def _found_names(at: int, ctx: Context) -> Iterator[Fix]:
    if ctx.said[at].shape is not Shape.WORD:
        return
    end = _run_end(ctx.said, at)
    for length in dict.fromkeys((end - at, 1)):
        rows = ctx.instruments.search(ctx.words(at, at + length), limit=MOST_FOUND)
        for found in rows:
            yield Fix(_found_label(found), ctx.with_span((at, at + length), found.symbol))
        if rows:
            return


def _found_label(found: Instrument) -> str:
    same = found.name.upper() == found.symbol or found.kind.is_derivative
    return found.symbol if same or not found.name else f"{found.symbol} ({found.name})"


def _longer_name(failure: Failure, ctx: Context) -> Iterator[Fix]:
    """The word may belong to the name before it."""
    first, end = failure.parse.spans["name"]
    if end != failure.at:
        return
    for found in ctx.instruments.search(ctx.words(first, end + 1), limit=MOST_FOUND):
        yield Fix(_found_label(found), ctx.with_span((first, end + 1), found.symbol))


def _spelled(at: int, ctx: Context) -> Iterator[Fix]:
    typed = ctx.said[at].text.lower()
    if ctx.said[at].shape is not Shape.WORD or not 2 <= len(typed) <= _LONGEST_WORD:
        return
    near = sorted((distance(typed, word), n, word) for n, word in enumerate(CLAUSE_WORDS))
    for apart, _, word in near[:2]:
        if apart <= (1 if len(typed) <= 4 else 2):
            after = ctx.words(at + 1, at + 2)
            label = f"{word} {after}" if after and word in ("limit", "trigger", "stop") else word
            yield Fix(label, ctx.with_span((at, at + 1), word))


def _numbers(token: Token, at: int, ctx: Context) -> Iterator[Fix]:
    """`50k` without a currency, `29,50` with a comma out of place."""
    text = token.text
    if token.shape is not Shape.WORD or not text[:1].isdigit():
        return
    if text.upper().lstrip("0123456789.,") in SCALES:
        yield Fix(f"₹{text}", ctx.with_span((at, at + 1), f"₹{text}"))
    elif "," in text:
        plain = text.replace(",", "")
        yield Fix(plain, ctx.with_span((at, at + 1), plain))


def distance(left: str, right: str) -> int:
    """Letters put in, left out, changed or swapped with the next, from one word to another."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for n, a in enumerate(left, start=1):
        earlier, before, row = before, row, [n]
        for m, b in enumerate(right, start=1):
            best = min(before[m] + 1, row[m - 1] + 1, before[m - 1] + (a != b))
            if n > 1 and m > 1 and a == right[m - 2] and left[n - 2] == b:
                best = min(best, earlier[m - 2] + 1)
            row.append(best)
    return row[-1]
