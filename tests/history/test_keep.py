"""Trades are kept once, in every home of the record, however many there are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clocks import StillClock
from executions import FIRST, trade
from store import stores

from tradegram.audit import verify
from tradegram.history.keep import keep, kept, kept_until, prefixes
from tradegram.history.trade import Trade, document, read
from tradegram.ports import Document, Store
from tradegram.store.dynamodb_rows import record_row
from tradegram.store.sqlite import SqliteStore

MAIN = "paper:main"


@pytest.fixture(params=["sqlite", "moto"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with stores.opened(request.param, tmp_path, StillClock()) as made:
        yield made


def test_a_trade_is_read_back_as_it_was_kept(store: Store) -> None:
    one = trade("BUY", "0.5", "1500.05", charges=None, expiry=date(2026, 4, 28), product=None)

    assert keep(store, MAIN, [one], by="trade book") == 1

    assert kept(store, MAIN, FIRST, FIRST) == [one]
    assert read(document(one).body) == one


def test_keeping_twice_changes_nothing_and_says_so(store: Store) -> None:
    trades = [trade("BUY", 1, 10, number=str(n)) for n in range(3)]
    keep(store, MAIN, trades, by="trade book")
    links = len(list(store.chain(MAIN)))

    assert keep(store, MAIN, [*trades, *trades], by="file x.csv") == 0
    assert keep(store, MAIN, [*trades, trade("SELL", 1, 10)], by="file x.csv") == 1
    assert len(list(store.chain(MAIN))) == links + 1
    verify(store.chain(MAIN))


def test_the_audit_chain_names_every_trade_and_where_it_came_from(store: Store) -> None:
    keep(store, MAIN, [trade("BUY", 5, 10, number="77")], by="file x.csv")

    [link] = store.chain(MAIN)
    body = json.loads(link.body)
    assert (body["event"], body["by"]) == ("trades kept", "file x.csv")
    assert body["trades"] == ["BUY 5 NSE:INFY @ 10 (trade 77)"]
    assert body["at"]


def test_thousands_of_trades_are_paged(store: Store) -> None:
    # Of the size that makes two pages of a DynamoDB query, 1 MB each.
    count = 600 if isinstance(store, stores.MotoStore) else 3000
    trades = [
        trade("BUY", 1, 10, on=n % 90, number=f"{n:06d}", broker_order_id="9" * 2000)
        for n in range(count)
    ]
    if isinstance(store, stores.MotoStore):
        written_directly(store, trades)
    else:
        assert keep(store, MAIN, trades, by="file x.csv") == count

    assert len(kept_until(store, MAIN, date(2027, 1, 1))) == count
    in_april = sum(n % 90 < 30 for n in range(count))
    assert len(kept(store, MAIN, FIRST, date(2026, 4, 30))) == in_april
    assert keep(store, MAIN, trades[:40], by="file x.csv") == 0


def written_directly(store: stores.MotoStore, trades: list[Trade]) -> None:
    """This emulator copies its whole table for every transaction; what is read is the same."""
    for start in range(0, len(trades), 25):
        puts: Any = [
            {"PutRequest": {"Item": record_row(replace(document(one), version=1))}}
            for one in trades[start : start + 25]
        ]
        store._client.batch_write_item(RequestItems={store._table: puts})


class Behind(SqliteStore):
    """Does not see at once what another process has just written."""

    late = 1

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        if self.late:
            self.late -= 1
            return []
        return super().documents(kind, prefix)


def test_what_another_worker_keeps_in_between_is_left_to_it(tmp_path: Path) -> None:
    trades = [trade("BUY", 1, 10, number=str(n)) for n in range(3)]
    first = SqliteStore(tmp_path / "desk.sqlite", StillClock())
    keep(first, MAIN, trades[:2], by="trade book")
    second = Behind(tmp_path / "desk.sqlite", StillClock())

    assert keep(second, MAIN, trades, by="trade book") == 1

    assert len(kept(first, MAIN, FIRST, FIRST)) == 3
    first.close()
    second.close()


def test_accounts_whose_names_begin_alike_do_not_see_each_others_trades(store: Store) -> None:
    other = replace(trade("SELL", 1, 10), account_id="paper:main2")
    keep(store, "paper:main2", [other], by="trade book")

    assert kept_until(store, MAIN, date(2027, 1, 1)) == []


@pytest.mark.parametrize("days", [0, 6, 7, 8, 45, 400, 20_000])
def test_every_day_of_a_period_is_covered(days: int) -> None:
    first = date(2026, 11, 27)
    last = date.fromordinal(first.toordinal() + days)
    beginnings = prefixes(MAIN, first, last)

    for day in (first, last, date.fromordinal(first.toordinal() + days // 2)):
        key = trade("BUY", 1, 10, on=day).key
        assert sum(key.startswith(one) for one in beginnings) == 1
    assert len(beginnings) <= 400


def test_prices_keep_every_digit(store: Store) -> None:
    one = trade("BUY", "0.00000001", "12345678.00000001")
    keep(store, MAIN, [one], by="trade book")

    [again] = kept(store, MAIN, FIRST, FIRST)
    assert (again.quantity, again.price) == (Decimal("0.00000001"), Decimal("12345678.00000001"))
