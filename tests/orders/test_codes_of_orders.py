from __future__ import annotations

import pytest
from orders.desks import KiteDesk

from tradegram.chat.cards.order import order_card
from tradegram.codes import NEXT_STEP, Code
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater, send_order
from tradegram.orders.state import Order, State
from tradegram.risk.kill import kill


@pytest.mark.parametrize(
    ("refuse", "state", "code"),
    [
        ((400, "MarginException", "Insufficient funds"), State.REFUSED, Code.INSUFFICIENT_FUNDS),
        ((403, "TokenException", "Bad token"), State.REFUSED, Code.BROKER_SESSION_EXPIRED),
        ((504, "GeneralException", "?"), State.UNKNOWN, Code.OUTCOME_UNKNOWN),
    ],
)
def test_an_order_keeps_why_it_did_not_go_through(
    desk: KiteDesk, staged: Order, refuse: tuple[int, str, str], state: State, code: Code
) -> None:
    desk.kite.refuse = refuse

    send_order(desk, desk.store.order(staged.key))

    after = desk.store.order(staged.key)
    assert (after.state, after.code) == (state, code)


def test_the_card_shows_the_brokers_own_words_and_the_next_step(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.refuse = (400, "MarginException", "Need <5> more")

    after = send_order(desk, desk.store.order(staged.key))

    text = order_card(after, None, desk.brokers.account("paper:main")).text
    assert "“Need &lt;5&gt; more”" in text
    assert NEXT_STEP[Code.INSUFFICIENT_FUNDS] in text


def test_an_order_that_never_found_the_broker_is_denied_with_that_reason(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.unreachable = True
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))
    desk.clock.pass_(121)

    after = send_order(desk, desk.store.order(staged.key))

    assert (after.state, after.code) == (State.DENIED, Code.BROKER_UNAVAILABLE)
    assert after.text == "not sent in time: refused"


def test_a_denial_of_our_own_is_told_from_the_brokers(desk: KiteDesk, staged: Order) -> None:
    kill(desk, 7)

    assert send_order(desk, desk.store.order(staged.key)).code == Code.RISK_DENIED


def test_a_withdrawn_order_has_no_fault(desk: KiteDesk, staged: Order) -> None:
    want_cancel(desk, staged.key, user_id=7, why="tapped")

    assert send_order(desk, desk.store.order(staged.key)).code == ""


def test_a_rejection_in_the_book_has_a_code_and_an_order_found_alive_has_none(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.lose_replies = 1
    assert send_order(desk, desk.store.order(staged.key)).code == Code.OUTCOME_UNKNOWN

    [found] = reconcile(desk, "paper:main")
    assert (found.state, found.code) == (State.WORKING, "")

    desk.kite.orders[0].update(status="REJECTED", status_message="RMS:Margin Exceeds, Cash")
    [rejected] = reconcile(desk, "paper:main")
    assert (rejected.state, rejected.code) == (State.REJECTED, Code.INSUFFICIENT_FUNDS)
    assert rejected.text == "RMS:Margin Exceeds, Cash"


def test_a_rejection_in_words_that_no_table_knows_is_just_a_rejection(
    desk: KiteDesk, staged: Order
) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0].update(status="REJECTED", status_message="Rule 42")

    [rejected] = reconcile(desk, "paper:main")

    assert (rejected.code, rejected.text) == (Code.ORDER_REJECTED, "Rule 42")
