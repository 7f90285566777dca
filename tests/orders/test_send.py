from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace

import pytest
from clocks import CountingIds
from orders.desks import SECRET, KiteAccount, KiteDesk

from tradegram.audit import verify
from tradegram.brokers.contract import Broker
from tradegram.errors import Refused, StoreUnavailable
from tradegram.model import Side, Terms
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import LEASE, SEND_WINDOW, Held, TryLater, send_order
from tradegram.orders.state import Order, State, move
from tradegram.ports import Change, Record, commit_order
from tradegram.risk.kill import kill, resume
from tradegram.store.sqlite import SqliteStore


@dataclass
class KillingIds(CountingIds):
    """The kill switch is turned on after the order was looked at and before it is claimed."""

    desk: KiteDesk = field(kw_only=True)

    def nonce(self) -> str:
        kill(self.desk, 7)
        return super().nonce()


class SleepyAccount(KiteAccount):
    """The machine sleeps after the order was looked at and before it is claimed."""

    def broker(self, account_id: str) -> Broker:
        self.clock.pass_(3600.0)
        return super().broker(account_id)


def kinds(desk: KiteDesk) -> list[str]:
    return [notice.kind for notice in desk.store.notices()]


def test_a_staged_order_reaches_the_broker_with_its_terms_and_our_id(
    desk: KiteDesk, staged: Order
) -> None:
    after = send_order(desk, desk.store.order(staged.key))

    [row] = desk.kite.orders
    assert (row["tag"], row["tradingsymbol"], row["quantity"]) == ("A" * 16, "INFY", 100)
    assert row["price"] == 1500.05
    assert (after.state, after.broker_order_id) == (State.SUBMITTED, row["order_id"])
    assert kinds(desk) == ["submitted"]


def test_a_second_delivery_does_not_send_again(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    send_order(desk, desk.store.order(staged.key))

    assert len(desk.kite.orders) == 1


def test_twelve_workers_at_once_send_one_order(desk: KiteDesk, staged: Order) -> None:
    gate = threading.Barrier(12)

    def work() -> None:
        gate.wait()
        try:
            send_order(desk, desk.store.order(staged.key))
        except TryLater:
            return

    workers = [threading.Thread(target=work) for _ in range(12)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(desk.kite.orders) == 1
    verify(desk.store.chain("paper:main"))


def test_a_lost_reply_is_unknown_never_sent_again_and_found_in_the_book(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.lose_replies = 1

    assert send_order(desk, desk.store.order(staged.key)).state is State.UNKNOWN
    assert send_order(desk, desk.store.order(staged.key)).state is State.UNKNOWN

    [order] = reconcile(desk, "paper:main")
    assert order.state is State.WORKING
    assert len(desk.kite.orders) == 1
    assert kinds(desk) == ["unknown", "working"]


def test_an_answer_that_cannot_be_read_is_unknown(desk: KiteDesk, staged: Order) -> None:
    desk.kite.garble = True

    assert send_order(desk, desk.store.order(staged.key)).state is State.UNKNOWN


def test_an_answer_that_cannot_be_unpacked_is_unknown(desk: KiteDesk, staged: Order) -> None:
    desk.kite.spoil = True

    assert send_order(desk, desk.store.order(staged.key)).state is State.UNKNOWN
    assert len(desk.kite.orders) == 1


def test_the_kill_switch_counts_up_to_the_request_itself(desk: KiteDesk, staged: Order) -> None:
    desk.ids = KillingIds(desk=desk)

    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))

    assert desk.kite.requests == []
    assert send_order(desk, desk.store.order(staged.key)).state is State.DENIED


def test_an_order_whose_time_ran_out_while_it_was_looked_at_is_not_sent(
    desk: KiteDesk, staged: Order
) -> None:
    desk.brokers = SleepyAccount(desk.kite, desk.clock)

    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))

    assert desk.kite.requests == []
    assert send_order(desk, desk.store.order(staged.key)).state is State.DENIED


@pytest.mark.parametrize(
    ("status", "kind", "message", "state"),
    [
        (400, "MarginException", "Insufficient funds", State.REFUSED),
        (403, "TokenException", "Invalid token", State.REFUSED),
        (400, "OrderException", "Order request timed out.", State.UNKNOWN),
        (502, "GeneralException", "Gateway", State.UNKNOWN),
        (400, "BrandNewException", "?", State.UNKNOWN),
        (400, "OrderException", "Request timeout at the exchange", State.UNKNOWN),
        (500, "OrderException", "Order could not be placed", State.UNKNOWN),
        (504, "InputException", "?", State.UNKNOWN),
    ],
)
def test_only_a_named_refusal_proves_that_there_is_no_order(
    desk: KiteDesk, staged: Order, status: int, kind: str, message: str, state: State
) -> None:
    desk.kite.refuse = (status, kind, message)

    after = send_order(desk, desk.store.order(staged.key))

    assert after.state is state
    if state is State.REFUSED:
        assert message in after.text


