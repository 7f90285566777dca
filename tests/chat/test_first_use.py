"""What a person meets in the first minutes: questions, choices, refusals and lists, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels

from tradegram.brokers.registry import PAPER

PHONE = 38  # letters that fit beside each other


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("asked", "answer", "ticket"),
    [
        ("buy infy", "25", "25 × MARKET"),
        ("buy infy @ 1500 sl 1480", "100", "100 × LIMIT ₹1,500.00"),
        ("buy BANKNIFTY 52000 CE 29 DEC", "2 lots", "2 lots (60)"),
        ("buy BTCUSDT", "0.01", "0.01 × MARKET"),
    ],
)
def test_a_quantity_that_was_asked_for_may_be_typed(
    desk: Floor, asked: str, answer: str, ticket: str
) -> None:
    assert "How many" in desk.one(asked).text
    assert ticket in desk.one(answer).text


def test_what_is_no_quantity_is_refused_and_the_question_stands(desk: Floor) -> None:
    desk.one("buy infy")
    assert "no quantity" in desk.one("some").text
    assert "5 × MARKET" in desk.one("5").text


def test_a_command_ends_the_question_for_a_quantity(desk: Floor) -> None:
    desk.one("buy infy")
    desk.one("/funds")
    assert "did not understand" in desk.one("25").text


def test_choices_say_what_each_would_cost(desk: Floor) -> None:
    shown = labels(desk.one("/buy NIFTY 50"))
    orders = [label for label in shown if "remember" not in label and "Cancel" not in label]
    assert len(orders) == 5
    assert all("≈ ₹" in label for label in orders if "2nd confirm" not in label), orders
    [two] = [label for label in labels(desk.one("/buy TATA MOTORS 10")) if "TMCV" in label]
    assert "10 shares ≈ ₹" in two


@pytest.mark.parametrize("text", ["buy BTCUSDT 0.01", "buy AAPL 1"])
def test_what_has_one_product_only_does_not_show_an_indian_one(desk: Floor, text: str) -> None:
    reply = desk.one(text)
    assert "CNC" not in reply.text
    desk.press(reply, "Confirm")
    desk.work()
    order = desk.store.orders(PAPER.account_id).orders[0]
    assert "CNC" not in desk.one(f"/order {order.key}").text


def test_two_products_are_not_called_one_said_twice(desk: Floor) -> None:
    reply = desk.one("buy RELIANCE 10 mis nrml")
    assert "mis" in reply.text
    assert "nrml" in reply.text
    assert "twice" not in reply.text


def test_a_share_of_nothing_is_said_plainly(desk: Floor) -> None:
    assert "You hold no RELIANCE" in desk.one("sell RELIANCE 50%").text


def test_each_refusal_stands_on_a_line_of_its_own(desk: Floor) -> None:
    lines = desk.one("buy infy 100000").text.splitlines()
    assert "above your limit" in lines[0]
    assert "short" in lines[1]


def test_help_is_a_list_that_fits_a_phone(desk: Floor) -> None:
    [help_] = desk.say("/help")
    lines = help_.text.splitlines()
    assert not any(line.startswith(" ") for line in lines)
    assert sum(len(line) // PHONE + 1 for line in lines) < 90
