from __future__ import annotations

import threading
import time

import pytest
from telegram_desk import eventually

from tradegram.chat.telegram.lanes import Lanes


def test_a_lane_keeps_its_order_and_lanes_run_side_by_side() -> None:
    lanes, done, gate = Lanes(4), list[str](), threading.Event()
    lanes.put("a", lambda: done.append("a1") if gate.wait(60) else None)
    lanes.put("a", lambda: done.append("a2"))
    lanes.put("b", lambda: done.append("b1"))
    eventually(lambda: done == ["b1"])
    gate.set()
    eventually(lambda: done == ["b1", "a1", "a2"])
    lanes.stop(1)


def test_no_more_threads_than_asked_for_and_all_jobs_are_done() -> None:
    lanes, names, lock = Lanes(3), list[str](), threading.Lock()

    def note() -> None:
        time.sleep(0.002)
        with lock:
            names.append(str(threading.get_ident()))

    for number in range(60):
        lanes.put(number % 20, note)
    eventually(lambda: len(names) == 60)
    assert len(set(names)) <= 3
    lanes.stop(1)


def test_a_job_that_fails_does_not_end_its_lane(caplog: pytest.LogCaptureFixture) -> None:
    lanes, done = Lanes(1), list[int]()
    lanes.put("a", lambda: done.append(1 // 0))
    lanes.put("a", lambda: done.append(2))
    eventually(lambda: done == [2])
    assert "a job failed" in caplog.text
    lanes.stop(1)


def test_stopping_does_not_wait_for_a_job_that_hangs() -> None:
    lanes, gate = Lanes(2), threading.Event()

    def hang() -> None:
        gate.wait(60)

    lanes.put("a", hang)
    began = time.monotonic()
    lanes.stop(0.1)
    assert time.monotonic() - began < 5
    gate.set()
