"""Seeded trading days in which everything goes wrong, and no promise is broken."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from clocks import StillClock
from simulation.history import play
from simulation.play import Seen, play_days
from simulation.world import Faults

from tradegram.store.sqlite import SqliteStore

HERE = Path(__file__).parent
DAYS, PARTS = 1_000, 8
# In whatever words: lost answers that are found, and those that nothing came of.
HAPPENS = (
    ("SENDING", "UNKNOWN"),
    ("UNKNOWN", "WORKING"),
    ("UNKNOWN", "VOID"),
    ("WORKING", "FILLED"),
    ("WORKING", "CANCELLED"),
)


@pytest.fixture(scope="module")
def honest() -> Seen:
    total = Seen()
    with ProcessPoolExecutor(2) as pool:
        for seen in pool.map(play_days, [range(part, DAYS, PARTS) for part in range(PARTS)]):
            total.add(seen)
    return total


def test_no_promise_is_broken_in_a_thousand_days(honest: Seen) -> None:
    assert honest.violations == []
    assert honest.days == DAYS


def test_every_fault_struck_often_enough_to_mean_something(honest: Seen) -> None:
    rare = {"liar", "skew"}  # drawn per day, not per call
    seldom = {
        name: honest.fired[name]
        for name in Faults.__dataclass_fields__
        if name not in rare and honest.fired[name] < 40
    }

    assert seldom == {}


def test_a_broker_that_refuses_and_then_places_is_found_out() -> None:
    assert play_days(range(200), liar=True).violations == []


def test_playing_leaves_the_log_of_its_caller_alone(caplog: pytest.LogCaptureFixture) -> None:
    play_days(range(1))
    logging.getLogger("any").warning("said after a day")

    assert "said after a day" in caplog.text


@pytest.mark.parametrize("dialect", ["angelone", "kotakneo", "binance"])
def test_no_promise_is_broken_at_brokers_that_speak_otherwise(dialect: str) -> None:
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(partial(play_days, dialect=dialect), [range(50), range(50, 100)]))
    seen = Seen()
    for part in parts:
        seen.add(part)

    assert seen.violations == []
    seldom = [move for move in HAPPENS if seen.moves[move] < 5]
    assert seldom == []


def test_the_same_days_hold_over_the_real_record_on_disk(tmp_path: Path) -> None:
    for seed in range(12):
        store = SqliteStore(tmp_path / f"{seed}.sqlite", StillClock(0.0))
        play(seed, inner=store)
        store.close()


def test_a_seed_is_one_history_whatever_the_hash_seed() -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "from simulation.history import play;"
        "print(hashlib.sha256(repr([(d.inner.chains, d.store.told, d.world.alerts)"
        " for d in map(play, range(40))]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, str(HERE.parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }

    assert len(digests) == 1
