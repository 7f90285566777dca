"""An alert is owed to every person who may use the desk, once an hour."""

from __future__ import annotations

from pathlib import Path

from clocks import StillClock

from tradegram.pager import StorePager
from tradegram.ports import Change, Document
from tradegram.store.sqlite import SqliteStore


def test_an_alert_is_owed_to_the_console_the_settings_users_and_those_who_paired(
    tmp_path: Path,
) -> None:
    clock = StillClock()
    store = SqliteStore(tmp_path / "desk.sqlite", clock)
    people = ("7", "42")
    store.commit(Change([Document("user", who, {"name": "", "role": "trader"}) for who in people]))
    pager = StorePager(store, clock, allowed_users=frozenset({42, 99}))

    pager.alert("paper:main", "feed stale")

    owed = [(each.user_id, each.kind, each.text) for each in store.notices()]
    assert sorted(owed) == [(who, "alert", "feed stale") for who in (0, 7, 42, 99)]

    pager.alert("paper:main", "feed stale")
    assert len(store.notices()) == 4, "said within the hour"
    clock.pass_(3601)
    pager.alert("paper:main", "feed stale")
    assert len(store.notices()) == 8
    store.close()
