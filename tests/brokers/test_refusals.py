from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from brokers.sim_desk import sim_desk
from conformance.case import HttpCase, Row
from conformance.cases.icicidirect import IciciDirectCase
from conformance.cases.kotakneo import KotakNeoCase

from tradegram.brokers.contract import Book
from tradegram.brokers.refusals import UNSURE, if_any, is_unsure, let_in, meaning
from tradegram.codes import Code
from tradegram.errors import BrokerError, OutcomeUnknown, Refused, SessionExpired, Throttled
from tradegram.orders.send import send_order
from tradegram.orders.state import State
from tradegram.sims.wire import said

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


# What both know, with something that leaves it open, and what sounds like one of them.
OPEN = [
    *(f"Insufficient funds: {words.title()}." for words in UNSURE),
    "Order placed, but the margin could not be updated",
    "Internal error while the lot size was checked",
    "Order already executed",
    "Margin of your order is being computed",
    "Funds are being moved for this order",
]


def said_by(case: HttpCase, words: str, status: int) -> Any:
    if case.name == "kotakneo":
        return said({"stat": "Not_Ok", "emsg": words, "stCode": 1}, status)
    return said({"Success": None, "Status": status, "Error": words}, 200)


@pytest.mark.parametrize("made", [IciciDirectCase, KotakNeoCase])
def test_words_that_leave_it_open_write_no_order_off(made: type[HttpCase], tmp_path: Path) -> None:
    with sim_desk(made(), tmp_path) as desk:
        for words in OPEN:
            # One is unresolved at a time where the broker keeps no name of ours.
            order = desk.stage(desk.case.intent())
            desk.case.refuse(Row("", said_by(desk.case, words, 200), Code.BROKER_ERROR))

            sent = send_order(desk, desk.store.order(order.key))

            assert sent.state is State.UNKNOWN, words
            desk.case.clock.pass_(1.0)


@pytest.mark.parametrize("made", [IciciDirectCase, KotakNeoCase])
@pytest.mark.parametrize("words", UNSURE)
def test_a_status_does_not_make_them_a_refusal(made: type[HttpCase], words: str) -> None:
    case = made()
    case.broker()
    case.refuse(Row("", said_by(case, f"Order: {words}", 400), Code.BROKER_ERROR))

    with pytest.raises(OutcomeUnknown):
        case.place(case.intent())


def test_a_plain_no_is_not_unsure() -> None:
    assert not any(
        is_unsure(words)
        for words in (
            "Insufficient limit : Please allocate funds", "Invalid Quantity", "Invalid session.",
            "Resource not available.", "Market order with Algo Id not allowed",
            "Unable to place the order: margin shortfall", "Static IP is not whitelisted",
        )
    )  # fmt: skip
