"""What a person types when the desk asked for a number. Pure; raises UserError."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from tradegram.chat.asked import Level
from tradegram.chat.grammar.clauses import Clause, clauses_at
from tradegram.chat.grammar.modify import NewTerms
from tradegram.chat.grammar.read import read_terms
from tradegram.chat.grammar.said import Away
from tradegram.chat.grammar.tokens import plain_signs, tokens
from tradegram.chat.grammar.words import HERE_WORDS
from tradegram.chat.writing import label
from tradegram.errors import UserError
from tradegram.model import Instrument, OrderType, Terms
from tradegram.orders.state import Order
from tradegram.tickets.desk import Edit

LONGEST = 100
MOST_TOKENS = 12
NO_DAY = date(2000, 1, 1)  # no date can be said here; the clauses want one to read years by
TYPE_WORDS = {
    "limit": OrderType.LIMIT,
    "lmt": OrderType.LIMIT,
    "sl": OrderType.STOP_LIMIT,
    "stop": OrderType.STOP_LIMIT,
}
TO_TYPE = re.compile(rf"\s*to\s+({'|'.join(TYPE_WORDS)})\b", re.IGNORECASE)
NUMBER = re.compile(r"[0-9][0-9,]*(\.[0-9]+)?")
OFF = re.compile(r"\b(sl|stop|tgt|target|tp|trail)\s+(off|none)\b", re.IGNORECASE)
LEVELS_EXAMPLE = "Say for example: sl 2900 tgt 3050, sl 2%, or sl off."


def kept_here(text: str) -> tuple[str, bool]:
    """`buy INFY 10 when 1405 desk`: the rest, and whether this desk is to keep it."""
    rest, _, last = text.strip().rpartition(" ")
    return (rest.rstrip(), True) if last.upper() in HERE_WORDS else (text, False)


def read_quantity(text: str, instrument: Instrument) -> Decimal:
    """`20`, `2 lots`, `0.01`: units."""
    quantity = read_terms(quantity_words(text), instrument).quantity
    if quantity is None:
        raise _no_quantity(text)
    return quantity


def quantity_words(text: str) -> str:
    """The same as it can stand anywhere in an order: a bare number could also be a price."""
    words = text.strip()
    if not any(letter.isdecimal() for letter in words):
        raise _no_quantity(words)
    return f"qty {words}" if NUMBER.fullmatch(words) else words


def _no_quantity(words: str) -> UserError:
    return UserError(f"“{label(words, 40)}” is no quantity. Type a number, e.g. 20 or 2 lots.")


def read_price(text: str, instrument: Instrument) -> Edit:
    """`2955`, `trg 2960`, `2955 trg 2960`."""
    said = read_terms(text, instrument)
    if said.quantity is not None or (said.price is None and said.trigger is None):
        raise UserError("That is no price. Type e.g. 2955, or trg 2960 for a stop.")
    return Edit(price=said.price, trigger=said.trigger)


def read_change(order: Order, text: str) -> Terms:
    """The order's terms as they should be; what is not said stays. `to sl` changes its type."""
    if named := TO_TYPE.match(text):
        return _as_type(order, TYPE_WORDS[named.group(1).casefold()], text[named.end() :])
    said = read_terms(text, order.intent.instrument)
    if said.price is not None and order.price is None:
        raise UserError("That order has no price to change. Its trigger changes with trg 2960.")
    if said.trigger is not None and order.trigger is None:
        raise UserError("That order has no trigger to change.")
    wanted = Terms(
        said.quantity or order.quantity, said.price or order.price, said.trigger or order.trigger
    )
    if wanted == Terms(order.quantity, order.price, order.trigger):
        raise UserError("The order has these terms already.")
    if wanted.quantity <= order.cum_quantity:
        filled = f"{order.cum_quantity.normalize():f}"
        raise UserError(f"{filled} are filled already; the new quantity must be more.")
    return wanted


def _as_type(order: Order, wanted: OrderType, text: str) -> Terms:
    """The order as another type: each price it then has is said, or was there."""
    said = read_terms(text, order.intent.instrument) if text.strip() else NewTerms()
    price, trigger = said.price or order.price, said.trigger or order.trigger
    if wanted is OrderType.LIMIT:
        if said.trigger is not None:
            raise UserError("A limit order has no trigger. Say to sl for a stop order.")
        trigger = None
    if price is None or (wanted is OrderType.STOP_LIMIT and trigger is None):
        raise UserError(
            "Say the prices it should have, e.g. to sl 2945 trg 2950, or to limit 2955."
        )
    terms = Terms(said.quantity or order.quantity, price, trigger)
    if terms == Terms(order.quantity, order.price, order.trigger):
        raise UserError("The order has these terms already.")
    return terms


def read_levels(text: str) -> Edit:
    """`sl 2900 tgt 3050`, `sl 2%`, `sl off`."""
    off = {found.group(1).casefold() for found in OFF.finditer(text)}
    rest = OFF.sub(" ", text[: LONGEST + 1])
    levels = _levels(rest)
    no_stop = bool(off & {"sl", "stop"})
    no_target = bool(off & {"tgt", "target", "tp"})
    if not levels and not off:
        raise UserError(f"That is no stop or target. {LEVELS_EXAMPLE}")
    return Edit(
        stop_loss=levels.get("stop_loss"),
        target=levels.get("target"),
        no_stop_loss=no_stop and "stop_loss" not in levels,
        no_target=no_target and "target" not in levels,
        trail=levels.get("trail"),
        no_trail="trail" in off and "trail" not in levels,
    )


def _levels(text: str) -> dict[str, Level]:
    said = tokens(plain_signs(text))
    if len(said) > MOST_TOKENS:
        raise UserError(f"That is too long. {LEVELS_EXAMPLE}")
    levels: dict[str, Level] = {}
    at = 0
    while at < len(said):
        clause = next(
            (
                found
                for found in clauses_at(said, at, NO_DAY)
                if isinstance(found, Clause) and isinstance(found.value, Away)
            ),
            None,
        )
        if clause is None:
            raise UserError(f"“{said[at].text[:40]}” is not understood. {LEVELS_EXAMPLE}")
        levels[clause.field] = Level(clause.value.value, clause.value.unit)
        at = clause.end
    return levels
