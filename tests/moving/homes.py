"""Desks to be moved: a used one and a new one, on one machine or on an emulated AWS."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloud
import ministack
from clocks import StillClock
from moto import mock_aws
from samples import TICKET, order
from vault.vaults import BY, CHEAP, canaries

from tradegram.audit import examine
from tradegram.bootstrap import build
from tradegram.clock import SystemIds
from tradegram.local.workers import LocalDoorbell
from tradegram.model import OrderType, Session
from tradegram.moving.home import Home
from tradegram.orders.state import State, move
from tradegram.ports import Change, Document, Event, Notice, Store
from tradegram.settings import read
from tradegram.store.dynamodb import DynamoStore
from tradegram.store.dynamodb_whole import DynamoWhole
from tradegram.store.sqlite import SqliteStore
from tradegram.store.sqlite_whole import SqliteWhole
from tradegram.store.whole import Whole, parts_of
from tradegram.vault.credentials import Vault
from tradegram.vault.keyring import LocalKeyRing

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NUMBERS = itertools.count(1)
SECRETS = canaries("zerodha", "AB1234", "live")
STATES = (State.WORKING, State.FILLED, State.CANCELLED, State.REFUSED)


@dataclass(slots=True)
class Dying:
    """A client of DynamoDB whose process dies before its nth write. partly: batches half taken."""

    client: DynamoDBClient
    writes_left: int = 1_000_000
    partly: bool = False

    def __getattr__(self, operation: str) -> object:
        if operation in ("put_item", "batch_write_item", "delete_item"):
            self.writes_left -= 1
            if self.writes_left < 0:
                raise Killed
        if operation == "batch_write_item" and self.partly:
            return self._half
        return getattr(self.client, operation)

    def _half(self, RequestItems: dict[str, Any]) -> object:
        [(table, batch)] = RequestItems.items()
        middle = (len(batch) + 1) // 2
        self.client.batch_write_item(RequestItems={table: batch[:middle]})
        return {"UnprocessedItems": {table: batch[middle:]} if batch[middle:] else {}}


class Killed(BaseException):
    """Nothing of ours may catch it."""


@contextmanager
def new_home(kind: str, folder: Path, clock: StillClock | None = None) -> Iterator[Home]:
    """As it stands before anybody used it. kind: sqlite, moto or ministack."""
    folder.mkdir(exist_ok=True)
    clock = clock or StillClock()
    if kind == "sqlite":
        store = SqliteStore(folder / "desk.sqlite", clock)
        yield _home(folder, store, SqliteWhole(folder / "desk.sqlite", clock), clock)
        store.close()
    elif kind == "moto":
        with mock_aws():
            yield _on_aws(folder, "", clock)
    else:
        yield _on_aws(folder, ministack.endpoint(), clock)


def use(home: Home) -> None:
    """Orders in many states, people, settings, secrets, messages, and a book on paper."""
    store, vault = home.store, home.vault
    for number, state in enumerate(STATES):
        key = chr(ord("A") + number) * 16
        staged = replace(order(key, staged_at=1000.0 + number), broker_order_id=f"B{number}")
        event = Event("paper:main", {"event": "staged", "order": key, "user": "Ärger ₹ 12"})
        owed = Notice("paper:main", key, "submitted", "on its way", 42)
        [first] = store.commit(Change((staged,), (event,), (owed,)))
        assert not isinstance(first, Document)
        after = replace(staged, version=1, state=state, cum_quantity=Decimal(number))
        store.commit(Change((after,), (replace(event, body={"event": state, "order": key}),)))
    store.commit(Change((TICKET, Document("user", "42", {"role": "owner", "name": "Asha"}))))
    store.commit(Change((Document("setting", "42", {"lots": "2"}),)))
    store.commit(
        Change((Document("update", "7", {"x": 1}, expires_at=home.desk.clock.now() + 9e4),))
    )
    store.commit(Change((Document("update", "8", {}, expires_at=home.desk.clock.now() - 1),)))
    vault.link(SECRETS, BY)
    session = Session(
        "zerodha:AB1234", home.desk.clock.now() + 3600, {"access_token": "CANARY-day"}
    )
    vault.keep_session(session, BY)
    _trade_on_paper(home)


def _trade_on_paper(home: Home) -> None:
    broker = home.desk.brokers.broker("paper:main")
    intent = replace(order("P" * 16).intent, order_type=OrderType.LIMIT, price=Decimal("1300.00"))
    broker.place(intent, not_after=home.desk.clock.monotonic() + 10)


def doubtful(home: Home, state: State = State.UNKNOWN) -> None:
    """An order whose outcome nobody knows."""
    staged = order("U" * 16)
    home.store.commit(Change((staged,)))
    sending = replace(move(replace(staged, version=1), State.SENDING, owner="w"))
    home.store.commit(Change((sending,)))
    if state is State.UNKNOWN:
        home.store.commit(Change((move(replace(sending, version=2), State.UNKNOWN),)))


def record(home: Home) -> list[str]:
    """Everything but sealed secrets, in an order of its own; chains by their links."""
    found = [
        each
        for each in home.whole.lines()
        if parts_of(each)[0] != "document" or '"kind":"credential"' not in parts_of(each)[1]
    ]
    return sorted(each for each in found if '"kind":"session"' not in each.replace("\\", ""))


def chains_are_whole(store: Store) -> bool:
    return not any(examine(store.chain(account)) for account in store.audited())


def _on_aws(folder: Path, endpoint: str, clock: StillClock) -> Home:
    client, table = cloud.dynamodb(endpoint), f"moving-{next(NUMBERS)}"
    cloud.make_table(client, table)
    store = DynamoStore(client, table, clock)
    return _home(folder, store, DynamoWhole(client, table, clock, lambda _: None), clock)


def _home(folder: Path, store: Store, whole: Whole, clock: StillClock) -> Home:
    settings = read({"TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    ring = LocalKeyRing(folder / "vault.key", cost=CHEAP)
    desk = build(settings, store, LocalDoorbell(), clock, SystemIds(), ring)
    return Home(desk, Vault(store, clock, ring), whole)
