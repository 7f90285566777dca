"""What a working order should become: `2955`, `@ 2955`, `qty 5`, `5 lots`, `trg 2960`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.chat.grammar.clauses import Clause, Unfinished, clauses_at
from tradegram.chat.grammar.said import Amount, Measure, Price
from tradegram.chat.grammar.terms import tick_fault
from tradegram.chat.grammar.tokens import Token, plain_signs, tokens
from tradegram.chat.grammar.words import CURRENCIES
from tradegram.chat.money import quantity as in_figures
from tradegram.errors import UserError
from tradegram.model import Instrument

LONGEST_TEXT = 200
MOST_TOKENS = 20
EXAMPLES = "Say for example: 2955, or qty 5, or trg 2960."
# No date can be said here; the clauses want one to read years by.
_NO_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class NewTerms:
    """What was said; None stays as it is. price, trigger: per unit; quantity: units in all."""

    price: Decimal | None = None
    trigger: Decimal | None = None
    quantity: Decimal | None = None

    def __str__(self) -> str:
        """In words that can be read in this way only: `qty 12 @ 1405 trg 1400`."""
        parts = (("qty", self.quantity), ("@", self.price), ("trg", self.trigger))
        return " ".join(f"{word} {value:f}" for word, value in parts if value is not None)


def read_terms(text: str, instrument: Instrument) -> NewTerms:
    """
    New terms for an order on this instrument; a number alone is a price.

    Raises UserError with one sentence: which word was not understood, which rule of the
    instrument a number breaks, or the two ways in which the words can be read.
    """
    said = tokens(plain_signs(text[: LONGEST_TEXT + 1]))
    if len(text) > LONGEST_TEXT or len(said) > MOST_TOKENS:
        raise UserError("That is too long for a change of an order.")
    if not said:
        raise UserError(f"What should change? {EXAMPLES}")
    faults: list[UserError] = []
    readings = list(dict.fromkeys(_readings(said, 0, {}, instrument, faults)))
    if not readings:
        raise faults[0]  # of the likeliest way to read it
    if len(readings) > 1:
        ways = " or ".join(f"“{each}”" for each in readings)
        raise UserError(f"That can be read in two ways. Say {ways}.")
    return readings[0]


def _readings(
    said: Sequence[Token],
    at: int,
    found: Mapping[str, Decimal],
    instrument: Instrument,
    faults: list[UserError],
) -> Iterator[NewTerms]:
    """Every legal way to read on from `at`; each part is said once, so no way is longer than 3."""
    if at == len(said):
        yield NewTerms(found.get("price"), found.get("trigger"), found.get("quantity"))
        return
    for clause in _clauses(said, at, faults):
        try:
            part, value = _meant(clause.value, clause.field, said[at], instrument)
        except UserError as fault:
            faults.append(fault)
            continue
        if part in found:
            faults.append(UserError(f"The {part} is said twice."))
        else:
            yield from _readings(said, clause.end, {**found, part: value}, instrument, faults)


def _clauses(said: Sequence[Token], at: int, faults: list[UserError]) -> Iterator[Clause]:
    fits = False
    for clause in clauses_at(said, at, _NO_DAY):
        if isinstance(clause, Unfinished):
            fits = True
            faults.append(UserError(clause.why))
        elif clause.field in ("price", "trigger", "quantity"):
            fits = True
            yield clause
    if not fits:
        why = f'"{said[at].text}" cannot be changed or is not understood. {EXAMPLES}'
        faults.append(UserError(why))


def _meant(value: Any, field: str, token: Token, instrument: Instrument) -> tuple[str, Decimal]:
    mark = value.mark
    if mark and instrument.currency not in CURRENCIES[mark]:
        raise UserError(f"{instrument.symbol} is priced in {instrument.currency}.")
    if isinstance(value, Price):
        return field, _price(value.value, instrument)
    assert isinstance(value, Amount)  # noqa: S101 - the third field that is let through
    if value.measure is Measure.BARE or value.measure is Measure.MONEY:
        return "price", _price(value.value, instrument)
    if value.measure is Measure.PERCENT:
        raise UserError(f'"{token.text}" is not a price. {EXAMPLES}')
    return "quantity", _units(value, instrument)


def _price(value: Decimal, instrument: Instrument) -> Decimal:
    if why := tick_fault(value, instrument):
        raise UserError(why)
    return value


def _units(amount: Amount, instrument: Instrument) -> Decimal:
    units = amount.value
    if amount.measure is Measure.LOTS:
        if not instrument.kind.is_derivative:
            raise UserError(f"{instrument.symbol} is not traded in lots.")
        units *= instrument.lot_size
    if units <= 0:
        raise UserError("The quantity must be above zero.")
    if units % instrument.lot_size:
        said, step = (in_figures(n, instrument.currency) for n in (units, instrument.lot_size))
        raise UserError(f"{said} is not a multiple of {step}, the lot of {instrument.symbol}.")
    return units
