"""The disk is full: one clear sentence, nothing lost, nothing sent that is not recorded."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from e2e.product import Product, telegram
from e2e.trader import Trader, until
from loopback.bot_api import BotApi, Message

FULL = "disk is full"
SPACE_AGAIN = "can be written again"
PAGE = 4096 + 24  # bytes of one page in the write-ahead log
SETTLED = ("Filled", "Not sent", "Rejected", "Never taken")

pytestmark = pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="this system cannot limit a running process"
)


@pytest.fixture
def trader(tmp_path: Path) -> Iterator[Trader]:
    with BotApi() as api, Product(tmp_path, telegram(api, 42)) as desk:
        yield Trader(desk, api, api.user(42), 7)
        assert api.token not in desk.said
        assert "Traceback" not in desk.said, desk.said


def test_a_confirm_on_a_full_disk_is_told_at_once_and_works_when_there_is_space(
    trader: Trader,
) -> None:
    ticket = trader.ticket()
    trader.settled()
    trader.desk.limit_files(0)

    trader.confirm(ticket)
    told = trader.told(FULL)
    trader.settled()
    [answer] = trader.answered_to("/buy NIFTYBEES 3")

    assert "Nothing was done" in told["text"]
    assert FULL in answer.text
    assert trader.desk.count() == 0
    assert "Confirm" in " ".join(ticket.labels)
    trader.desk.limit_files(None)
    trader.confirm(ticket)
    trader.filled(ticket)
    assert trader.desk.count() == 1
    assert "unbroken" in trader.desk.answer("audit", "verify")
    assert trader.desk.said.count(FULL) == 1, "said once, not with every write"
    assert trader.desk.said.count(SPACE_AGAIN) == 1


def test_the_console_says_that_the_disk_is_full_and_works_when_there_is_space(
    trader: Trader,
) -> None:
    address = trader.desk.wait_for("Console:").split()[1]
    with httpx.Client(base_url=address) as console:
        trader.desk.limit_files(0)

        said = _say(console, "/buy NIFTYBEES 3")

        assert FULL in said
        trader.desk.limit_files(None)
        assert "Confirm" in _say(console, "/buy NIFTYBEES 3")
    assert trader.desk.count() == 0


@pytest.mark.parametrize("pages", [1, 2, 4, 6, 8, 11, 14, 18])
def test_a_disk_that_fills_up_while_an_order_is_made_leaves_no_order_unrecorded_or_doubled(
    trader: Trader, pages: int
) -> None:
    ticket = trader.ticket()
    trader.settled()
    log = trader.desk.folder / "desk.sqlite-wal"
    trader.desk.limit_files(log.stat().st_size + pages * PAGE)

    trader.confirm(ticket)
    trader.settled()
    trader.desk.limit_files(None)
    trader.desk.restart()

    _confirm_if_it_was_not(trader, ticket)
    until(lambda: any(each in ticket.text for each in SETTLED), f"settled: {ticket.text}")
    assert trader.desk.count() == ("Filled" in ticket.text)
    assert "unbroken" in trader.desk.answer("audit", "verify")


def _confirm_if_it_was_not(trader: Trader, ticket: Message) -> None:
    if any("Confirm" in each for each in ticket.labels):
        trader.confirm(ticket)


def _say(console: httpx.Client, text: str) -> str:
    """What the console shows in answer, as it came."""
    answer = console.post("/console/say", json={"text": text}, headers={"X-Tradegram": "1"})
    assert answer.status_code == 200, answer.text
    return answer.text
