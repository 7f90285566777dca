"""What the steps of reading an order hand to each other, and how they write it for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import IntEnum

from tradegram.chat.grammar.said import Amount, Measure, Parse
from tradegram.chat.grammar.tokens import Shape, Token
from tradegram.chat.money import money, quantity, units
from tradegram.model import Instrument, Kind, Side
from tradegram.ports import Instruments

Spot = Callable[[Instrument], Decimal | None]


class Rank(IntEnum):
    """How far a reading came before something was wrong with it. The furthest is told."""

    UNSAID = 1
    NO_DERIVATIVES = 2
    NO_EXPIRY = 3
    NO_STRIKE = 4
    VENUE = 5
    PRODUCT = 6
    CURRENCY = 7
    TERMS = 8
    TICK = 9
    QUANTITY_MISSING = 10
    QUANTITY = 11


@dataclass(frozen=True, slots=True)
class Fix:
    """A changed text and what changed in it. drops: it only says less than what was typed."""

    label: str
    text: str
    drops: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One instrument for one way of reading, not yet checked.

    title:   how it is called on a button. read_as: why this instrument, "" when plain.
    rivals:  how many other instruments the same words name.
    """

    instrument: Instrument
    parse: Parse
    title: str
    read_as: str = ""
    rivals: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a reading is not legal. candidate: what only lacks a quantity."""

    rank: Rank
    why: str
    fixes: tuple[Fix, ...] = ()
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class IndexAsked:
    """Something that can be quoted but not bought, such as NIFTY 50."""

    index: Instrument
    parse: Parse


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a text become `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Context:
    """
    One text and everything its reading may look at.

    text:  with plain quotes and signs. today: the Indian date of the message.
    edits: made in every text that is offered.
    """

    text: str
    said: tuple[Token, ...]
    side: Side
    instruments: Instruments
    today: date
    spot: Spot
    remembered: Mapping[str, str]
    edits: tuple[Edit, ...] = ()

    def words(self, first: int, end: int) -> str:
        return " ".join(token.text for token in self.said[first:end])

    def with_span(self, span: tuple[int, int], new: str) -> str:
        """The text with those tokens written anew."""
        first, end = span
        return self._edited(Edit(self.said[first].start, self.said[end - 1].end, new))

    def without(self, span: tuple[int, int]) -> Fix:
        return Fix(f'leaving out "{self.words(*span)}"', self.with_span(span, ""), drops=True)

    def with_spans(self, *changes: tuple[tuple[int, int], str]) -> str:
        """The same for several spans, none of which overlap."""
        said = self.said
        return self._edited(
            *(Edit(said[first].start, said[end - 1].end, new) for (first, end), new in changes)
        )

    def with_after(self, end: int, new: str) -> str:
        """The text with words put in after token `end - 1`."""
        cut = self.said[end - 1].end
        return self._edited(Edit(cut, cut, f" {new}"))

    def with_number(self, parse: Parse, part: str, new: str) -> str:
        """The text with the number of one clause written anew, its sign kept."""
        first, end = parse.spans[part]
        at = next(n for n in range(first, end) if self.said[n].shape is Shape.AMOUNT)
        return self.with_span((at, at + 1), f"{self.said[at].sign}{new}")

    def with_name(self, candidate: Candidate) -> Context:
        """The same, its name written so that it means this instrument only."""
        if not candidate.rivals:
            return self
        first, end = candidate.parse.spans["name"]
        name = Edit(self.said[first].start, self.said[end - 1].end, candidate.instrument.key)
        return replace(self, edits=(name,))

    def _edited(self, *edits: Edit) -> str:
        text = self.text
        for edit in sorted((*self.edits, *edits), key=lambda edit: edit.start, reverse=True):
            text = f"{text[: edit.start]}{edit.new}{text[edit.end :]}"
        return " ".join(text.split())


def day_text(day: date, today: date) -> str:
    """`24 NOV`, with the year when it is not this one."""
    text = f"{day.day} {day:%b}".upper()
    return text if day.year == today.year else f"{text} {day:%y}"


def contract_text(instrument: Instrument, today: date) -> str:
    """`NIFTY FUT 24 NOV`, `NIFTY 24000 CE 24 NOV`: words that the order language reads."""
    assert instrument.expiry  # noqa: S101 - every derivative of a master has one
    day = day_text(instrument.expiry, today)
    if instrument.kind is Kind.FUTURE:
        return f"{instrument.underlying} FUT {day}"
    assert instrument.strike is not None  # noqa: S101 - every option has one
    return f"{instrument.underlying} {number_text(instrument.strike)} {instrument.kind} {day}"


def number_text(value: Decimal) -> str:
    """As it is typed: no grouping, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def title(instrument: Instrument, today: date) -> str:
    if instrument.kind.is_derivative:
        return contract_text(instrument, today)
    return f"{instrument.symbol} · {instrument.exchange}"


_COUNTED = {
    Kind.SHARE: ("share", "shares"),
    Kind.ETF: ("unit", "units"),
    Kind.COIN: ("", ""),
    Kind.PERPETUAL: ("", ""),
}


def amount_text(amount: Amount, instrument: Instrument) -> str:
    """`50 units`, `2 lots (130)`, `₹50,000`, `10 %`; of amounts that are legal."""
    if amount.measure is Measure.MONEY:
        whole = amount.value == amount.value.to_integral_value()
        return money(amount.value, instrument.currency, 0 if whole else 2)
    if amount.measure is Measure.PERCENT:
        return f"{number_text(amount.value)} %"
    if instrument.kind.is_derivative:
        lots = amount.measure is Measure.LOTS
        return units(amount.value * instrument.lot_size if lots else amount.value, instrument)
    one, many = _COUNTED[instrument.kind]
    word = one if amount.value == 1 else many
    return f"{quantity(amount.value, instrument.currency)} {word}".strip()


def neighbours(value: Decimal, step: Decimal) -> tuple[Decimal, ...]:
    """The positive multiples of step next to a value, the lower one first."""
    lower = (value / step).to_integral_value(rounding=ROUND_DOWN) * step
    return tuple(near for near in (lower, lower + step) if near > 0)
