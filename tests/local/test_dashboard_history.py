"""The page over the history of years: 50,000 orders, their trades, and an audit of each."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import samples
from browser import PATIENCE
from local.dashboard_desk import DashboardDesk, dashboard_desk
from playwright.sync_api import Page, expect

from tradegram.audit import Link, link
from tradegram.bootstrap import RECORD
from tradegram.history.trade import day_of
from tradegram.orders.state import State
from tradegram.ports import Change, Document

pytestmark = pytest.mark.browser

expect.set_options(timeout=PATIENCE)
ACCOUNT = "paper:main"
ORDERS = 50_000
LOADS_IN, RECKONS_IN = 1.0, 12.0  # seconds of work, however busy the machine is
LONG = 9 * PATIENCE  # ms


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DashboardDesk]:
    with dashboard_desk(tmp_path) as made:
        fill(made, tmp_path / RECORD)
        yield made


def fill(desk: DashboardDesk, record: Path) -> None:
    """One of each kind is written by the store; the others are copies of its rows."""
    filled = replace(
        samples.order("A" * 16, ACCOUNT), state=State.FILLED, cum_quantity=Decimal(100),
        average_price=Decimal("1500.05"), settled=True,
    )  # fmt: skip
    body = {
        "account": ACCOUNT, "trade": "TRADE", "order": "B1", "instrument": "NSE:INFY",
        "kind": "SHARE", "side": "SIDE", "product": "MIS", "quantity": "100", "price": "PRICE",
        "at": 1.5, "day": "DAY", "currency": "INR", "multiplier": "1", "charges": "20",
        "source": "book", "expiry": None,
    }  # fmt: skip
    desk.home.store.commit(Change((filled, Document("trade", "model", body))))
    with sqlite3.connect(record) as db:
        copy_orders(db)
        copy_trades(db)
        copy_audit(db)
    db.close()


def moments() -> Iterator[float]:
    first = datetime.now(UTC) - timedelta(days=300)
    for number in range(ORDERS):
        yield (first + timedelta(seconds=number * 500)).timestamp()


def copy_orders(db: sqlite3.Connection) -> None:
    query = "SELECT kind, version, account_id, settled, body FROM records WHERE kind = 'order'"
    kind, version, account, settled, text = db.execute(query).fetchone()
    rows = (
        (kind, key, version, account, at, settled,
         text.replace("A" * 16, key).replace("1000.0", str(at)))
        for key, at in ((id_of(number), at) for number, at in enumerate(moments(), start=1))
    )  # fmt: skip
    db.executemany(
        "INSERT INTO records (kind, key, version, account_id, staged_at, settled, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)", rows,
    )  # fmt: skip


def id_of(number: int) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(digits[number >> shift & 31] for shift in range(75, -1, -5))


def copy_trades(db: sqlite3.Connection) -> None:
    query = "SELECT kind, version, body FROM records WHERE key = 'model'"
    kind, version, text = db.execute(query).fetchone()
    db.execute("DELETE FROM records WHERE key = 'model'")
    rows = []
    for number, at in enumerate(moments()):
        day, side = day_of(at).isoformat(), ("BUY", "SELL")[number % 2]
        made = text.replace("TRADE", str(number)).replace("DAY", day).replace("SIDE", side)
        made = made.replace("PRICE", str(1500 + number % 7)).replace("1.5,", f"{at},")
        rows.append((kind, f"{ACCOUNT}|{day}|NSE:INFY|{side}|{number}", version, made))
    db.executemany("INSERT INTO records (kind, key, version, body) VALUES (?, ?, ?, ?)", rows)


def copy_audit(db: sqlite3.Connection) -> None:
    query = "SELECT sequence, previous, body, digest FROM audit WHERE account_id = ? ORDER BY 1"
    last = Link(*db.execute(query, (ACCOUNT,)).fetchall()[-1])
    rows = []
    for at in moments():
        last = link(last, {"event": "copied", "by": "test"}, at)
        rows.append((ACCOUNT, last.sequence, last.previous, last.body, last.digest))
    db.executemany("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", rows)


def test_a_history_of_fifty_thousand_orders_is_looked_at_page_by_page(
    desk: DashboardDesk, page: Page
) -> None:
    began = time.process_time()
    page.goto(desk.door())
    expect(page.locator("#orders tr")).to_have_count(50)
    loaded = time.process_time() - began
    page.get_by_role("button", name="Older orders").click()
    expect(page.locator("#orders tr")).to_have_count(100)

    began = time.process_time()
    page.locator(".tabs").get_by_role("button", name=re.compile("Results")).click()
    page.get_by_label("Period").select_option("all")
    expect(page.locator(".figures")).to_contain_text("50,000", timeout=LONG)
    reckoned = time.process_time() - began
    page.locator(".tabs").get_by_role("button", name=re.compile("Desk")).click()
    expect(page.locator("#audit tr")).to_have_count(50)
    expect(page.locator("#audit tr").first).to_contain_text("link 50000")

    spent = f"loaded in {loaded:.2f} s, results in {reckoned:.2f} s"
    assert loaded < LOADS_IN, spent
    assert reckoned < RECKONS_IN, spent
