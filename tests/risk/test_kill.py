"""The kill switch stops what is queued on every account, at once, and lets cancels pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from tickets.desks import OWNER, RELIANCE, LedgerBroker, Scene, asked, scene

from tradegram.brokers.registry import Registry
from tradegram.chat.desk import said
from tradegram.chat.reply import Said
from tradegram.errors import UserError
from tradegram.local.workers import Workers
from tradegram.model import Account, Mode, OrderIntent, OrderType, Side
from tradegram.orders.cancel import want_cancel
from tradegram.orders.state import State
from tradegram.risk.kill import RELEASE, is_killed, kill, release
from tradegram.risk.stepup import prove, set_up_pin
from tradegram.tickets.desk import confirm_ticket, open_ticket

ACCOUNTS = tuple(Account(f"paper:a{n}", "paper", f"a{n}", Mode.PAPER) for n in range(12))
EACH = 12  # orders queued on each
PIN = "482915"
LEAVING = (State.STAGED, State.SENDING)


@dataclass
class SlowBroker(LedgerBroker):
    """Takes its time for every order, and keeps whose requests began."""

    began: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        with self._lock:
            self.began.append(intent.client_order_id)
            number = len(self.began)
        time.sleep(0.02)
        return f"B{number}"

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        self.cancelled.append(broker_order_id)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Scene]:
    made = scene(tmp_path, *ACCOUNTS)
    registry, broker = made.desk.brokers, SlowBroker()
    assert isinstance(registry, Registry)
    makers = {name: replace(each, make=lambda _: broker) for name, each in registry.makers.items()}
    made.desk = replace(made.desk, brokers=Registry(made.store, makers))
    made.broker = broker
    yield made
    made.store.close()


def queued(play: Scene) -> list[str]:
    keys = []
    for account in ACCOUNTS:
        for number in range(EACH):
            what = asked(
                RELIANCE, Side.BUY, quantity=Decimal(1), price=Decimal(2900 + number),
                order_type=OrderType.LIMIT, account=account.name,
            )  # fmt: skip
            ticket = open_ticket(play.desk, user_id=OWNER, asked=what, source_text="")
            done = confirm_ticket(
                play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version,
                message="tg:7:1",
            )  # fmt: skip
            keys += [order.key for order in done.orders]  # type: ignore[union-attr]
    return keys


def test_nothing_is_sent_on_twelve_accounts_after_the_kill_is_acknowledged(play: Scene) -> None:
    broker = play.broker
    assert isinstance(broker, SlowBroker)
    keys = queued(play)
    workers = Workers(play.desk)
    workers.start()
    try:
        wait_for(lambda: len(broker.began) >= len(ACCOUNTS))
        said(play.desk, Said(OWNER, "tg:7", "/kill", 0.0))
        acknowledged = play.clock.now()
        play.clock.pass_(1.0)  # so that what is claimed from here on can be told apart
        wait_for(lambda: not any(play.store.order(key).state in LEAVING for key in keys))
    finally:
        workers.stop()

    assert [key for key in broker.began if play.store.order(key).sent_at > acknowledged] == []
    states = [play.store.order(key).state for key in keys]
    assert len(broker.began) < len(keys)
    assert states.count(State.DENIED) == len(keys) - len(broker.began)


def wait_for(true: object, seconds: float = 30.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_cancels_pass_while_it_is_on(play: Scene) -> None:
    broker = play.broker
    assert isinstance(broker, SlowBroker)
    keys = queued(play)[:2]
    workers = Workers(play.desk)
    workers.start()
    try:
        wait_for(lambda: all(play.store.order(key).broker_order_id for key in keys))
        kill(play.desk, OWNER)
        for key in keys:
            want_cancel(play.desk, key, user_id=OWNER, why="asked")
            order = play.store.order(key)
            workers.ring(play.desk.brokers.account(order.account_id), key)
        wait_for(lambda: len(broker.cancelled) >= len(keys))
    finally:
        workers.stop()


def test_a_release_wants_a_grant_and_uses_it_up(play: Scene) -> None:
    set_up_pin(play.desk, OWNER, PIN)
    kill(play.desk, OWNER)

    for wrong in ("", "AAAA", prove(play.desk, OWNER, "something else", PIN)):
        with pytest.raises(UserError, match="not proven"):
            release(play.desk, OWNER, wrong)
    assert is_killed(play.store)
    grant = prove(play.desk, OWNER, RELEASE, PIN)
    release(play.desk, OWNER, grant)
    assert not is_killed(play.store)
    kill(play.desk, OWNER)
    with pytest.raises(UserError, match="not proven"):
        release(play.desk, OWNER, grant)
    assert is_killed(play.store)
