"""Both homes keep brackets: the workers of one machine, and the function that watches on AWS."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import cast

from brackets.floor import D, floor

from tradegram.aws.watch import watch
from tradegram.brokers.registry import PAPER
from tradegram.local.workers import LocalDoorbell, Workers
from tradegram.ports import Messenger

PATIENCE = 30.0  # seconds


def test_the_workers_of_one_machine_place_the_target_and_fire_the_stop(tmp_path: Path) -> None:
    made = floor(tmp_path)
    made.bought(10, stop="2900", target="3050", filled=False)
    made.broker.fill(made.broker.rows[0])
    bell = LocalDoorbell()
    workers = Workers(replace(made.desk, doorbell=bell))
    bell.answered_by(workers)

    workers.start()
    try:
        until = time.monotonic() + PATIENCE
        while not made.exits():
            assert time.monotonic() < until, "nobody placed the target"
            time.sleep(0.02)
        made.price("2890")
        while made.exits()[0].terms.price == D(3050):
            assert time.monotonic() < until, "nobody fired the stop"
            time.sleep(0.02)
    finally:
        workers.stop()
        made.store.close()


def test_the_watching_function_keeps_brackets_while_it_has_time(tmp_path: Path) -> None:
    made = floor(tmp_path)
    made.bought(10, stop="2900")
    for notice in made.store.notices(500):
        made.store.delivered(notice)
    left = [40.0]

    def pause(seconds: float) -> None:
        left[0] -= seconds
        made.clock.pass_(seconds)
        if left[0] < 34:
            made.price("2890")
        for notice in made.store.notices(500):
            made.store.delivered(notice)

    watch(made.desk, cast("Messenger", None), lambda: left[0], pause)

    [exit_] = made.store.unsettled(PAPER.account_id)[1:]
    assert exit_.intent.quantity == 10
    assert left[0] < 34, "a bracket is looked at more than once in a minute"
    made.store.close()
