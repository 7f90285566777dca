"""
The order language: a text becomes every legal reading of it. Pure; nothing is guessed.

    order = side body     body = words that name an instrument, how many, and clauses, in any order

Every way to take the words is tried, and those that the instrument allows are kept: one is a
ticket, several are buttons, none says which word failed and what would be understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from tradegram.chat.asked import Readings
from tradegram.chat.grammar.answer import LONGEST_TEXT, MOST_TOKENS, answer
from tradegram.chat.grammar.modify import NewTerms, read_terms
from tradegram.chat.grammar.reading import Context, Spot
from tradegram.chat.grammar.tokens import plain_signs, tokens
from tradegram.chat.grammar.words import SIDES
from tradegram.model import Instrument
from tradegram.ports import Instruments

__all__ = ["NewTerms", "is_order", "read_order", "read_terms"]

_IST = timedelta(hours=5, minutes=30)
_HEAD = re.compile(r"\s*(?P<slash>/?)(?P<side>buy|sell|b|s)(?:@[A-Za-z0-9_]+)?(?=\s|$)", re.I)
_NOTHING: Mapping[str, str] = MappingProxyType({})


def no_price(instrument: Instrument) -> Decimal | None:
    """Nobody knows a price: choosers leave out what needs one."""
    return None


def is_order(text: str) -> bool:
    """Whether a message begins like an order: `/buy`, `sell ...`, `b 5 INFY`. Cheap."""
    head = _HEAD.match(text)
    if not head:
        return False
    return bool(head["slash"]) or len(head["side"]) > 1 or bool(text[head.end() :].strip())


def read_order(
    text: str,
    instruments: Instruments,
    now: float,
    remembered: Mapping[str, str] = _NOTHING,
    spot: Spot = no_price,
) -> Readings:
    """
    Every legal reading of an order text, or why there is none. Raises nothing.

    now:        seconds since the epoch.
    remembered: words in upper case -> instrument key, as chosen by this person before.
    spot:       the last price of an index, for its at-the-money options; None when unknown.
    """
    if len(text) > LONGEST_TEXT:
        return Readings(text, question=f"An order has at most {LONGEST_TEXT} characters.")
    plain = " ".join(plain_signs(text).split())
    head = _HEAD.match(plain)
    if not head:
        return Readings(text, question="An order begins with buy or sell.")
    said = tokens(plain, head.end())
    if len(said) > MOST_TOKENS:
        return Readings(text, question=f"An order has at most {MOST_TOKENS} words.")
    side = SIDES[head["side"].upper()]
    ctx = Context(plain, said, side, instruments, _indian_date(now), spot, remembered)
    return replace(answer(ctx), source_text=text)


def _indian_date(now: float) -> date:
    return (datetime.fromtimestamp(now, UTC) + _IST).date()
