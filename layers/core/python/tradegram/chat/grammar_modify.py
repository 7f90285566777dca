"""What a working order should become: `2955`, `@ 2955`, `qty 5`, `5 lots`, `trg 2960`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.chat.grammar_clauses import Clause, Unfinished, clauses_at
from tradegram.chat.grammar_said import Amount, Measure, Price
from tradegram.chat.grammar_terms import tick_fault
from tradegram.chat.grammar_tokens import Token, plain_signs, tokens
from tradegram.chat.money import quantity as in_figures
from tradegram.chat.words import CURRENCIES
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


def read_terms(text: str, instrument: Instrument) -> NewTerms:
    """
    New terms for an order on this instrument; a number alone is a price.

    Raises UserError with one sentence that names the word which was not understood, or the rule
    of the instrument that a number breaks.
    """
    said = tokens(plain_signs(text[: LONGEST_TEXT + 1]))
    if len(text) > LONGEST_TEXT or len(said) > MOST_TOKENS:
        raise UserError("That is too long for a change of an order.")
    found: dict[str, Decimal] = {}
    at = 0
    while at < len(said):
        clause = _clause(said, at)
        part, value = _meant(clause.value, clause.field, said[at], instrument)
        if part in found:
            raise UserError(f"The {part} is said twice.")
        found[part] = value
        at = clause.end
    if not found:
        raise UserError(f"What should change? {EXAMPLES}")
    return NewTerms(found.get("price"), found.get("trigger"), found.get("quantity"))


def _clause(said: Sequence[Token], at: int) -> Clause:
    for clause in clauses_at(said, at, _NO_DAY):
        if isinstance(clause, Unfinished):
            raise UserError(clause.why)
        if clause.field in ("price", "trigger", "quantity"):
            return clause
    raise UserError(f'"{said[at].text}" cannot be changed or is not understood. {EXAMPLES}')


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
