"""Every way in which words of a text name something in the master."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from tradegram.chat.grammar.clauses import full_year
from tradegram.chat.grammar.said import Expiry, Name, Strike, Which
from tradegram.chat.grammar.tokens import Shape, Token
from tradegram.chat.grammar.words import MONTHS, RIGHTS
from tradegram.model import Instrument
from tradegram.ports import Instruments

# Longer names would only cost time: the longest company names have fewer words.
MOST_WORDS = 8

_SHORT_MONTH = re.compile("|".join(month for month in MONTHS if len(month) == 3))
_COMPACT_END = re.compile(r"(?P<digits>[0-9]{0,12}(?:\.[0-9]{1,4})?)(?P<what>CE|PE|FUT)")


def names_at(
    said: Sequence[Token], at: int, instruments: Instruments, today: date
) -> Iterator[tuple[Name, int]]:
    """Names that begin at token `at`, with the token after each; longest first."""
    most = min(instruments.longest_name(), MOST_WORDS, len(said) - at)
    for length in range(_nameable(said, at, max(most, 1)), 0, -1):
        run = said[at : at + length]
        words = " ".join(token.text for token in run)
        if found := _called(run, words, instruments):
            yield Name(words, found), at + length
    if said[at].shape is Shape.WORD:
        yield from ((name, at + 1) for name in _compact(said[at].word, instruments, today))


def _nameable(said: Sequence[Token], at: int, most: int) -> int:
    """How many tokens from here on could be part of a name."""
    for length, token in enumerate(said[at : at + most]):
        in_name = token.shape is Shape.WORD and token.word != "@"
        if not in_name and not token.is_plain:
            return length
    return min(most, len(said) - at)


def _called(run: Sequence[Token], words: str, instruments: Instruments) -> tuple[Instrument, ...]:
    if ":" in words:
        exact = instruments.find(words.upper())
        return (exact,) if exact else ()
    found = tuple(instruments.named(words))
    if found or (len(run) == 1 and run[0].shape is Shape.AMOUNT):
        return found
    squeezed = words.replace("/", "").replace("-", "")
    if not any(token.is_plain for token in run):
        # `BANK NIFTY`, `M & M`; never `NIFTY 50`, whose number may be a quantity.
        squeezed = squeezed.replace(" ", "")
    return tuple(instruments.named(squeezed)) if squeezed not in ("", words) else ()


def _compact(word: str, instruments: Instruments, today: date) -> Iterator[Name]:
    """
    `NIFTY24NOV26000CE`, `BANKNIFTY26NOVFUT`: every split into name, day or year, and strike.

    Which of them are real, the master decides.
    """
    for month in _SHORT_MONTH.finditer(word):
        end = _COMPACT_END.fullmatch(word, month.end())
        if not end:
            continue
        for width in (2, 1):
            head, digits = (
                word[: month.start() - width],
                word[month.start() - width : month.start()],
            )
            if len(word[: month.start()]) <= width or not digits.isascii() or not digits.isdigit():
                continue
            known = tuple(instruments.named(head))
            if known:
                splits = _splits(digits, MONTHS[month.group()], end["digits"], today)
                for expiry, strike in splits:
                    if contract := _contract(word, known, expiry, strike, end["what"]):
                        yield contract


def _splits(before: str, month: int, after: str, today: date) -> Iterator[tuple[Expiry, str]]:
    day = int(before)
    if 1 <= day <= 31:
        yield Expiry(Which.DATE, day, month), after
        for width in (2, 4):
            if year := full_year(after[:width], today):
                yield Expiry(Which.DATE, day, month, year), after[width:]
    if len(before) == 2 and (year := full_year(before, today)):
        yield Expiry(Which.MONTH, 0, month, year), after


def _contract(
    word: str, known: tuple[Instrument, ...], expiry: Expiry, strike: str, what: str
) -> Name | None:
    if what == "FUT":
        return None if strike else Name(word, known, expiry, future=True)
    price = Decimal(strike or 0)
    return Name(word, known, expiry, Strike(price, RIGHTS[what])) if price else None
