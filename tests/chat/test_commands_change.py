from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels

from tradegram.brokers.registry import PAPER
from tradegram.chat.typed import read_change
from tradegram.errors import UserError
from tradegram.model import Account, Mode, OrderType
from tradegram.orders.state import Order

WIFE = Account("paper:wife", "paper", "wife", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path, PAPER, WIFE) as made:
        yield made


def working(desk: Floor, text: str = "buy INFY 10 @ 1400") -> Order:
    desk.press(desk.one(text), "Confirm")
    desk.work()
    orders = [
        *desk.store.orders(PAPER.account_id).orders,
        *desk.store.orders(WIFE.account_id).orders,
    ]
    return max(orders, key=lambda each: each.staged_at)


def wanted(desk: Floor) -> set[str]:
    return {
        f"{order.intent.instrument.symbol}@{order.account_id}"
        for account in (PAPER, WIFE)
        for order in desk.store.orders(account.account_id).orders
        if order.cancel_wanted
    }


def whys(desk: Floor, account_id: str = PAPER.account_id) -> list[str]:
    events = [json.loads(link.body) for link in desk.store.chain(account_id)]
    return [str(each["why"]) for each in events if each.get("event") == "cancel wanted"]


def test_all_orders_in_a_symbol_are_cancelled_after_one_question(desk: Floor) -> None:
    working(desk)
    working(desk, "buy INFY 5 @ 1390 #wife")
    working(desk, "buy TCS 5 @ 2900")

    question = desk.one("/cancel infy")
    assert question.text.startswith("<b>Cancel 2 orders?</b>")
    assert wanted(desk) == set()
    desk.press(question, "Yes, cancel 2")

    assert wanted(desk) == {"INFY@paper:main", "INFY@paper:wife"}


def test_an_account_narrows_what_is_cancelled(desk: Floor) -> None:
    working(desk)
    working(desk, "buy INFY 5 @ 1390 #wife")

    question = desk.one("/cancel all #wife")
    assert question.text.startswith("<b>Cancel 1 order?</b>")
    desk.press(question, "Yes, cancel 1")

    assert wanted(desk) == {"INFY@paper:wife"}


def test_a_reason_is_shown_asked_about_and_kept_in_the_chain(desk: Floor) -> None:
    order = working(desk)

    question = desk.one(f"/cancel {order.key[:6]} typed <one> zero too many")
    assert "Reason: typed &lt;one&gt; zero too many" in question.text
    desk.press(question, "Yes, cancel 1")

    assert whys(desk) == ["typed <one> zero too many"]


def test_a_cancel_without_a_reason_says_where_it_was_asked(desk: Floor) -> None:
    working(desk)
    desk.press(desk.one("/cancel all"), "Yes, cancel 1")

    assert whys(desk) == ["several, asked in chat"]


def test_a_symbol_nobody_trades_is_said(desk: Floor) -> None:
    working(desk)

    assert "No order in TCS can still fill" in desk.one("/cancel TCS").text


def test_a_change_says_how_many_the_broker_takes(desk: Floor) -> None:
    order = working(desk)
    desk.press(desk.one(f"/modify {order.key} 1405"), "Change to")
    desk.work()

    question = desk.one(f"/modify {order.key} 1406")

    assert "Changed 1 time so far; the broker takes 50." in question.text


def test_a_broker_that_cannot_change_the_type_says_so_before_anything_is_asked(
    desk: Floor,
) -> None:
    order = working(desk)

    answer = desk.one(f"/modify {order.key} to sl 1450 trg 1445")

    assert "cannot make a LIMIT order a STOP_LIMIT one" in answer.text
    assert not any("Change to" in each for each in labels(answer))


def test_a_type_in_front_says_which_prices_the_order_has_afterwards(desk: Floor) -> None:
    order = working(desk)

    stop = read_change(order, "to sl 1450 trg 1445")
    assert (stop.order_type, stop.price, stop.trigger) == (OrderType.STOP_LIMIT, 1450, 1445)
    again = replace(order, terms=stop)
    assert read_change(again, "to limit 1440").order_type is OrderType.LIMIT
    assert read_change(again, "to limit").price == 1450
    with pytest.raises(UserError, match="Say the prices"):
        read_change(order, "to sl 1450")
    with pytest.raises(UserError, match="has no trigger"):
        read_change(again, "to limit 1440 trg 1445")
    with pytest.raises(UserError, match="already"):
        read_change(order, "to limit 1400")
