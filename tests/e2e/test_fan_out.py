"""One ticket for three accounts on the running product: killed between its legs, never doubled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.product import Product, telegram
from e2e.trader import Trader, until
from loopback.bot_api import BotApi, Message

NAMES = ("main", "wife", "kid")
USER = 77


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Trader]:
    with BotApi() as api, Product(tmp_path, telegram(api, USER)) as desk:
        for name in NAMES[1:]:
            desk.answer("accounts", "--add", name)
        yield Trader(desk, api, api.user(USER, "Asha"), 30)
        assert "Traceback" not in desk.said, desk.said


def ticket(trader: Trader) -> Message:
    trader.person.says("/buy NIFTYBEES 30 #all")
    return trader.card("Confirm BUY 30 in 3 orders")


def test_one_message_follows_all_orders_to_their_fills(family: Trader) -> None:
    message = ticket(family)
    family.confirm(message)
    family.reads(message, "3 of 3 orders filled")
    said = family.sees("#wife ✅ Filled")
    assert said.message_id != message.message_id


@pytest.mark.parametrize("seconds", [0.0, 0.03])
def test_killed_after_the_tap_no_account_has_more_than_one_order(
    family: Trader, seconds: float
) -> None:
    message = ticket(family)
    family.confirm(message)
    time.sleep(seconds)
    family.desk.restart()
    family.settled()
    if "orders filled" not in message.text:
        family.confirm(message)  # who sees no answer taps again
    ended = ("Filled 10,", "Unknown result", "Not sent")
    until(lambda: sum(map(message.text.count, ended)) == 3, f"all legs in {message.text}")

    filled = message.text.count("Filled 10,")
    assert family.desk.count() == filled
    accounts = [row["account"] for row in family.desk.orders()]
    assert len(set(accounts)) == len(accounts)