def test_what_never_left_may_be_sent_later(desk: KiteDesk, staged: Order) -> None:
    desk.kite.unreachable = True
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))
    desk.kite.unreachable = False

    assert send_order(desk, desk.store.order(staged.key)).state is State.SUBMITTED
    assert len(desk.kite.orders) == 1


def test_being_refused_for_rate_keeps_the_order_staged(desk: KiteDesk, staged: Order) -> None:
    desk.kite.refuse = (429, "NetworkException", "Too many requests")

    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))

    assert desk.store.order(staged.key).state is State.STAGED
    assert kinds(desk) == []


def test_an_order_older_than_its_time_is_denied(desk: KiteDesk, staged: Order) -> None:
    desk.clock.pass_(121)

    assert send_order(desk, desk.store.order(staged.key)).state is State.DENIED
    assert desk.kite.orders == []
    assert kinds(desk) == ["denied"]


def test_an_order_cancelled_before_sending_is_not_sent(desk: KiteDesk, staged: Order) -> None:
    want_cancel(desk, staged.key, user_id=7, why="tapped Cancel")

    assert send_order(desk, desk.store.order(staged.key)).state is State.DENIED
    assert desk.kite.orders == []


def test_the_kill_switch_stops_new_sends_until_it_is_released(
    desk: KiteDesk, staged: Order
) -> None:
    kill(desk, 7)
    assert send_order(desk, desk.store.order(staged.key)).state is State.DENIED
    resume(desk, "terminal")
    other = replace(staged, intent=replace(staged.intent, client_order_id="B" * 16), version=0)
    commit_order(desk.store, other, {"event": "staged"})

    assert send_order(desk, desk.store.order("B" * 16)).state is State.SUBMITTED
    assert len(desk.kite.orders) == 1
    assert desk.store.audited() == ["desk", "paper:main"]


def test_an_account_that_is_not_logged_in_is_denied_aloud(desk: KiteDesk, staged: Order) -> None:
    desk.brokers.logged_in = False

    after = send_order(desk, desk.store.order(staged.key))

    assert after.state is State.DENIED
    assert "log in first" in after.text


def test_a_worker_that_dies_after_its_claim_leaves_an_order_that_nobody_sends(
    desk: KiteDesk, staged: Order
) -> None:
    now = desk.clock.now()
    claimed = move(staged, State.SENDING, owner="dead", lease_until=now + LEASE, sent_at=now)
    commit_order(desk.store, claimed, {"event": "claimed"})
    desk.clock.pass_(LEASE + 1)

    [order] = reconcile(desk, "paper:main")
    send_order(desk, desk.store.order(staged.key))

    assert order.state is State.UNKNOWN
    assert desk.kite.orders == []


def test_a_worker_that_froze_past_its_window_does_not_send(desk: KiteDesk, staged: Order) -> None:
    class FrozenClaim(SqliteStore):
        """The runtime stops right after the claim was written, and goes on a minute later."""

        def commit(self, change: Change) -> list[Record]:
            stored = list(super().commit(change))
            if isinstance(stored[0], Order) and stored[0].state is State.SENDING:
                desk.clock.pass_(SEND_WINDOW + 1)
            return stored

    desk.store = FrozenClaim(desk.store._path, desk.clock)
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(staged.key))

    assert desk.kite.orders == []


def test_a_claim_whose_answer_was_lost_is_recognised_by_its_owner(
    desk: KiteDesk, staged: Order
) -> None:
    class LostClaim(SqliteStore):
        def commit(self, change: Change) -> list[Record]:
            stored = list(super().commit(change))
            if isinstance(stored[0], Order) and stored[0].state is State.SENDING:
                raise StoreUnavailable("the answer was lost")
            return stored

    desk.store = LostClaim(desk.store._path, desk.clock)

    assert send_order(desk, desk.store.order(staged.key)).state is State.SUBMITTED
    assert len(desk.kite.orders) == 1


def test_no_secret_is_in_logs_errors_or_messages(
    desk: KiteDesk, staged: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.kite.refuse = (403, "TokenException", "Invalid token")
    broker = desk.brokers.broker("paper:main")
    with pytest.raises(Refused) as caught:
        broker.place(staged.intent, not_after=9e12)
    send_order(desk, desk.store.order(staged.key))

    links = "".join(link.body for link in desk.store.chain("paper:main"))
    seen = caplog.text + repr(caught.value) + str(desk.store.notices()) + links

    assert SECRET not in seen
    assert SECRET in desk.kite.requests[0].headers["authorization"]


def followed_by(desk: KiteDesk, first: Order, key: str, side: Side = Side.BUY) -> Order:
    """An order that waits for `first`, such as the short leg of a hedged spread."""
    intent = replace(first.intent, client_order_id=key, wire_id=key, side=side)
    after = replace(first, intent=intent, version=0, after=first.key)
    return commit_order(desk.store, after, {"event": "staged"})


def test_a_leg_waits_until_the_one_it_follows_is_at_the_broker(
    desk: KiteDesk, staged: Order
) -> None:
    second = followed_by(desk, staged, "F" * 16)
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(second.key))
    assert desk.store.order(second.key).state is State.STAGED
    assert desk.kite.orders == []
    send_order(desk, desk.store.order(staged.key))
    assert send_order(desk, desk.store.order(second.key)).state is State.SUBMITTED


