from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tradegram.brokers.contract import Book
from tradegram.brokers.refusals import if_any, let_in, meaning
from tradegram.codes import Code
from tradegram.errors import BrokerError, OutcomeUnknown, Refused, SessionExpired, Throttled

NONE_SUCH = "-2013"


def refused_with(error: BrokerError) -> Generator[Any, Any, Book]:
    raise error
    yield  # unreached; it makes this a generator


def result(steps: Generator[Any, Any, Book]) -> Book:
    with pytest.raises(StopIteration) as done:
        next(steps)
    book: Book = done.value.value
    return book


def test_the_first_words_that_are_found_say_what_is_meant() -> None:
    table = (("no funds", Code.INSUFFICIENT_FUNDS), ("no", Code.ORDER_REJECTED))

    said = [meaning(words, table) for words in ("No funds.", "NO.", "yes", "")]

    assert said == [Code.INSUFFICIENT_FUNDS, Code.ORDER_REJECTED, "", ""]


def test_what_a_login_is_refused_for_is_its_credentials() -> None:
    with pytest.raises(Refused) as refused:
        next(let_in(refused_with(SessionExpired("kite", "token is used", code="403"))))

    error = refused.value
    assert (error.words, error.code, error.means) == (
        "token is used", "403", Code.INVALID_CREDENTIALS,
    )  # fmt: skip
    assert not isinstance(error, SessionExpired)


@pytest.mark.parametrize(
    "error", [Throttled("kite", "too fast", retry_after=1.0), OutcomeUnknown("kite", "silence")]
)
def test_a_login_that_was_not_judged_says_nothing_of_its_credentials(error: BrokerError) -> None:
    with pytest.raises(BrokerError) as raised:
        next(let_in(refused_with(error)))

    assert raised.value is error


def test_an_order_is_absent_only_where_the_broker_says_so() -> None:
    absent = if_any(refused_with(Refused("it", "no order", code=NONE_SUCH)), "A1", NONE_SUCH)
    other = if_any(refused_with(Refused("it", "no pair", code="-1121")), "A1", NONE_SUCH)

    assert result(absent) == Book(())
    assert result(other) == Book((), ["A1: no pair"])


@pytest.mark.parametrize(
    "error", [SessionExpired("it", "log in"), Throttled("it", "too fast", retry_after=1.0)]
)
def test_who_is_not_let_in_hears_nothing_of_an_order(error: BrokerError) -> None:
    with pytest.raises(type(error)):
        next(if_any(refused_with(error), "A1", NONE_SUCH))
