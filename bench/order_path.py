"""From the tap to the broker: our own time, orders per second, and the disk's share of both."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bench.figures import show, show_times
from tradegram.bootstrap import build
from tradegram.brokers.client import TIMEOUT, HttpBroker
from tradegram.brokers.proxies import connection
from tradegram.brokers.registry import Maker, Registry, add_account
from tradegram.brokers.zerodha import Zerodha
from tradegram.chat import desk as conversation
from tradegram.chat.asked import Asked
from tradegram.chat.reply import Pressed
from tradegram.clock import SystemClock, SystemIds
from tradegram.local.workers import LocalDoorbell, Workers
from tradegram.market.live import LiveQuotes
from tradegram.model import Account, Mode, OrderType, Session, Side
from tradegram.orders.stage import client_order_id
from tradegram.ports import Change, Desk, Document
from tradegram.settings import read
from tradegram.store.sqlite import SqliteStore
from tradegram.tickets.desk import LookAgain, confirm_ticket, open_ticket
from tradegram.tickets.ticket import Ticket
from tradegram.vault.keyring import KEY_FILE, LocalKeyRing

TAPS, WARM_UP = 300, 30
PACE = 0.15  # seconds between two orders of one account, at least
ACCOUNTS, ORDERS = 64, 1_280
SERVER = Path(__file__).with_name("broker_server.py")
KITE = Account("zerodha:AB1234", "zerodha", "kite", Mode.LIVE)


@contextmanager
def loopback_broker() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


@contextmanager
def desk_on_disk(paper_accounts: int = 0, kite: str = "") -> Iterator[tuple[Desk, Workers]]:
    """A real desk with its workers; the record in a folder of the default temporary disk."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        store = SqliteStore(Path(folder) / "desk.sqlite", clock)
        doorbell = LocalDoorbell()
        settings = read({"TRADEGRAM_PAPER_ALWAYS_OPEN": "1", "TRADEGRAM_PAPER_BALANCE": "1e12"})
        ring = LocalKeyRing(Path(folder) / KEY_FILE)
        desk = build(settings, store, doorbell, clock, SystemIds(), ring)
        for number in range(paper_accounts):
            name = f"bench{number}"
            add_account(store, Account(f"paper:{name}", "paper", name, Mode.PAPER))
        if kite:
            desk = with_kite(desk, kite)
        workers = Workers(desk)
        doorbell.answered_by(workers)
        workers.start()
        try:
            yield desk, workers
        finally:
            workers.stop()
            store.close()


def with_kite(desk: Desk, base_url: str) -> Desk:
    http = connection()

    def make(account: Account) -> HttpBroker:
        session = Session(account.account_id, 9e12, {"api_key": "k", "access_token": "t"})
        return HttpBroker(Zerodha(), http, desk.clock, session, {"api": base_url})

    add_account(desk.store, KITE)
    assert isinstance(desk.brokers, Registry)
    makers = {**desk.brokers.makers, "zerodha": Maker(Zerodha.profile, make)}
    brokers = Registry(desk.store, makers, desk.brokers.guard)
    assert isinstance(desk.quotes, LiveQuotes)
    return replace(desk, brokers=brokers, quotes=replace(desk.quotes, brokers=brokers))


def opened(desk: Desk, account: str, number: int) -> Ticket:
    """
    A ticket for RELIANCE at a limit near the market, ready to be confirmed.

    number: makes the quantity; the same order twice would be asked about twice.
    """
    instrument = desk.instruments.find("NSE:RELIANCE")
    assert instrument is not None
    quote = desk.quotes.quote(instrument)
    assert quote is not None
    asked = Asked(
        instrument, Side.BUY, Decimal(10 + number), order_type=OrderType.LIMIT, price=quote.ask,
        account=account,
    )  # fmt: skip
    ticket = open_ticket(desk, user_id=0, asked=asked, source_text="bench")
    if ticket.pricing.needs_second_confirm:
        looked = confirm_ticket(
            desk, user_id=0, ticket_id=ticket.ticket_id, version=ticket.version, message="web:0:1"
        )
        assert isinstance(looked, LookAgain)
        return looked.ticket
    return ticket


