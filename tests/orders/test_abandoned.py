from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from orders.desks import KiteDesk
from samples import STAGED

from tradegram.bootstrap import LocalHome, local_home
from tradegram.orders.abandoned import take_back
from tradegram.orders.attend import attend
from tradegram.orders.state import Order, State, move
from tradegram.ports import OrderDesk, commit_order
from tradegram.settings import read

ACCOUNT_ID = "paper:main"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LocalHome]:
    home = local_home(
        read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    )
    yield home
    home.store.close()


def claimed(desk: OrderDesk) -> Order:
    """As a worker leaves it that is killed between its claim and the broker."""
    now = desk.clock.now()
    staged = commit_order(
        desk.store, replace(STAGED, staged_at=now, send_by=now + 120), {"event": "staged"}
    )
    sending = move(staged, State.SENDING, owner="dead", lease_until=now + 30, sent_at=now)
    return commit_order(desk.store, sending, {"event": "claimed"})


def test_a_claimed_order_that_our_own_book_lacks_is_sent_after_all(home: LocalHome) -> None:
    order = claimed(home.desk)

    take_back(home.desk, ACCOUNT_ID)

    assert home.store.order(order.key).state is State.STAGED
    attend(home.desk, order.key)
    [report] = home.desk.brokers.broker(ACCOUNT_ID).order_book().reports
    assert report.client_order_id == order.key


def test_a_claimed_order_that_our_own_book_has_is_not_sent_again(home: LocalHome) -> None:
    order = claimed(home.desk)
    broker = home.desk.brokers.broker(ACCOUNT_ID)
    broker.place(order.intent, not_after=home.desk.clock.monotonic() + 10)

    take_back(home.desk, ACCOUNT_ID)

    assert home.store.order(order.key).state is State.SENDING
    attend(home.desk, order.key)
    assert len(broker.order_book().reports) == 1


def test_a_claimed_order_at_a_broker_elsewhere_stays_claimed(desk: KiteDesk) -> None:
    order = claimed(desk)

    take_back(desk, ACCOUNT_ID)

    assert desk.store.order(order.key).state is State.SENDING
    assert desk.kite.orders == []
