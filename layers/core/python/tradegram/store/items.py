"""Records as JSON text, the same in every store. Decimals and dates travel as strings."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from tradegram.orders.state import Order
from tradegram.ports import Document, Notice, Record
from tradegram.store.item_text import names_of, text_of
from tradegram.tickets.ticket import Ticket

T = TypeVar("T")
Decode = Callable[[Any], Any]

SMALL = 512  # characters; larger ones are mostly a broker's or a day's own, and change each time


def dump(record: Record | Notice) -> str:
    return text_of(record)


@lru_cache(maxsize=8192)
def load_order(text: str) -> Order:
    """Orders are values, and the day's are read again and again: the same text, the same order."""
    return _load(Order, text)


def load_ticket(text: str) -> Ticket:
    return _load(Ticket, text)


def load_document(text: str) -> Document:
    """
    Accounts, limits, switches and keys are read with every order and seldom change, so what small
    texts say is kept. The text itself is always read anew; nobody may change what is in a body.
    """
    return _small_document(text) if len(text) <= SMALL else _load(Document, text)


@lru_cache(maxsize=1024)
def _small_document(text: str) -> Document:
    return _load(Document, text)


def load_notice(text: str) -> Notice:
    return _load(Notice, text)


def _load(kind: type[T], text: str) -> T:
    made = _decoder(cast(Any, kind))(json.loads(text))
    assert isinstance(made, kind)  # noqa: S101 - narrows what the decoder was built for
    return made


@cache
def _decoder(kind: Any) -> Decode:
    """How to make a value of this type from what JSON gave. Built once per type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        [only] = [one for one in inner if one is not type(None)]
        return _optional(_decoder(only))
    if origin is tuple:
        return _tuple_of(_decoder(inner[0]))
    if origin is dict and inner[1] is not Any:
        return _dict_of(_decoder(inner[1]))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind)
    if isinstance(kind, type) and issubclass(kind, Decimal | Enum):
        return kind
    if kind is date:
        return date.fromisoformat
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _optional(decode: Decode) -> Decode:
    return lambda value: None if value is None else decode(value)


def _tuple_of(decode: Decode) -> Decode:
    return lambda values: tuple(decode(value) for value in values)


def _dict_of(decode: Decode) -> Decode:
    return lambda values: {key: decode(value) for key, value in values.items()}


def _dataclass(kind: type) -> Decode:
    hints = get_type_hints(kind)
    decoders = {name: _decoder(hints[name]) for name in names_of(kind)}

    def decode(raw: dict[str, Any]) -> Any:
        # A field that a newer version wrote is left out, one that an older did not gets its
        # default: records outlive versions, in both directions.
        return kind(**{name: decoders[name](raw[name]) for name in decoders if name in raw})

    return decode
