"""A broker that keeps no name of ours: its holder says by chat which row an order is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels, sample
from clocks import CountingIds

from tradegram.brokers.contract import Identity, Profile
from tradegram.brokers.paper.broker import PaperBroker
from tradegram.brokers.paper.profile import PROFILE, PaperOptions
from tradegram.brokers.registry import PAPER, Maker, Registry
from tradegram.errors import OutcomeUnknown
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Account, OrderIntent
from tradegram.orders.state import Order, State

NAMELESS = replace(PROFILE, identity=Identity.NONE, tag_length=0)


class Forgetful(PaperBroker):
    """It takes an order, keeps no name of ours, and its answer is lost."""

    loses = 0

    @property
    def profile(self) -> Profile:
        return NAMELESS

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        made = super().place(intent, not_after=not_after)
        if self.loses:
            self.loses -= 1
            raise OutcomeUnknown("paper", "no answer")
        return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        feed = SimulatedQuotes(made.clock, 1, sample())

        def broker(account: Account) -> Forgetful:
            calendar, options = TradingCalendar(), PaperOptions()
            return Forgetful(
                account, made.store, made.clock, CountingIds(), feed, calendar, sample(), options
            )

        brokers = Registry(made.store, {"paper": Maker(NAMELESS, broker)})
        made.desk = replace(made.desk, brokers=brokers)
        yield made


def in_doubt(desk: Floor) -> Order:
    """Confirmed, taken and unheard, and placed once more by hand."""
    broker = desk.desk.brokers.broker(PAPER.account_id)
    assert isinstance(broker, Forgetful)
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    [order] = desk.store.orders(PAPER.account_id).orders
    broker.place(order.intent, not_after=9e12)
    broker.loses = 1
    desk.work()
    [order] = desk.store.orders(PAPER.account_id).orders
    assert order.state is State.UNKNOWN
    return order


def test_the_rows_are_offered_and_one_press_says_which(desk: Floor) -> None:
    order = in_doubt(desk)
    question = desk.one(f"/decide {order.key[:4]}")
    assert question.text.count("1,400.00 · ") == 2
    offered = [label for label in labels(question) if label.startswith("It is ")]
    assert len(offered) == 2

    answer = desk.press(question, offered[0])
    said = answer.edit or answer.replies[0]

    assert "at the broker" in said.text
    after = desk.store.order(order.key)
    assert (after.state, f"It is {after.broker_order_id}") == (State.WORKING, offered[0])
    assert "nothing to decide" in desk.one(f"/decide {order.key[:4]}").text


def test_none_of_them_waits_until_it_can_no_longer_appear(desk: Floor) -> None:
    order = in_doubt(desk)
    assert "may still appear" in desk.one(f"/decide {order.key[:4]} none").text
    desk.clock.pass_(600)

    assert "never taken, you say" in desk.one(f"/decide {order.key[:4]} none").text
    assert desk.store.order(order.key).state is State.VOID


def test_without_an_order_it_says_how(desk: Floor) -> None:
    assert "/decide K7Q2" in desk.one("/decide").text
