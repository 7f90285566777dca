"""A broker that keeps no name of ours: an order is known by its terms and its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from clocks import CountingIds
from orders.desks import KiteDesk, kite_desk
from samples import INTENT, STAGED

from tradegram.brokers.adapter import Call
from tradegram.brokers.contract import Identity
from tradegram.brokers.indian import IST
from tradegram.brokers.zerodha import Zerodha
from tradegram.model import ExecutionReport, OrderIntent, ReportStatus, Side
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.nameless import KIND, MOST
from tradegram.orders.reconcile import reconcile
from tradegram.orders.report import apply_report
from tradegram.orders.send import LEASE, Held, TryLater, send_order
from tradegram.orders.state import Order, State, move
from tradegram.ports import commit_order

ACCOUNT = "paper:main"


class Nameless(Zerodha):
    """It answers with an id of its own, and shows nothing of ours."""

    profile = replace(Zerodha.profile, identity=Identity.NONE, tag_length=0)


class Dying(Nameless):
    """The worker's process ends when its request is about to leave."""

    def place(self, intent: OrderIntent) -> Call[str]:
        raise KeyboardInterrupt


@dataclass
class Overtaken(CountingIds):
    """Somebody else comes between a worker's look and its claim."""

    between: Callable[[], object] | None = None

    def nonce(self) -> str:
        between, self.between = self.between, None
        if between:
            between()
        return super().nonce()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[KiteDesk]:
    made = kite_desk(tmp_path)
    made.brokers.adapter = Nameless()
    made.calendar.closed_after = made.clock.now() + 3600
    yield made
    made.store.close()


def write(desk: KiteDesk, key: str, **terms: object) -> Order:
    """A staged order: INFY, buy 100 at 1500.05, and what is said otherwise."""
    now = desk.clock.now()
    intent = replace(INTENT, client_order_id=key * 16, wire_id="", **terms)  # type: ignore[arg-type]
    order = replace(STAGED, intent=intent, staged_at=now, send_by=now + 120)
    return commit_order(desk.store, order, {"event": "staged"})


def lose(desk: KiteDesk, order: Order) -> Order:
    """Sent; the broker has it, and its answer was lost."""
    desk.kite.lose_replies = 1
    after = send_order(desk, desk.store.order(order.key))
    list_as_now(desk)
    return after


def list_as_now(desk: KiteDesk, row: int = -1) -> None:
    """The broker took it at this moment, and keeps no name."""
    stamp = datetime.fromtimestamp(desk.clock.now(), IST)
    desk.kite.orders[row] |= {"tag": "", "order_timestamp": stamp.strftime("%Y-%m-%d %H:%M:%S")}


def by_hand(desk: KiteDesk, order: Order) -> str:
    """The holder places the same in the broker's own app."""
    made = desk.brokers.broker(ACCOUNT).place(order.intent, not_after=9e12)
    list_as_now(desk)
    return made


def state_of(desk: KiteDesk, order: Order) -> State:
    return desk.store.order(order.key).state


def test_the_only_row_that_can_be_it_is_taken_for_it(desk: KiteDesk) -> None:
    order = lose(desk, write(desk, "A"))
    assert order.state is State.UNKNOWN

    reconcile(desk, ACCOUNT)

    after = desk.store.order(order.key)
    assert (after.state, after.broker_order_id) == (
        State.WORKING,
        desk.kite.orders[0]["order_id"],
    )
    assert after.by_terms
    assert "keeps no name" in desk.store.notices()[-1].text


def test_its_fills_and_its_end_are_followed_from_there(desk: KiteDesk) -> None:
    order = lose(desk, write(desk, "A"))
    reconcile(desk, ACCOUNT)
    desk.kite.fill(100, 1500.0)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.FILLED


@pytest.mark.parametrize(
    "other",
    [
        {"quantity": 99},
        {"price": 1500.1},
        {"transaction_type": "SELL"},
        {"tradingsymbol": "TCS"},
        {"trigger_price": 1499.0},
        {"order_timestamp": "2026-11-20 09:15:02"},  # before it was sent
    ],
)
def test_a_row_of_other_terms_or_another_time_is_not_it(
    desk: KiteDesk, other: dict[str, object]
) -> None:
    order = lose(desk, write(desk, "A"))
    desk.kite.orders[0] |= other

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.UNKNOWN


