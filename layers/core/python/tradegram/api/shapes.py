"""
The shapes of the API: those of system E where it has them, in its own words, and ours beside.

Numbers are JSON numbers with every digit when they come in; going out they pass through a float,
which keeps 15 digits, more than any price or quantity has. Times going out are ISO 8601 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, WithJsonSchema

from tradegram.api.call import Shape
from tradegram.api.faults import NEXT

MOST_DIGITS, MOST_DECIMALS = 15, 8


def plain_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


Number = Annotated[
    Decimal,
    PlainSerializer(plain_number, when_used="json"),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]
Amount = Annotated[
    Decimal, Field(gt=0, lt=10**12, max_digits=MOST_DIGITS, decimal_places=MOST_DECIMALS)
]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
AccountWord = Annotated[str, Field(min_length=1, max_length=64)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
Success = Literal[True]


def time_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )  # fmt: skip


class Done(Shape):
    """Every answer that is no error says so first."""

    success: Success = True


class ErrorShape(Shape):
    """code: for programs. message: what is wrong. hint: what to do."""

    code: Annotated[str, Field(json_schema_extra={"enum": [*NEXT]})]
    message: str
    hint: str


class FailedShape(Shape):
    success: Literal[False] = False
    error: ErrorShape


class DoneShape(Done):
    message: str
