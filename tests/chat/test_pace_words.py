from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor

from tradegram.brokers.paper.profile import PROFILE
from tradegram.brokers.registry import PAPER, Maker, Registry
from tradegram.chat.pace_words import pace_line


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Floor]:
    """As if the paper broker were reached over a network."""
    with floor(tmp_path) as made:
        registry = made.desk.brokers
        assert isinstance(registry, Registry)
        maker = Maker(replace(PROFILE, book_is_local=False), registry.makers["paper"].make)
        made.desk = replace(made.desk, brokers=Registry(made.store, {"paper": maker}))
        yield made


def test_a_ticket_of_many_orders_says_how_long_they_take(far: Floor) -> None:
    text = far.one("buy 260 lots NIFTY 25500 CE 23 NOV @ 0.10").text

    assert "orders of" in text
    assert "The last of them leaves about 1 s after the first: brokers limit the rate." in text
    assert "The last of them" not in far.one("buy RELIANCE 10 @ 2900").text


def test_a_cancel_of_many_says_how_long_it_takes(far: Floor) -> None:
    for number in range(10):
        far.press(far.one(f"buy INFY {number + 1} @ 1400"), "Confirm")
    far.work()

    assert "The last of them leaves about 1 s" in far.one("/cancel all").text


def test_each_account_has_its_own_pace(far: Floor) -> None:
    one = PAPER.account_id

    assert pace_line(far.desk, [one] * 8) == ""
    assert "about 3 s" in pace_line(far.desk, [one] * 25)
    assert pace_line(far.desk, []) == ""


def test_on_paper_nothing_is_said(tmp_path: Path) -> None:
    with floor(tmp_path) as made:
        assert pace_line(made.desk, [PAPER.account_id] * 100) == ""
