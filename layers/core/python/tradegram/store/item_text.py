"""
Records to JSON text.

A record has dozens of fields and is written several times in an order's life, so how to write a
dataclass is worked out once per type and filled in from then on; what the standard encoder makes
of the same values is the same text, and it still writes all that is not listed here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from json.encoder import encode_basestring_ascii
from math import isfinite
from operator import attrgetter
from typing import Any, cast

Write = Callable[[Any], str]


class _Writers(dict[type, Write]):
    """How to write values of just this type: of the value, not of the field that holds it."""

    def __missing__(self, kind: type) -> Write:
        write = self[kind] = _worked_out(kind)
        return write


def text_of(value: object) -> str:
    """Raises TypeError for what no record may hold."""
    return _WRITERS[type(value)](value)


@cache
def names_of(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass."""
    return tuple(field.name for field in dataclasses.fields(kind))


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value):
        return {name: getattr(value, name) for name in names_of(cast(Any, type(value)))}
    raise TypeError(f"cannot store a {type(value).__name__}")


_anything: Write = json.JSONEncoder(default=_plain, separators=(",", ":")).encode


def _worked_out(kind: type) -> Write:
    if issubclass(kind, str):  # a word of ours; the standard encoder takes it for its text too
        return encode_basestring_ascii
    return _dataclass(kind) if dataclasses.is_dataclass(kind) else _anything


def _dataclass(kind: type) -> Write:
    names = names_of(kind)
    if len(names) < 2:  # one name alone would not be read as a tuple
        return _anything
    read = attrgetter(*names)
    form = "{" + ",".join(f'"{name}":%s' for name in names) + "}"
    return lambda value: form % tuple([_WRITERS[type(one)](one) for one in read(value)])


def _float(value: float) -> str:
    return repr(value) if isfinite(value) else _anything(value)


def _list(values: Sequence[object]) -> str:
    return "[" + ",".join([_WRITERS[type(one)](one) for one in values]) + "]"


_WRITERS = _Writers(
    {
        str: encode_basestring_ascii,
        int: repr,
        float: _float,
        bool: lambda value: "true" if value else "false",
        type(None): lambda _: "null",
        Decimal: lambda value: f'"{value!s}"',
        date: lambda value: f'"{value.isoformat()}"',
        tuple: _list,
        list: _list,
    }
)
