from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from orders.desks import ACCOUNT, KiteDesk, kite_desk
from samples import STAGED, order

from tradegram.brokers.breaker import FAILURES, HOLD, PROBE_EVERY, WITHIN
from tradegram.brokers.contract import Gated
from tradegram.brokers.guarded import Guards
from tradegram.codes import Code
from tradegram.errors import BrokerError, Throttled
from tradegram.model import Terms
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import RING_AGAIN, reconcile
from tradegram.orders.replace import want_replace
from tradegram.orders.send import TryLater, send_order
from tradegram.orders.state import Order, State
from tradegram.pager import StorePager
from tradegram.ports import Change, Document, commit_order


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[KiteDesk]:
    made = kite_desk(tmp_path)
    made.brokers.guards = guards(made)
    yield made
    made.store.close()


def guards(desk: KiteDesk, role: str = "") -> Guards:
    return Guards(desk.store, desk.clock, StorePager(desk.store, desk.clock).owed, role)


def gate(desk: KiteDesk) -> Gated:
    broker = desk.brokers.broker(ACCOUNT.account_id)
    assert isinstance(broker, Gated)
    return broker


def stage(desk: KiteDesk, key: str) -> Order:
    made = order(key, staged_at=desk.clock.now())
    return commit_order(
        desk.store, replace(made, send_by=desk.clock.now() + 120), {"event": "staged"}
    )


def read_in_vain(desk: KiteDesk, times: int) -> None:
    for _ in range(times):
        with pytest.raises(BrokerError):
            desk.brokers.broker(ACCOUNT.account_id).order_book()
        desk.clock.pass_(1.0)


def said(desk: KiteDesk) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in desk.store.notices()]


def open_by_reads(desk: KiteDesk) -> None:
    desk.kite.read_status = 502
    read_in_vain(desk, FAILURES["read"])


def test_an_order_that_does_not_fit_the_pace_waits_without_being_claimed(desk: KiteDesk) -> None:
    keys = [chr(65 + number) * 16 for number in range(4)]
    for key in keys:
        stage(desk, key)
    began = desk.clock.now()

    for key in keys:
        for _ in range(3):
            try:
                send_order(desk, desk.store.order(key))
            except TryLater as later:
                desk.clock.pass_(later.seconds)
            else:
                break

    assert len(desk.kite.orders) == 4
    assert desk.clock.now() - began == pytest.approx(3 / 8, rel=1e-3)
    assert {desk.store.order(key).attempt for key in keys} == {0}


def test_many_cancels_leave_one_after_the_other_and_none_is_forgotten(desk: KiteDesk) -> None:
    keys = [chr(65 + number) * 16 for number in range(6)]
    for key in keys:
        stage(desk, key)
        send_order(desk, desk.store.order(key))
        desk.clock.pass_(0.125)
        want_cancel(desk, key, user_id=7, why="all")

    for key in keys:
        for _ in range(3):
            try:
                attend(desk, key)
            except TryLater as later:
                desk.clock.pass_(later.seconds)
            else:
                break

    assert {row["status"] for row in desk.kite.orders} == {"CANCELLED"}


def test_what_the_pace_keeps_back_is_no_fault_of_the_broker(desk: KiteDesk) -> None:
    broker = desk.brokers.broker(ACCOUNT.account_id)
    for _ in range(20):
        try:
            broker.cancel(STAGED.intent, "nobody")
        except (Throttled, ValueError):
            continue

    assert gate(desk).why_closed() == ""
    assert gate(desk).health().errors == 0


def test_reads_that_fail_again_and_again_open_the_breaker_and_say_so_once(desk: KiteDesk) -> None:
    open_by_reads(desk)
    read_in_vain(desk, 20)

    assert "does not answer" in gate(desk).why_closed()
    [(kind, text)] = said(desk)
    assert kind == "alert"
    assert "Zerodha #main does not answer" in text


