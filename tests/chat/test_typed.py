from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import samples

from tradegram.chat.asked import Level, Unit
from tradegram.chat.typed import (
    read_change,
    read_levels,
    read_price,
    read_quantity,
)
from tradegram.errors import UserError
from tradegram.model import Kind, Terms
from tradegram.orders.state import State
from tradegram.tickets.desk import Edit

D = Decimal
FUTURE = replace(samples.INFY, kind=Kind.FUTURE, lot_size=D(65))
WORKING = replace(samples.STAGED, state=State.WORKING, cum_quantity=D(10))


def test_a_bare_number_is_a_quantity_where_a_quantity_was_asked() -> None:
    assert read_quantity("20", samples.INFY) == D(20)
    assert read_quantity("1,000", samples.INFY) == D(1000)
    assert read_quantity("2 lots", FUTURE) == D(130)


@pytest.mark.parametrize("text", ["abc", "", "-5", "0", "1.5", "@ 20", "sl 20", "20 30", "20%"])
def test_what_is_no_legal_quantity_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_quantity(text, samples.INFY)


def test_a_quantity_that_is_no_multiple_of_the_lot_is_refused_not_rounded() -> None:
    with pytest.raises(UserError, match="65"):
        read_quantity("100", FUTURE)


def test_prices_and_triggers_are_read() -> None:
    assert read_price("2955", samples.INFY) == Edit(price=D(2955))
    assert read_price("trg 2960", samples.INFY) == Edit(trigger=D(2960))


@pytest.mark.parametrize("text", ["qty 5", "2955.03", "buy", "", "2955 2956"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_price(text, samples.INFY)


def test_what_a_change_does_not_say_stays() -> None:
    assert read_change(WORKING, "1505") == Terms(D(100), D(1505))
    assert read_change(WORKING, "qty 50") == Terms(D(50), D("1500.05"))
    assert read_change(WORKING, "qty 50 @ 1505") == Terms(D(50), D(1505))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1505 qty 50", "two ways"),
        ("50 qty 1505", "two ways"),
        ("1500.05", "already"),
        ("qty 10", "filled"),
        ("trg 1500", "no trigger"),
        ("sl 1400", "not understood"),
        ("", "What should change"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        read_change(WORKING, text)


def test_levels_are_read_by_price_percent_and_points() -> None:
    assert read_levels("sl 2900 tgt 2%") == Edit(
        stop_loss=Level(D(2900), Unit.PRICE), target=Level(D(2), Unit.PERCENT)
    )
    assert read_levels("sl -40").stop_loss == Level(D(40), Unit.POINTS)


def test_levels_can_be_taken_off() -> None:
    assert read_levels("sl off") == Edit(no_stop_loss=True)
    assert read_levels("tgt none sl 2900") == Edit(
        no_target=True, stop_loss=Level(D(2900), Unit.PRICE)
    )


@pytest.mark.parametrize("text", ["2900", "", "sl", "hello", "sl 2900 @ 3000", "x " * 50])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_levels(text)
