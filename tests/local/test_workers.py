from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from samples import STAGED

from tradegram.bootstrap import local_home
from tradegram.local.workers import Workers
from tradegram.orders.reconcile import RING_AGAIN
from tradegram.orders.state import State
from tradegram.ports import commit_order
from tradegram.settings import read


def test_an_order_whose_bell_died_with_the_last_run_is_sent_when_the_workers_start(
    tmp_path: Path,
) -> None:
    home = local_home(
        read({"TRADEGRAM_DATA_DIR": str(tmp_path), "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    )
    now = home.desk.clock.now()
    waiting = replace(STAGED, staged_at=now, send_by=now + 120)
    order = commit_order(home.store, waiting, {"event": "staged"})
    workers = Workers(home.desk)

    workers.start()

    deadline = time.monotonic() + RING_AGAIN - 1  # before the sweeper would ring
    while home.store.order(order.key).state is State.STAGED:
        assert time.monotonic() < deadline, "nobody rang for it"
        time.sleep(0.01)
    workers.stop()
    home.store.close()
