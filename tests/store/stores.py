"""The homes of the record that the contract suite runs over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cloud
import ministack
from clocks import StillClock
from moto import mock_aws

from tradegram.ports import Store
from tradegram.store.dynamodb import DynamoStore
from tradegram.store.sqlite import SqliteStore

HOMES = ["sqlite", "moto", "ministack"]
NUMBERS = itertools.count(1)


class MotoStore(DynamoStore):
    """moto once let two threads win one conditional write: it is for one thread."""


@contextmanager
def opened(home: str, folder: Path, clock: StillClock) -> Iterator[Store]:
    if home == "sqlite":
        store = SqliteStore(folder / "desk.sqlite", clock)
        yield store
        store.close()
    elif home == "moto":
        with mock_aws():
            yield _made(MotoStore, "", clock)
    else:
        yield _made(DynamoStore, ministack.endpoint(), clock)


def _made(kind: type[DynamoStore], endpoint: str, clock: StillClock) -> DynamoStore:
    client = cloud.dynamodb(endpoint)
    table = f"contract-{next(NUMBERS)}"
    cloud.make_table(client, table)
    return kind(client, table, clock)


def is_concurrent(store: Store) -> bool:
    """Whether twelve threads may race on it: test doubles that cannot are left out."""
    return not isinstance(store, MotoStore)