def test_a_leg_behind_one_that_waits_holds_up_nobody(desk: KiteDesk, staged: Order) -> None:
    short = followed_by(desk, staged, "F" * 16, Side.SELL)
    behind = followed_by(desk, short, "G" * 16, Side.SELL)
    send_order(desk, desk.store.order(staged.key))

    with pytest.raises(TryLater) as waits:  # for the book, which is read any moment
        send_order(desk, desk.store.order(short.key))
    assert not isinstance(waits.value, Held)
    with pytest.raises(Held):
        send_order(desk, desk.store.order(behind.key))


def test_a_leg_whose_first_did_not_get_to_the_market_is_not_sent(
    desk: KiteDesk, staged: Order
) -> None:
    second = followed_by(desk, staged, "F" * 16)
    commit_order(desk.store, move(staged, State.DENIED), {"event": "denied"})
    done = send_order(desk, desk.store.order(second.key))
    assert (done.state, done.text) == (
        State.DENIED,
        "the order it was to follow is not in the market",
    )
    assert desk.kite.orders == []


def test_a_short_leg_waits_until_every_hedge_is_at_the_exchange(
    desk: KiteDesk, staged: Order
) -> None:
    other = followed_by(desk, staged, "F" * 16)
    short = followed_by(desk, other, "G" * 16, Side.SELL)
    first = send_order(desk, desk.store.order(staged.key))
    second = send_order(desk, desk.store.order(other.key))
    assert (first.state, second.state) == (State.SUBMITTED, State.SUBMITTED)

    for hedge in (second, first):  # accepted is not yet at the exchange: it may be rejected
        with pytest.raises(TryLater):
            send_order(desk, desk.store.order(short.key))
        commit_order(desk.store, replace(hedge, state=State.WORKING), {"event": "working"})

    assert send_order(desk, desk.store.order(short.key)).state is State.SUBMITTED


def test_a_short_leg_does_not_follow_a_hedge_that_is_being_cancelled(
    desk: KiteDesk, staged: Order
) -> None:
    short = followed_by(desk, staged, "G" * 16, Side.SELL)
    first = send_order(desk, desk.store.order(staged.key))
    commit_order(desk.store, replace(first, state=State.WORKING), {"event": "working"})
    want_cancel(desk, first.key, user_id=7, why="asked")

    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(short.key))

    assert [row["transaction_type"] for row in desk.kite.orders] == ["BUY"]


def test_a_short_leg_does_not_follow_a_hedge_that_is_made_smaller(
    desk: KiteDesk, staged: Order
) -> None:
    short = followed_by(desk, staged, "G" * 16, Side.SELL)
    first = send_order(desk, desk.store.order(staged.key))
    less = Terms(first.quantity - 1, first.price)
    wished = replace(first, state=State.WORKING, replace_wanted=less)
    wished = commit_order(desk.store, wished, {"event": "replace wanted"})
    with pytest.raises(TryLater):
        send_order(desk, desk.store.order(short.key))

    commit_order(
        desk.store,
        replace(wished, state=State.FILLED, cum_quantity=less.quantity, terms=less,
                replace_wanted=None),
        {"event": "filled"},
    )  # fmt: skip

    assert send_order(desk, desk.store.order(short.key)).state is State.DENIED
    assert [row["transaction_type"] for row in desk.kite.orders] == ["BUY"]


def test_a_short_leg_is_not_sent_when_a_hedge_is_rejected_after_it_was_accepted(
    desk: KiteDesk, staged: Order
) -> None:
    other = followed_by(desk, staged, "F" * 16)
    short = followed_by(desk, other, "G" * 16, Side.SELL)
    first = send_order(desk, desk.store.order(staged.key))
    send_order(desk, desk.store.order(other.key))

    commit_order(desk.store, replace(first, state=State.REJECTED), {"event": "rejected"})
    done = send_order(desk, desk.store.order(short.key))

    assert (done.state, done.text) == (
        State.DENIED,
        "the hedge it was to follow is not in the market",
    )
    assert [row["tradingsymbol"] for row in desk.kite.orders] == ["INFY", "INFY"]