def test_failures_with_a_success_between_or_far_apart_do_not_open_it(desk: KiteDesk) -> None:
    for _ in range(3):
        desk.kite.read_status = 502
        read_in_vain(desk, FAILURES["read"] - 1)
        desk.kite.read_status = 200
        desk.brokers.broker(ACCOUNT.account_id).order_book()
    desk.kite.read_status = 502
    for _ in range(8):
        read_in_vain(desk, 1)
        desk.clock.pass_(WITHIN / 3)

    assert gate(desk).why_closed() == ""


def test_while_it_is_open_orders_wait_and_are_sent_once_when_the_broker_answers(
    desk: KiteDesk,
) -> None:
    open_by_reads(desk)
    staged = stage(desk, "W" * 16)
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))
    assert desk.store.order(staged.key) == staged

    desk.kite.read_status = 200
    desk.clock.pass_(PROBE_EVERY)
    after = send_order(desk, desk.store.order(staged.key))

    assert after.state is State.SUBMITTED
    assert len(desk.kite.orders) == 1
    assert [kind for kind, _ in said(desk)] == ["alert", "answers", "submitted"]


def test_an_order_that_waits_for_the_broker_holds_no_bell_and_is_rung_for_again(
    desk: KiteDesk,
) -> None:
    open_by_reads(desk)
    staged = stage(desk, "W" * 16)
    desk.doorbell.rung.clear()

    assert attend(desk, staged.key) == staged

    desk.clock.pass_(RING_AGAIN + 1)
    with pytest.raises(BrokerError):
        reconcile(desk, ACCOUNT.account_id)
    assert desk.doorbell.rung == [staged.key]


def test_a_change_waits_too_and_uses_up_no_try(desk: KiteDesk) -> None:
    staged = stage(desk, "W" * 16)
    send_order(desk, desk.store.order(staged.key))
    open_by_reads(desk)
    terms = Terms(staged.quantity, Decimal("1510.00"))
    want_replace(desk, staged.key, terms, user_id=7)

    attend(desk, staged.key)

    after = desk.store.order(staged.key)
    assert (after.replace_wanted, after.modifications) == (terms, 0)


def test_an_order_that_waited_for_it_too_long_is_denied_aloud(desk: KiteDesk) -> None:
    open_by_reads(desk)
    staged = stage(desk, "W" * 16)
    desk.clock.pass_(121)
    with pytest.raises(BrokerError):
        reconcile(desk, ACCOUNT.account_id)

    after = desk.store.order(staged.key)
    assert (after.state, after.code) == (State.DENIED, Code.BROKER_UNAVAILABLE)
    assert after.text.startswith("not sent in time: Zerodha does not answer")
    assert "denied" in [kind for kind, _ in said(desk)]
    assert desk.kite.orders == []


def test_a_broker_that_does_not_answer_is_asked_at_a_slow_rate(desk: KiteDesk) -> None:
    open_by_reads(desk)
    before = len(desk.kite.requests)

    for _ in range(60):
        read_in_vain(desk, 1)

    assert 60 / PROBE_EVERY - 1 <= len(desk.kite.requests) - before <= 60 / PROBE_EVERY + 1


def test_a_cancel_is_tried_while_it_is_open_even_without_a_book(desk: KiteDesk) -> None:
    staged = stage(desk, "W" * 16)
    send_order(desk, desk.store.order(staged.key))
    open_by_reads(desk)
    want_cancel(desk, staged.key, user_id=7, why="out")

    with pytest.raises(BrokerError):
        reconcile(desk, ACCOUNT.account_id)

    assert desk.kite.orders[0]["status"] == "CANCELLED"


def test_orders_that_end_unknown_open_it_and_a_good_read_does_not_close_it_at_once(
    desk: KiteDesk,
) -> None:
    desk.kite.lose_replies = 10
    for number in range(FAILURES["order"]):
        stage(desk, chr(65 + number) * 16)
        assert send_order(desk, desk.store.order(chr(65 + number) * 16)).state is State.UNKNOWN
        desk.clock.pass_(1.0)
    reconcile(desk, ACCOUNT.account_id)
    assert gate(desk).why_closed()

    desk.clock.pass_(HOLD)
    reconcile(desk, ACCOUNT.account_id)
    assert gate(desk).why_closed() == ""


