"""A basket in the real process: killed between its legs, it goes on where it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.product import Product, telegram
from e2e.trader import Trader, until
from loopback.bot_api import BotApi, Message

USER = 6001
SPREAD = "/basket BUY NIFTY 24000 CE next month 1 lot; SELL NIFTY 24200 CE next month 1 lot"


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Trader]:
    with (
        BotApi() as api,
        # Long enough for a kill between the hedge and the leg that waits for it.
        Product(tmp_path, telegram(api, USER, TRADEGRAM_PAPER_DELAY_S="4")) as desk,
    ):
        yield Trader(desk, api, api.user(USER, "Asha"), 65)
        assert "Traceback" not in desk.said, desk.said


def confirmed(trader: Trader) -> Message:
    trader.person.says(SPREAD)
    card = trader.card("Confirm")
    trader.confirm(card)
    until(lambda: "Submitting" in card.text or "really" in str(card.labels), "an answer")
    if "Submitting" not in card.text:
        trader.person.press(card, "Yes, really")
        trader.reads(card, "Submitting")
    return card


def test_a_kill_between_the_legs_loses_none_and_doubles_none(trader: Trader) -> None:
    card = confirmed(trader)
    until(lambda: "Accepted by the broker" in card.text, f"the hedge accepted: {card.text!r}")
    assert "Submitting" in card.text  # the short leg, which waits for the exchange

    trader.desk.kill9()
    assert [order["side"] for order in trader.desk.orders()] == ["BUY"]
    trader.desk.start()

    until(lambda: card.text.count("Filled 65") == 2, f"both legs filled in {card.text!r}")
    found = Counter(order["client_order_id"] for order in trader.desk.orders())
    assert sorted(found.values()) == [1, 1]
    assert "unbroken" in trader.desk.answer("audit", "verify")
