from __future__ import annotations

import pytest

from tradegram.brokers.adapter import Reply
from tradegram.brokers.paper.door import refused
from tradegram.brokers.zerodha import Zerodha
from tradegram.codes import NEXT_STEP, Code, code_of, next_step
from tradegram.errors import BrokerError, NotSent, OutcomeUnknown, Refused, SessionExpired


def zerodha_says(status: int, kind: str, message: str) -> Refused | None:
    return Zerodha().refusal(Reply(status, {"error_type": kind, "message": message}))


def test_every_code_has_a_next_step() -> None:
    assert set(NEXT_STEP) == set(Code)
    assert all(words.endswith(".") for words in NEXT_STEP.values())


def test_a_code_of_a_later_version_has_no_next_step_here() -> None:
    assert next_step("") == next_step("INVENTED_LATER") == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotSent("b", "?"), Code.BROKER_UNAVAILABLE),
        (OutcomeUnknown("b", "?"), Code.OUTCOME_UNKNOWN),
        (SessionExpired("b", "?"), Code.BROKER_SESSION_EXPIRED),
        (SessionExpired("b", "?", means=Code.INVALID_CREDENTIALS), Code.INVALID_CREDENTIALS),
        (Refused("b", "words that no table knows", code="E-4711"), Code.BROKER_ERROR),
        (refused("the market is closed", "MARKET_CLOSED"), Code.MARKET_CLOSED),
        (refused("not enough", "INSUFFICIENT_HOLDINGS"), Code.INSUFFICIENT_FUNDS),
        (refused("a lot is 65"), Code.INVALID_ORDER),
    ],
)
def test_the_adapters_table_says_what_a_refusal_means_and_the_kind_what_is_left(
    error: BrokerError, code: Code
) -> None:
    assert code_of(error) is code


@pytest.mark.parametrize(
    ("status", "kind", "message", "code"),
    [
        (429, "NetworkException", "Too many requests", Code.RATE_LIMITED),
        (403, "TokenException", "Incorrect `access_token`.", Code.BROKER_SESSION_EXPIRED),
        (400, "MarginException", "?", Code.INSUFFICIENT_FUNDS),
        (400, "OrderException", "Insufficient funds. Need 5", Code.INSUFFICIENT_FUNDS),
        (400, "OrderException", "no", Code.ORDER_REJECTED),
        (400, "InputException", "Invalid `quantity`.", Code.INVALID_ORDER),
        (
            400,
            "InputException",
            "The instrument you are placing an order for has either expired or does not exist.",
            Code.INVALID_SYMBOL,
        ),
        (403, "PermissionException", "No IPs configured for this app.", Code.IP_NOT_REGISTERED),
    ],
)
def test_what_zerodha_says_has_one_meaning(
    status: int, kind: str, message: str, code: Code
) -> None:
    refusal = zerodha_says(status, kind, message)

    assert refusal is not None
    assert (code_of(refusal), refusal.words) == (code, message if status != 429 else refusal.words)


def test_an_unknown_type_with_unknown_words_proves_nothing() -> None:
    assert zerodha_says(400, "BrandNewException", "?") is None
    assert zerodha_says(502, "PermissionException", "No IPs configured for this app") is None
