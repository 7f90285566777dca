"""One-time codes: the vectors of RFC 6238, and no code twice."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from tradegram.risk.totp import PERIOD, address, code, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(at: int, expected: str) -> None:
    assert code(SECRET, int(at // PERIOD)) == expected  # the last six of the RFC's eight digits


def test_clocks_may_differ_by_one_period_and_not_by_two() -> None:
    now = 1_234_567_890.0
    this = int(now // PERIOD)
    for step in (this - 1, this, this + 1):
        assert step_of(SECRET, code(SECRET, step), now, 0) == step
    for step in (this - 2, this + 2):
        assert step_of(SECRET, code(SECRET, step), now, 0) is None


def test_a_code_that_was_used_and_those_before_it_are_refused() -> None:
    now = 1_234_567_890.0
    this = int(now // PERIOD)

    assert step_of(SECRET, code(SECRET, this), now, this) is None
    assert step_of(SECRET, code(SECRET, this - 1), now, this) is None
    assert step_of(SECRET, code(SECRET, this + 1), now, this) == this + 1


def test_an_app_can_read_the_address() -> None:
    parts = urlsplit(address(SECRET, "7"))

    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query)["secret"] == [SECRET]