def test_one_more_lost_order_after_it_closed_opens_it_again_and_for_longer(desk: KiteDesk) -> None:
    desk.kite.lose_replies = 10
    keys = [chr(65 + number) * 16 for number in range(FAILURES["order"] + 1)]
    for key in keys[:-1]:
        stage(desk, key)
        send_order(desk, desk.store.order(key))
        desk.clock.pass_(1.0)
    desk.clock.pass_(HOLD)
    reconcile(desk, ACCOUNT.account_id)
    stage(desk, keys[-1])
    send_order(desk, desk.store.order(keys[-1]))

    assert gate(desk).why_closed()
    desk.clock.pass_(HOLD)
    reconcile(desk, ACCOUNT.account_id)
    assert gate(desk).why_closed()
    desk.clock.pass_(HOLD)
    reconcile(desk, ACCOUNT.account_id)
    assert gate(desk).why_closed() == ""


def test_refusals_are_answers(desk: KiteDesk) -> None:
    desk.kite.refuse = (400, "MarginException", "Insufficient funds")
    for number in range(10):
        stage(desk, chr(65 + number) * 16)
        assert send_order(desk, desk.store.order(chr(65 + number) * 16)).state is State.REFUSED
        desk.clock.pass_(1.0)

    assert gate(desk).why_closed() == ""


def test_another_process_sees_that_it_is_open_and_closes_it(desk: KiteDesk) -> None:
    open_by_reads(desk)
    staged = stage(desk, "W" * 16)

    desk.brokers.guards = guards(desk)  # as another process of the same desk
    assert gate(desk).why_closed()
    desk.kite.read_status = 200

    assert send_order(desk, desk.store.order(staged.key)).state is State.SUBMITTED


def test_a_breaker_nobody_can_understand_is_closed(desk: KiteDesk) -> None:
    desk.store.commit(Change((Document("breaker", ACCOUNT.account_id, {"open": "?"}),)))

    assert send_order(desk, stage(desk, "W" * 16)).state is State.SUBMITTED


def test_its_state_is_written_only_when_it_changes(desk: KiteDesk) -> None:
    open_by_reads(desk)
    read_in_vain(desk, 30)
    desk.kite.read_status = 200
    desk.clock.pass_(PROBE_EVERY)
    for _ in range(5):
        desk.brokers.broker(ACCOUNT.account_id).order_book()

    found = desk.store.document("breaker", ACCOUNT.account_id)
    assert found is not None
    assert found.version == 2


def test_health_tells_latency_errors_and_the_age_of_the_book(desk: KiteDesk) -> None:
    broker = desk.brokers.broker(ACCOUNT.account_id)
    broker.order_book()
    read_at = desk.clock.now()
    desk.clock.pass_(5)
    desk.kite.read_status = 502
    read_in_vain(desk, 2)

    health = gate(desk).health()

    assert (health.calls, health.errors, health.latency) == (3, 2, 0.0)
    assert health.book_at == read_at
    desk.clock.pass_(1000)
    assert gate(desk).health().calls == 0


def test_the_figures_of_the_processes_of_one_desk_are_shown_together(desk: KiteDesk) -> None:
    worker = guards(desk, "worker")
    desk.brokers.guards = worker
    broker = desk.brokers.broker(ACCOUNT.account_id)
    broker.order_book()
    assert len(broker.take_samples()) == 1  # type: ignore[attr-defined]
    assert len(broker.take_samples()) == 0  # type: ignore[attr-defined]

    desk.brokers.guards = guards(desk, "webhook")

    assert gate(desk).health().calls == 1
    assert gate(desk).health().book_at == desk.clock.now()


def test_what_only_one_broker_can_do_passes_through_the_guard(desk: KiteDesk) -> None:
    class Special:
        """Implements as much of contract.Broker as this needs, and something of its own."""

        profile = desk.brokers.profile(ACCOUNT.account_id)

        def trigger_orders(self, count: int) -> list[int]:
            return [count]

    made: Any = guards(desk).around(ACCOUNT, Special())  # type: ignore[arg-type]

    assert made.trigger_orders(3) == [3]
    assert gate(desk).health().calls == 0
    assert made.health().calls == 1
    assert not hasattr(gate(desk), "trigger_orders")
