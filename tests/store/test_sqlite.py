"""What only the record on one machine must promise."""

from __future__ import annotations

import gc
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from clocks import StillClock
from samples import order

from tradegram.audit import verify
from tradegram.errors import Conflict, NotFound, StoreError, StoreUnavailable
from tradegram.ports import Change, Document, Event
from tradegram.store.sqlite import SqliteStore


def test_a_thread_reads_what_it_wrote_however_many_others_read(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "desk.sqlite")
    missed: list[str] = []

    def work(name: int) -> None:
        for number in range(40):
            key = f"{name:04d}{number:012d}"
            store.commit(Change((order(key),)))
            try:
                store.order(key)
                store.unsettled("paper:main")
            except NotFound:
                missed.append(key)

    workers = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store.close()

    assert missed == []


def test_a_closed_record_says_so_and_opens_no_file_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "desk.sqlite")
    store.close()
    refused: list[str] = []

    def look() -> None:
        for attempt in (
            lambda: store.document("user", "7"),
            lambda: store.commit(Change((order("A" * 16),))),
        ):
            with pytest.raises(StoreUnavailable) as told:
                attempt()
            refused.append(str(told.value))

    look()
    fresh = threading.Thread(target=look)  # has no connection of its own yet
    fresh.start()
    fresh.join()

    assert refused == ["the record is closed"] * 4
    store.close()


def test_a_record_that_nobody_closed_lets_its_file_go(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "desk.sqlite")
    [connection] = store._open

    del store
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_one_change_that_cannot_be_written_does_not_fail_those_written_with_it(
    tmp_path: Path,
) -> None:
    store = SqliteStore(tmp_path / "desk.sqlite")
    good = Change((Document("setting", "a", {}),))
    bad = Change((), (Event(cast(str, None), {"event": "of no account"}),))

    def write(change: Change) -> str:
        try:
            store.commit(change)
        except StoreError as error:
            return type(error).__name__
        return "written"

    with ThreadPoolExecutor(2) as pool:
        with (
            store._batches.nobody_at_work()
        ):  # while another writes, both wait and become one batch
            done = [pool.submit(write, change) for change in (good, bad)]
            while len(store._batches._waiting) < 2:
                time.sleep(0.001)
        assert [each.result() for each in done] == ["written", "StoreError"]
    store.close()


def test_threads_that_come_and_go_leave_no_file_open(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "record.db")
    store.document("setting", "x")
    before = len(list(Path("/proc/self/fd").iterdir()))

    for _ in range(20):
        passing = threading.Thread(target=store.document, args=("setting", "x"))
        passing.start()
        passing.join()

    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    store.close()


def test_two_processes_write_one_unbroken_chain(tmp_path: Path) -> None:
    desk, command = SqliteStore(tmp_path / "desk.sqlite"), SqliteStore(tmp_path / "desk.sqlite")
    for number in range(6):
        for store in (desk, desk, command):
            store.commit(Change((), (Event("a", {"event": number}),)))
    chain = list(desk.chain("a"))

    verify(chain)
    assert len(chain) == 18
    desk.close()
    command.close()


def test_an_order_is_read_as_another_process_left_it(tmp_path: Path) -> None:
    desk, command = SqliteStore(tmp_path / "desk.sqlite"), SqliteStore(tmp_path / "desk.sqlite")
    staged = order("A" * 16)
    [mine] = desk.commit(Change((staged,)))
    assert desk.order("A" * 16) == mine
    command.commit(Change((replace(command.order("A" * 16), cancel_wanted=True),)))

    assert desk.order("A" * 16).cancel_wanted
    assert [one.version for one in desk.unsettled(staged.account_id)] == [2]
    desk.close()
    command.close()


def test_an_event_that_was_undone_leaves_no_gap_in_its_chain(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "desk.sqlite")
    store.commit(Change((), (Event("a", {"event": "first"}),)))
    bad = (Event("a", {"event": "undone"}), Event(cast(str, None), {"event": "of no account"}))
    with pytest.raises(StoreError):
        store.commit(Change((), bad))
    with pytest.raises(Conflict):
        store.commit(Change((Document("setting", "x", {}, version=3),), bad[:1]))
    store.commit(Change((), (Event("a", {"event": "second"}),)))
    chain = list(store.chain("a"))

    verify(chain)
    assert len(chain) == 2
    store.close()


def test_an_expired_document_may_be_written_anew_and_a_living_one_may_not(tmp_path: Path) -> None:
    clock = StillClock()
    store = SqliteStore(tmp_path / "desk.sqlite", clock)
    short = Document("turn", "x", {"of": 1}, expires_at=clock.now() + 10)
    [stored] = store.commit(Change((short,)))
    with pytest.raises(Conflict):
        store.commit(Change((short,)))

    clock.pass_(11)
    with pytest.raises(Conflict):
        store.commit(Change((stored,)))
    assert store.commit(Change((replace(short, body={"of": 2}, expires_at=None),)))

    found = store.document("turn", "x")
    assert found is not None
    assert (found.body, found.version) == ({"of": 2}, 1)
    store.close()