def test_a_row_long_after_it_was_sent_is_not_it_either(desk: KiteDesk) -> None:
    order = write(desk, "A")
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(order.key))
    desk.clock.pass_(Nameless.profile.receive_window + 61)
    list_as_now(desk)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.UNKNOWN


def test_of_several_rows_none_is_taken_and_the_holder_is_asked(desk: KiteDesk) -> None:
    order = lose(desk, write(desk, "A"))
    by_hand(desk, order)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.UNKNOWN
    [alert] = desk.pager.alerts
    assert all(row["order_id"] in alert for row in desk.kite.orders)


def test_a_row_that_is_another_orders_is_not_taken(desk: KiteDesk) -> None:
    first = write(desk, "A")
    send_order(desk, desk.store.order(first.key))  # answered: its row is known
    list_as_now(desk)
    second = lose(desk, write(desk, "B"))
    desk.kite.orders.pop()  # and this one is not listed yet

    reconcile(desk, ACCOUNT)

    assert state_of(desk, first) is State.WORKING
    assert state_of(desk, second) is State.UNKNOWN


def test_a_row_that_was_changed_into_its_terms_is_still_the_others(desk: KiteDesk) -> None:
    first = write(desk, "A", price=Decimal("1490.00"))
    send_order(desk, desk.store.order(first.key))
    list_as_now(desk)
    desk.kite.orders[0]["price"] = 1500.05
    second = lose(desk, write(desk, "B"))
    desk.kite.orders.pop()

    reconcile(desk, ACCOUNT)

    assert state_of(desk, second) is State.UNKNOWN


def test_a_second_order_of_the_same_terms_waits_until_the_first_is_found(desk: KiteDesk) -> None:
    first = lose(desk, write(desk, "A"))
    second = write(desk, "B")

    with pytest.raises(Held):
        send_order(desk, desk.store.order(second.key))
    assert len(desk.kite.orders) == 1

    reconcile(desk, ACCOUNT)
    send_order(desk, desk.store.order(second.key))
    assert [state_of(desk, one) for one in (first, second)] == [State.WORKING, State.SUBMITTED]


def test_it_does_not_wait_for_one_that_nobody_looks_for_any_more(desk: KiteDesk) -> None:
    first = lose(desk, write(desk, "A"))
    by_hand(desk, first)  # so nobody can say which of the two it is
    desk.clock.seconds = (desk.calendar.closed_after or 0) + Nameless.profile.book_kept + 1
    reconcile(desk, ACCOUNT)
    assert (state_of(desk, first), desk.store.order(first.key).settled) == (State.UNKNOWN, True)
    desk.calendar.closed_after = desk.clock.now() + 3600

    assert send_order(desk, write(desk, "B")).state is State.SUBMITTED


def test_it_waits_for_one_that_may_be_on_its_way_too(desk: KiteDesk) -> None:
    first = write(desk, "A")
    desk.brokers.adapter = Dying()
    with pytest.raises(KeyboardInterrupt):
        send_order(desk, desk.store.order(first.key))
    desk.brokers.adapter = Nameless()
    assert state_of(desk, first) is State.SENDING

    with pytest.raises(Held):
        send_order(desk, write(desk, "B"))


def test_one_that_waited_until_its_time_was_over_is_denied_and_says_why(desk: KiteDesk) -> None:
    lose(desk, write(desk, "A"))
    desk.kite.orders.clear()  # taken, and not listed yet
    second = write(desk, "B")
    desk.clock.pass_(121)

    reconcile(desk, ACCOUNT)

    after = desk.store.order(second.key)
    assert after.state is State.DENIED
    assert "same terms" in after.text


@pytest.mark.parametrize(
    "terms",
    [{"quantity": Decimal(50)}, {"price": Decimal("1501.00")}, {"side": Side.SELL}],
)
def test_an_order_of_other_terms_does_not_wait(desk: KiteDesk, terms: dict[str, object]) -> None:
    lose(desk, write(desk, "A"))

    send_order(desk, write(desk, "B", **terms))

    assert len(desk.kite.orders) == 2


def test_of_two_workers_with_the_same_terms_one_sends(desk: KiteDesk) -> None:
    """The second has looked before the first had claimed."""
    first, second = write(desk, "A"), write(desk, "B")
    desk.ids = Overtaken(between=lambda: lose(desk, first))

    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(second.key))

    assert len(desk.kite.orders) == 1


