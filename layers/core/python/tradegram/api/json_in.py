"""JSON that strangers may send: of bounded size, depth and number of values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tradegram.api.faults import ApiCode, Fault

LARGEST_BODY = 64 * 1024
DEEPEST, MOST_VALUES = 8, 1_000
NOT_JSON = "The body is not JSON."


def read_json(body: bytes) -> Any:
    """Numbers keep every digit. Raises Fault."""
    try:
        text = body.decode()
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Fault(ApiCode.INVALID_REQUEST, NOT_JSON) from None
    _check_shape(found)
    return found


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _check_shape(whole: Any) -> None:
    """Raises Fault. Level by level, so that nothing here can be too deep."""
    level, count = [whole], 1
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        count += len(level)
        if count > MOST_VALUES:
            raise Fault(ApiCode.INVALID_REQUEST, f"The body has more than {MOST_VALUES} values.")
        if not level:
            return
    raise Fault(ApiCode.INVALID_REQUEST, f"The body is nested more than {DEEPEST - 1} deep.")


def _inside(one: Any) -> list[Any]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
