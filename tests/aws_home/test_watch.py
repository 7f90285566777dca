"""A function tries again while it has time, and stops before its time ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest
from clocks import StillClock
from orders.desks import KiteDesk, kite_desk
from samples import STAGED

from tradegram.aws.bells import send_in_time
from tradegram.aws.tell import deliver_in_time
from tradegram.aws.watch import LOOK, watch
from tradegram.chat.reply import Reply
from tradegram.errors import Busy, NotFound
from tradegram.model import Side
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.send import TryLater
from tradegram.orders.sight import UNSEEN
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Desk, Notice, commit_order

KEY = "A" * 16


@dataclass
class Time:
    """A function's time, which passes only while it pauses."""

    left: float
    clock: StillClock
    pauses: list[float] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def seconds_left(self) -> float:
        return self.left

    def pause(self, seconds: float) -> None:
        self.left -= seconds
        self.clock.pass_(seconds)
        self.pauses.append(seconds)
        self.then()


@dataclass
class Mouth:
    """Implements ports.Messenger; busy for so many messages."""

    said: list[str] = field(default_factory=list)
    busy: int = 0

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        if self.busy:
            self.busy -= 1
            raise Busy("wait", retry_after=3.0)
        self.said.append(reply.text)
        return f"{chat}:1"

    def edit(self, message: str, reply: Reply) -> None:
        self.said.append(reply.text)


@pytest.fixture
def kite(tmp_path: Path) -> Iterator[KiteDesk]:
    made = kite_desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def desk(kite: KiteDesk) -> Desk:
    return cast(Desk, kite)


@pytest.fixture
def staged(kite: KiteDesk) -> Order:
    now = kite.clock.now()
    order = replace(STAGED, staged_at=now, send_by=now + 120)
    return commit_order(kite.store, order, {"event": "staged"})


def sent(desk: Desk, time: Time, key: str = KEY) -> Order:
    order = send_in_time(desk, key, time.seconds_left, time.pause)
    assert order is not None, "it was a trigger"
    return order