def test_one_that_surely_did_not_leave_lets_the_next_go(desk: KiteDesk) -> None:
    desk.kite.refuse = (400, "MarginException", "Insufficient funds")
    send_order(desk, write(desk, "A"))
    desk.kite.refuse = None

    send_order(desk, write(desk, "B"))

    assert len(desk.kite.orders) == 1


def test_a_refused_order_whose_like_is_in_the_book_is_told_of_and_not_taken(desk: KiteDesk) -> None:
    """It may have come alive; the holder may also have placed it in the broker's own app."""
    order = write(desk, "A")
    desk.kite.refuse = (400, "MarginException", "Insufficient funds")
    send_order(desk, desk.store.order(order.key))
    desk.kite.refuse = None
    row = by_hand(desk, order)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.REFUSED
    assert row in desk.pager.alerts[0]


def test_a_second_row_that_comes_later_is_told_of(desk: KiteDesk) -> None:
    order = lose(desk, write(desk, "A"))
    reconcile(desk, ACCOUNT)
    row = by_hand(desk, order)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.WORKING
    assert row in desk.pager.alerts[0]


def test_the_brokers_own_answer_outranks_what_was_taken_for_it(desk: KiteDesk) -> None:
    """A worker wakes with the answer, after another row was taken: nothing of it is mixed in."""
    order = write(desk, "A")
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(order.key))
    real = dict(desk.kite.orders.pop())
    taken = by_hand(desk, order)
    reconcile(desk, ACCOUNT)
    desk.kite.orders.append(real | {"order_id": "9" * 15})

    said = ExecutionReport(
        "9" * 15, "", ReportStatus.FILLED, Decimal(100), Decimal(100), Decimal(1500), 0.0
    )
    after = apply_report(desk, desk.store.order(order.key), said)

    assert (after.broker_order_id, after.state) == (taken, State.WORKING)
    assert "9" * 15 in desk.pager.alerts[-1]


def test_the_closed_days_book_without_anything_like_it_proves_that_it_was_never_taken(
    desk: KiteDesk,
) -> None:
    order = lose(desk, write(desk, "A"))
    desk.kite.orders.clear()
    desk.clock.pass_(3601)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.VOID


@pytest.mark.parametrize("other", [{"quantity": 99}, {"price": 1400.0}])
def test_a_row_that_may_have_been_it_under_other_terms_leaves_it_unknown(
    desk: KiteDesk, other: dict[str, object]
) -> None:
    order = lose(desk, write(desk, "A"))
    desk.kite.orders[0] |= other
    desk.clock.pass_(3601)

    reconcile(desk, ACCOUNT)

    after = desk.store.order(order.key)
    assert (after.state, after.alerted) == (State.UNKNOWN, True)


def test_a_claimed_order_is_taken_for_no_row_while_its_worker_may_still_hear(
    desk: KiteDesk,
) -> None:
    order = write(desk, "A")
    now = desk.clock.now()
    claimed = move(order, State.SENDING, owner="X", lease_until=now + LEASE, sent_at=now)
    commit_order(desk.store, claimed, {"event": "claimed"})
    by_hand(desk, order)

    reconcile(desk, ACCOUNT)

    assert state_of(desk, order) is State.SENDING


def test_a_cancel_that_waited_is_sent_to_the_row_that_was_found(desk: KiteDesk) -> None:
    order = lose(desk, write(desk, "A"))
    want_cancel(desk, order.key, user_id=7, why="asked")

    reconcile(desk, ACCOUNT)
    attend(desk, order.key)

    assert desk.kite.orders[0]["status"] == "CANCELLED"


def test_the_note_of_who_has_the_turn_is_kept_where_it_must_be_and_nowhere_else(
    desk: KiteDesk,
) -> None:
    send_order(desk, write(desk, "A"))
    assert len(desk.store.documents(KIND)) == 1

    desk.brokers.adapter = Zerodha()
    send_order(desk, write(desk, "B"))
    assert len(desk.store.documents(KIND)) == 1


def test_many_orders_of_the_same_terms_keep_a_short_note(desk: KiteDesk) -> None:
    for number in range(2 * MOST):
        intent = replace(INTENT, client_order_id=f"{number:016}", wire_id="")
        order = replace(STAGED, intent=intent, send_by=desk.clock.now() + 120)
        commit_order(desk.store, order, {"event": "staged"})
        send_order(desk, desk.store.order(order.key))

    [note] = desk.store.documents(KIND)
    assert len(note.body["orders"]) == MOST
