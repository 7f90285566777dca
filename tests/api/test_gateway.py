"""What API Gateway hands over, and how much of it is kept."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tradegram.api.gateway import asking_of
from tradegram.api.json_in import LARGEST_BODY


def event(body: str, *, in_base64: bool) -> dict[str, Any]:
    return {
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.7"}},
        "rawPath": "/api/signals", "rawQueryString": "", "headers": {}, "body": body,
        "isBase64Encoded": in_base64,
    }  # fmt: skip


@pytest.mark.parametrize("size", [LARGEST_BODY - 1, LARGEST_BODY, LARGEST_BODY + 1, 6_000_000])
def test_of_a_body_no_more_is_kept_than_shows_that_it_is_too_long(size: int) -> None:
    plain = asking_of(event("x" * size, in_base64=False)).body
    coded = asking_of(event(base64.b64encode(b"x" * size).decode(), in_base64=True)).body

    for kept in (plain, coded):
        assert (len(kept) > LARGEST_BODY) == (size > LARGEST_BODY)
        assert len(kept) <= min(size, LARGEST_BODY + 3)
