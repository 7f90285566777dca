from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import pytest
from samples import STAGED, TICKET

from tradegram import copies
from tradegram.limits import Limits
from tradegram.orders.state import State


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (STAGED, {"state": State.FILLED, "version": 3, "text": "filled", "code": "x"}),
        (STAGED, {}),
        (TICKET, {"legs": (), "shares": ()}),
        (Limits(), {"whose": {"quantity": "#main "}}),
    ],
)
def test_a_copy_is_what_the_standard_one_is(record: Any, changes: dict[str, Any]) -> None:
    copy, standard = copies.replace(record, **changes), dataclasses.replace(record, **changes)

    assert copy == standard
    assert dataclasses.asdict(copy) == dataclasses.asdict(standard)  # what does not compare, too
    assert type(copy) is type(record)


@dataclass(frozen=True, slots=True)
class Sum:
    left: int
    right: int

    def __post_init__(self) -> None:
        if self.left < 0:
            raise ValueError("below zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    left: int
    right: int


@dataclass(slots=True)
class Kept:
    left: int
    right: int = field(init=False, default=0)


def test_a_copy_is_checked_as_a_new_one_is() -> None:
    with pytest.raises(ValueError, match="below zero"):
        copies.replace(Sum(1, 2), left=-1)


@pytest.mark.parametrize("record", [Named(left=1, right=2), Kept(1)])
def test_a_type_that_is_not_made_from_its_fields_in_order_is_refused(record: Any) -> None:
    with pytest.raises(TypeError, match="in their order"):
        copies.replace(record, left=2)


def test_a_name_that_is_no_field_is_refused() -> None:
    wrong: Any = {"mood": "good"}
    with pytest.raises(TypeError, match="Order has no field 'mood'"):
        copies.replace(STAGED, **wrong)