def durable_commit() -> float:
    """Median seconds of the smallest durable write the record can make, and its bare fsync."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "disk.sqlite")
        times = []
        for number in range(200):
            began = time.perf_counter()
            store.commit(Change((Document("bench", str(number), {}),)))
            times.append(time.perf_counter() - began)
        store.close()
    show_times("disk: one durable commit", times)
    return sorted(times)[len(times) // 2]


def tap_to_request(commit: float) -> None:
    with loopback_broker() as base_url, desk_on_disk(kite=base_url) as (desk, _):
        time.sleep(0.5)
        tapped: dict[str, float] = {}
        for number in range(WARM_UP + TAPS):
            ticket = opened(desk, KITE.name, number)
            data = f"t:{ticket.ticket_id}:c:{ticket.version}"
            key = client_order_id(ticket.ticket_id, 0)
            tapped[key] = time.monotonic()
            conversation.pressed(desk, Pressed(0, "web:0", "web:0:1", data))
            wait_for(lambda key=key: desk.store.order(key).broker_order_id != "")
            time.sleep(PACE)  # an order that waits for its turn is not what is measured
        arrivals = httpx.get(f"{base_url}/arrivals").json()["arrivals"]
        own = [arrivals[key] - at for key, at in list(tapped.items())[WARM_UP:]]
        bare = bare_calls(base_url)
    show_times("tap to broker request", own)
    show_times("bare httpx call of the same request", bare)
    median, plain = sorted(own)[len(own) // 2], sorted(bare)[len(bare) // 2]
    show("tap to request / bare call", median / plain, "x")
    show("tap to request beyond three commits p50", (median - 3 * commit) * 1000, "ms")


def bare_calls(base_url: str) -> list[float]:
    client, times = connection(), {}
    for number in range(TAPS):
        tag = f"BARE{number:012d}"
        times[tag] = time.monotonic()
        form = {"exchange": "NSE", "tradingsymbol": "RELIANCE", "transaction_type": "BUY",
                "order_type": "LIMIT", "product": "CNC", "validity": "DAY", "quantity": "10",
                "tag": tag, "price": "2950.00"}  # fmt: skip
        client.request(
            "POST", f"{base_url}/orders/regular", content=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=TIMEOUT,
        )  # fmt: skip
    arrivals = httpx.get(f"{base_url}/arrivals").json()["arrivals"]
    return [arrivals[tag] - at for tag, at in times.items()]


def orders_per_second() -> None:
    with desk_on_disk(paper_accounts=ACCOUNTS) as (desk, _):
        names = [f"bench{number}" for number in range(ACCOUNTS)]
        tickets = [opened(desk, names[number % ACCOUNTS], number) for number in range(ORDERS)]
        began = time.perf_counter()
        shares = [tickets[start::ACCOUNTS] for start in range(ACCOUNTS)]
        threads = [threading.Thread(target=confirm_all, args=(desk, share)) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for ticket in tickets:
            key = client_order_id(ticket.ticket_id, 0)
            wait_for(lambda key=key: desk.store.order(key).broker_order_id != "")
        took = time.perf_counter() - began
    show(f"confirmed and accepted orders, {ACCOUNTS} accounts", ORDERS / took, "orders/s")


def confirm_all(desk: Desk, tickets: list[Ticket]) -> None:
    for ticket in tickets:
        confirm_ticket(
            desk, user_id=0, ticket_id=ticket.ticket_id, version=ticket.version, message="web:0:1"
        )


def wait_for(true: object, seconds: float = 30.0) -> None:
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)  # rarely: each look takes the interpreter from the workers we measure


def main() -> None:
    commit = durable_commit()
    tap_to_request(commit)
    orders_per_second()


if __name__ == "__main__":
    main()
