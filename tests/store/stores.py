"""The homes of the record that the contract suite runs over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clocks import StillClock

from tradegram.ports import Store
from tradegram.store.sqlite import SqliteStore

HOMES = ["sqlite"]


@contextmanager
def opened(home: str, folder: Path, clock: StillClock) -> Iterator[Store]:
    assert home == "sqlite"
    store = SqliteStore(folder / "desk.sqlite", clock)
    yield store
    store.close()


def is_concurrent(store: Store) -> bool:
    """Whether twelve threads may race on it: test doubles that cannot are left out."""
    return isinstance(store, SqliteStore)
