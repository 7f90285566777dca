"""Brackets as a person meets them: from the ticket to the end, on cards and by commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels

from tradegram.brackets.start import active
from tradegram.brokers.registry import PAPER
from tradegram.chat.reply import Answer, Reply
from tradegram.model import Side
from tradegram.orders.state import Order, State
from tradegram.risk.kill import resume

WITH_LEVELS = "buy RELIANCE 10 mis sl 2900 tgt 3050"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def edited(answer: Answer) -> Reply:
    assert answer.edit is not None
    return answer.edit


def sells(desk: Floor) -> list[Order]:
    found = desk.store.orders(PAPER.account_id).orders
    return [order for order in found if order.intent.side is Side.SELL]


def position(desk: Floor) -> int:
    broker = desk.desk.brokers.broker(PAPER.account_id)
    return int(sum(one.quantity for one in broker.positions()))


def test_the_ticket_says_who_keeps_its_levels(desk: Floor) -> None:
    card = desk.one("buy RELIANCE 10 sl 2900 tgt 3050 trail 20")
    assert "trail 20" in card.text
    assert "Kept by this desk" in card.text


def test_a_confirmed_ticket_with_levels_is_protected_from_its_fill_on(desk: Floor) -> None:
    desk.bought(WITH_LEVELS)
    entry = next(
        one for one in desk.store.orders(PAPER.account_id).orders if one not in sells(desk)
    )
    card = desk.one(f"/order {entry.key}")
    assert "🛡 SL 2,900 · TGT 3,050 (at the broker)" in card.text
    assert {"Exit now", "Exit 50 %"} <= set(labels(card))
    assert "Exit all" not in labels(card)
    desk.work()
    [target] = sells(desk)
    assert target.state is State.WORKING
    assert target.price == 3050
    assert "target of bracket" in desk.store.ticket(target.ticket_id).draft.note


def test_brackets_are_listed_changed_and_ended_with_buttons(desk: Floor) -> None:
    desk.bought(WITH_LEVELS)
    desk.work()
    card = desk.one("/brackets")
    assert "long 10" in card.text

    desk.press(card, "SL/TGT/Trail")
    assert "TGT 3,100" in desk.one("tgt 3100 trail 1%").text
    desk.work()
    desk.work()
    assert [order.price for order in sells(desk)] == [3100]

    sure = edited(desk.press(desk.one("/brackets"), "End bracket"))
    assert "stays open" in sure.text
    assert "Ended" in edited(desk.press(sure, "Yes, end")).text
    desk.work()
    desk.work()
    assert sells(desk)[0].state is State.CANCELLED
    assert "New ticket" not in labels(desk.one(f"/order {sells(desk)[0].key}"))
    assert position(desk) == 10
    assert "No brackets" in desk.one("/brackets").text


def test_exit_of_what_a_target_closes_already_goes_through_the_bracket_once(desk: Floor) -> None:
    desk.bought(WITH_LEVELS)
    desk.work()

    question = desk.one("/exit RELIANCE")
    first = desk.press(question, "Yes, exit at market")
    second = desk.press(question, "Yes, exit at market")
    for _ in range(6):
        desk.work()

    assert first.toast == second.toast
    assert len(sells(desk)) == 1
    assert position(desk) == 0
    assert "No brackets" in desk.one("/brackets").text


def test_a_stop_on_the_wrong_side_is_refused_with_the_reason(desk: Floor) -> None:
    desk.bought("buy RELIANCE 10 mis")
    assert "would close the position at once" in desk.one("/protect RELIANCE sl 3500").text
    assert "not understood" in desk.one("/protect RELIANCE sl 2900 banana").text
    assert "Example" in desk.one("/protect").text


def test_a_position_opened_elsewhere_can_be_protected_once(desk: Floor) -> None:
    desk.bought("buy RELIANCE 10 mis")
    card = desk.one("/protect RELIANCE sl 5% tgt 5% trail 100")
    assert "TGT" in card.text
    assert "trails by 100" in card.text
    desk.work()
    desk.work()
    assert [order.quantity for order in sells(desk)] == [10]
    assert "has a bracket already" in desk.one("/protect RELIANCE sl 4%").text


def test_a_stop_and_a_trail_may_be_set_after_the_fill(desk: Floor) -> None:
    card = desk.bought("buy RELIANCE 10 mis")
    desk.press(card, "Set SL")
    assert "SL 2,800" in desk.one("2800").text
    again = desk.one(f"/order {desk.store.orders(PAPER.account_id).orders[0].key}")
    assert "🛡 SL 2,800" in again.text
    assert "SL/TGT/Trail" in labels(again)


def test_an_exit_button_of_a_strangers_bracket_says_that_it_is_not_known(desk: Floor) -> None:
    assert "not known" in desk.tap("b:AAAABBBBCCCCDDDD:y:1").toast


def test_a_stored_order_is_asked_about_listed_and_forgotten(desk: Floor) -> None:
    question = desk.one("/gtt buy RELIANCE 5 @ 2800 sl 2700 when 2805")
    assert "when the last price is ≤ <b>₹2,805.00" in question.text
    assert "SL 2,700" in question.text
    assert "Stored" in edited(desk.press(question, "Store BUY 5")).text

    card = desk.one("/gtt")
    assert "LIMIT ₹2,800.00" in card.text
    assert "Forgotten" in edited(desk.press(card, "Forget it")).text
    assert "No stored orders" in desk.one("/gtt").text
    assert desk.store.orders(PAPER.account_id).orders == []


def test_a_stored_order_without_a_price_to_wait_for_is_explained(desk: Floor) -> None:
    assert "At which price" in desk.one("/gtt buy RELIANCE 5").text
    assert "No open position" in desk.one("/gtt RELIANCE sl 2800 tgt 3100").text


def test_the_kill_switch_says_that_stops_do_not_fire(desk: Floor) -> None:
    assert "bracket" not in desk.one("/kill").text
    resume(desk.desk, "test")
    desk.bought(WITH_LEVELS)

    assert "1 bracket (/brackets): <b>stops do not fire" in desk.one("/kill").text


def test_a_level_of_the_ticket_can_be_set_again_after_its_bracket_ended(desk: Floor) -> None:
    desk.bought(WITH_LEVELS)
    card = edited(desk.press(desk.one("/brackets"), "End bracket"))
    desk.press(card, "Yes, end")
    desk.work()
    entry = next(
        one for one in desk.store.orders(PAPER.account_id).orders if one not in sells(desk)
    )

    answer = desk.press(desk.one(f"/order {entry.key}"), "Set SL 2,900")

    assert "SL 2,900" in answer.replies[0].text
    assert len(active(desk.store, PAPER.account_id)) == 1
