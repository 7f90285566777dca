"""
The deployed stack at a simulated Zerodha: real HTTP requests, a ledger of what really happened, and
answers that are lost, garbled, or still on their way when the worker dies.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from aws_e2e.kite import ACCOUNT, Kite, simulated
from aws_e2e.stack import Stack
from aws_e2e.stories import PATIENCE, Story, confirmed
from loopback.bot_api import BotApi

from tradegram.orders.state import State

WORKER = "SubmitOrderzerodha"


@pytest.fixture(scope="module")
def kite() -> Iterator[Kite]:
    with simulated() as made:
        yield made


@pytest.fixture(scope="module")
def stack(kite: Kite) -> Iterator[Stack]:
    with (
        BotApi(says_only=True) as api,
        Stack.deployed(api, "paper,zerodha", kite.url) as made,
    ):
        kite.log_in(made, made.person())
        yield made


def bought(stack: Stack, price: int) -> Story:
    """The market is at 100, and stands still."""
    return confirmed(stack, "live", price, ACCOUNT)


def placed(kite: Kite, story: Story) -> int:
    """How often the order is in the broker's ledger."""
    return sum(1 for each in kite.orders if each.reference == story.order.intent.wire_id)


def test_an_order_is_sent_once_and_its_fill_is_told(stack: Stack, kite: Kite) -> None:
    story = bought(stack, 100)
    story.ends(State.WORKING)
    [entry] = kite.orders
    kite.dialect.kite.floor.fill(entry, entry.quantity, Decimal(100))

    story.ends(State.FILLED)
    story.reads("Filled 10")

    assert placed(kite, story) == 1
    assert (entry.side, entry.quantity) == (story.order.intent.side, 10)


def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again(
    stack: Stack, kite: Kite
) -> None:
    kite.wire.faults.lose = 1

    story = bought(stack, 99)

    story.ends(State.WORKING)
    assert placed(kite, story) == 1


def test_a_gateways_page_proves_nothing_and_the_book_does(stack: Stack, kite: Kite) -> None:
    kite.wire.faults.failed = 1

    story = bought(stack, 98)

    story.ends(State.WORKING)
    assert placed(kite, story) == 1


def test_a_worker_that_dies_while_the_brokers_answer_is_on_its_way_leaves_one_order(
    stack: Stack, kite: Kite
) -> None:
    kite.dialect.holds = True

    story = bought(stack, 96)
    assert kite.dialect.reached.wait(PATIENCE), stack.logs()
    stack.kill(WORKER)
    kite.dialect.let_go.set()

    story.ends(State.WORKING)
    assert placed(kite, story) == 1