def test_an_order_that_was_never_sent_is_tried_again_in_the_same_delivery(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    kite.kite.unreachable = True
    time = Time(25, kite.clock)

    def mend() -> None:
        kite.kite.unreachable = len(time.pauses) < 2

    time.then = mend

    assert sent(desk, time).state is State.SUBMITTED
    assert len(time.pauses) == 2
    assert len(kite.kite.orders) == 1


def test_a_short_leg_leaves_in_the_delivery_in_which_its_hedge_works(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    attend(desk, KEY)
    intent = replace(staged.intent, client_order_id="S" * 16, wire_id="S" * 16, side=Side.SELL)
    short = replace(staged, intent=intent, version=0, after=KEY)
    commit_order(kite.store, short, {"event": "staged"})
    time = Time(25, kite.clock)
    time.then = lambda: kite.kite.orders[0].update(status="OPEN")  # nobody looks at the book

    done = sent(desk, time, short.key)

    assert done.state is State.SUBMITTED
    assert kite.store.order(KEY).state is State.WORKING
    assert len(time.pauses) == 1


def test_it_gives_up_for_this_delivery_after_three_tries(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    kite.kite.unreachable = True
    time = Time(600, kite.clock)

    with pytest.raises(TryLater):
        sent(desk, time)

    assert len(time.pauses) == 2
    assert kite.store.order(KEY).state is State.STAGED


def test_it_does_not_begin_what_it_may_not_be_able_to_finish(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    kite.kite.unreachable = True

    with pytest.raises(TryLater):
        sent(desk, Time(15, kite.clock))

    assert kite.store.order(KEY).attempt == 1


def test_an_unknown_outcome_is_an_outcome(desk: Desk, kite: KiteDesk, staged: Order) -> None:
    kite.kite.lose_replies = 1
    time = Time(600, kite.clock)

    assert sent(desk, time).state is State.UNKNOWN
    assert sent(desk, time).state is State.UNKNOWN
    assert time.pauses == []
    assert len(kite.kite.orders) == 1


def test_the_book_is_read_again_while_an_order_is_young_and_there_is_time(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    time = Time(60, kite.clock)
    sent(desk, time)

    assert watch(desk, Mouth(), time.seconds_left, time.pause) == 1

    reads = [each for each in kite.kite.requests if (each.method, each.path) == ("GET", "/orders")]
    # One look at every round, and what looks back on first sight of the account.
    assert len(time.pauses) + 1 > 6
    assert len(time.pauses) + 1 < len(reads) < len(time.pauses) + 4
    assert time.left + max(time.pauses) >= LOOK
    assert time.left > 0


def test_with_nothing_to_watch_it_ends_at_once(desk: Desk, kite: KiteDesk) -> None:
    time = Time(60, kite.clock)

    assert watch(desk, Mouth(), time.seconds_left, time.pause) == 0
    assert time.pauses == []


def test_a_message_that_the_stream_missed_is_said_by_the_watch(desk: Desk, kite: KiteDesk) -> None:
    kite.store.commit(Change((), (), (Notice("paper:main", "", "alert", "look", 42),)))
    mouth = Mouth()

    watch(desk, mouth, lambda: 0.0, Time(0, kite.clock).pause)

    assert len(mouth.said) == 1


def test_a_broker_that_does_not_answer_does_not_end_the_watch(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    time = Time(60, kite.clock)
    sent(desk, time)
    kite.kite.unreachable = True

    watch(desk, Mouth(), time.seconds_left, time.pause)

    assert len(time.pauses) > 5


def test_a_fault_with_one_account_does_not_end_the_watch_over_the_others(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    time = Time(60, kite.clock)
    sent(desk, time)
    kite.brokers.is_broken = True

    watch(desk, Mouth(), time.seconds_left, time.pause)

    assert len(time.pauses) > 5


def test_a_messenger_that_asks_for_patience_gets_it_while_there_is_time(
    desk: Desk, kite: KiteDesk
) -> None:
    kite.store.commit(Change((), (), (Notice("paper:main", "", "alert", "look", 42),)))
    mouth, time = Mouth(busy=2), Time(60, kite.clock)

    assert deliver_in_time(desk, mouth, time.seconds_left, time.pause) == 1
    assert time.pauses == [3.0, 3.0]

    kite.store.commit(Change((), (), (Notice("paper:main", "", "alert", "again", 42),)))
    mouth.busy = 99
    assert deliver_in_time(desk, mouth, lambda: 10.0, time.pause) == 0
    assert len(kite.store.notices()) == 1  # still owed


def test_an_order_that_nobody_knows_is_not_taken_for_done(desk: Desk, kite: KiteDesk) -> None:
    with pytest.raises(NotFound):
        sent(desk, Time(60, kite.clock))


def test_a_book_that_stays_unreadable_is_told_after_half_a_minute(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    kite.kite.read_status = 502

    time = Time(25, kite.clock)
    watch(desk, Mouth(), time.seconds_left, time.pause)
    assert kite.pager.alerts == []

    time = Time(60, kite.clock)
    watch(desk, Mouth(), time.seconds_left, time.pause)
    assert set(kite.pager.alerts) == {UNSEEN}


def test_a_wish_is_left_to_the_worker_at_the_registered_address(
    desk: Desk, kite: KiteDesk, staged: Order
) -> None:
    time = Time(60, kite.clock)
    sent(desk, time)
    want_cancel(kite, KEY, user_id=7, why="tapped")
    kite.doorbell.rung.clear()

    watch(desk, Mouth(), Time(12, kite.clock).seconds_left, time.pause)

    assert {each.method for each in kite.kite.requests} == {"POST", "GET"}
    assert KEY in kite.doorbell.rung
    attend(desk, KEY)
    assert kite.kite.orders[0]["status"] == "CANCELLED"
