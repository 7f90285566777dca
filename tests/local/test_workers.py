from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samples import STAGED

from tradegram.bootstrap import local_home
from tradegram.brokers.contract import Broker, Profile
from tradegram.local.workers import Workers
from tradegram.model import Account
from tradegram.orders.reconcile import RING_AGAIN
from tradegram.orders.state import State
from tradegram.ports import Brokers, commit_order
from tradegram.settings import read


def test_an_order_whose_bell_died_with_the_last_run_is_sent_when_the_workers_start(
    tmp_path: Path,
) -> None:
    home = local_home(
        read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    )
    now = home.desk.clock.now()
    later = now + 60  # before that the sweeper does not ring
    waiting = replace(STAGED, staged_at=later, send_by=now + 120)
    order = commit_order(home.store, waiting, {"event": "staged"})
    workers = Workers(home.desk)

    workers.start()

    deadline = time.monotonic() + 30
    while home.store.order(order.key).state is State.STAGED:
        assert time.monotonic() < deadline, "nobody rang for it"
        time.sleep(0.01)
    workers.stop()
    home.store.close()


@dataclass
class Faulty:
    """Implements ports.Brokers; the first calls meet a fault that nobody thought of."""

    inner: Brokers
    faults: int
    meanwhile: Callable[[], None] = lambda: None

    def accounts(self) -> Sequence[Account]:
        return self.inner.accounts()

    def account(self, account_id: str) -> Account:
        return self.inner.account(account_id)

    def profile(self, account_id: str) -> Profile:
        return self.inner.profile(account_id)

    def broker(self, account_id: str) -> Broker:
        if self.faults:
            self.faults -= 1
            self.meanwhile()
            raise KeyError("a fault that nobody thought of")
        return self.inner.broker(account_id)


def test_a_fault_that_nobody_thought_of_does_not_stop_an_accounts_workers(tmp_path: Path) -> None:
    home = local_home(
        read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    )
    now = home.desk.clock.now()
    waiting = replace(STAGED, staged_at=now - RING_AGAIN - 1, send_by=now + 120)
    order = commit_order(home.store, waiting, {"event": "staged"})
    workers = Workers(replace(home.desk, brokers=Faulty(home.desk.brokers, faults=3)))
    home.doorbell.answered_by(workers)

    workers.start()

    deadline = time.monotonic() + 30
    while home.store.order(order.key).state is State.STAGED:
        assert time.monotonic() < deadline, "nobody attends to it any more"
        time.sleep(0.01)
    workers.stop()
    home.store.close()


def test_a_bell_counts_again_once_its_order_is_attended_to(tmp_path: Path) -> None:
    home = local_home(
        read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    )
    account, order = home.desk.brokers.account(STAGED.account_id), STAGED
    brokers = Faulty(
        home.desk.brokers, faults=1, meanwhile=lambda: workers.ring(account, order.key)
    )
    workers = Workers(replace(home.desk, brokers=brokers))
    workers.start()
    now = home.desk.clock.now()
    waiting = replace(STAGED, staged_at=now + 60, send_by=now + 120)  # no sweeper rings for it
    commit_order(home.store, waiting, {"event": "staged"})

    for _ in range(3):  # one is enough, and more do no harm
        workers.ring(account, order.key)

    deadline = time.monotonic() + 30
    while home.store.order(order.key).state is State.STAGED:
        assert time.monotonic() < deadline, "the bell that rang meanwhile was lost"
        time.sleep(0.01)
    workers.stop()
    home.store.close()
