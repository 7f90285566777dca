from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from clocks import StillClock

from tradegram.local.tidying import Tidying
from tradegram.ports import Change, Document
from tradegram.store.sqlite import SqliteStore


def kept(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return [key for (key,) in file.execute("SELECT key FROM records")]


def test_what_has_expired_is_removed_while_the_desk_runs(tmp_path: Path) -> None:
    clock, path = StillClock(), tmp_path / "desk.sqlite"
    store = SqliteStore(path, clock)
    day = clock.now() + 86_400
    store.commit(Change((Document("x", "gone", {}, expires_at=day), Document("x", "stays", {}))))
    tidying = Tidying(store, every=0.01)
    tidying.start()
    time.sleep(0.05)
    before = kept(path)
    clock.pass_(86_401)
    deadline = time.monotonic() + 10
    while "gone" in kept(path) and time.monotonic() < deadline:
        time.sleep(0.01)
    tidying.stop()
    store.close()

    assert sorted(before) == ["gone", "stays"]
    assert kept(path) == ["stays"]
