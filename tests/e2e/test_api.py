"""The REST API of the real process: killed while it is asked, and with its replies lost."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from e2e.product import Product

PROGRAMS = 8
ORDERS = 4  # of each program in a round
PATIENCE = 60.0  # seconds in which a program repeats what was not answered
SEEDS = range(1, 4)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("api")
    with Product(folder, {"TRADEGRAM_PAPER_BALANCE": "1000000000"}) as made:
        made.answer("risk", "--account", "main", "duplicate_window", "0")
        yield made


@pytest.fixture(scope="module")
def key(desk: Product) -> str:
    told = desk.answer("key", "new", "bot", "--may", "read,trade", "--alone",
                       "--per-minute", "60000")  # fmt: skip
    return found(r"tg_\w+", told)


def found(pattern: str, text: str) -> str:
    """The last of them."""
    last: str = re.findall(pattern, text)[-1]
    return last


def address(desk: Product) -> str:
    """Of its present life: it takes any free port."""
    return found(r"Console: +(http://\S+)/", desk.said)


def wanted(quantity: int) -> dict[str, Any]:
    return {"symbol": "RELIANCE", "side": "BUY", "qty": quantity, "order_type": "LIMIT",
            "price": 2900, "product": "MIS"}  # fmt: skip


def placed(desk: Product, key: str, name: str, quantity: int) -> str:
    """Repeats until it is answered, as a program should; then the order's id."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": name}
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(headers=headers, timeout=10) as program:
        while time.monotonic() < deadline:
            try:
                said = program.post(f"{address(desk)}/api/orders", json=wanted(quantity))
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if said.status_code == 201:
                order: str = said.json()["order"]["orderId"]
                return order
            assert said.status_code in (409, 503), said.text
            time.sleep(0.05)
    raise AssertionError(f"{name} was never answered")


def book(desk: Product) -> Counter[str]:
    return Counter(one["client_order_id"] for one in desk.orders())


def settled(desk: Product, orders: set[str]) -> Counter[str]:
    """The broker's book, once it has all of these."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        listed = book(desk)
        if orders <= listed.keys():
            return listed
        time.sleep(0.2)
    raise AssertionError(f"never reached the broker: {orders - book(desk).keys()}")


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_desk_doubles_and_loses_no_order(desk: Product, key: str, seed: int) -> None:
    chance, before = random.Random(seed), set(book(desk))
    names = [f"{seed}-{number}" for number in range(PROGRAMS * ORDERS)]
    with ThreadPoolExecutor(PROGRAMS) as programs:
        running = [
            programs.submit(placed, desk, key, name, number + 1)
            for number, name in enumerate(names)
        ]
        time.sleep(chance.uniform(0.02, 0.6))
        desk.restart()
        orders = [one.result(PATIENCE + 10) for one in running]
    listed = settled(desk, set(orders))

    assert len(set(orders)) == len(names)
    assert set(listed) - before == set(orders), "an order that no program was told of"
    assert max(listed.values()) == 1
    assert "unbroken" in desk.answer("audit", "verify")
    # What was answered stays answered, also by a process that never heard the question.
    assert placed(desk, key, names[0], 1) == orders[0]


@pytest.mark.slow
def test_a_reply_that_is_lost_on_the_way_costs_a_repeat_and_no_order(
    desk: Product, key: str
) -> None:
    before = set(book(desk))
    for number in range(10):
        said_into_the_void(desk, key, f"lost-{number}", number + 1)
    orders = {placed(desk, key, f"lost-{number}", number + 1) for number in range(10)}

    assert set(settled(desk, orders)) - before == orders
    assert len(orders) == 10


def said_into_the_void(desk: Product, key: str, name: str, quantity: int) -> None:
    """The whole request is sent, and the line is dead before any answer."""
    where = urlsplit(address(desk))
    body = json.dumps(wanted(quantity))
    head = (
        f"POST /api/orders HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Idempotency-Key: {name}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((where.hostname or "", where.port or 0)) as line:
        line.sendall(f"{head}{body}".encode())


@pytest.mark.slow
def test_the_console_keeps_its_guard_and_the_api_has_its_own(desk: Product, key: str) -> None:
    with httpx.Client(base_url=address(desk)) as client:
        assert client.get("/").status_code == 200
        assert client.post("/console/say", json={"text": "/kill"}).status_code == 403
        assert client.get("/api/orders").status_code == 401
        assert client.get("/api/docs").headers["content-type"] == "text/html; charset=utf-8"
        listed = client.get("/api/brokers/accounts", headers={"X-API-Key": key}).json()

    assert [one["accountId"] for one in listed["accounts"]] == ["paper:main"]
    assert key not in desk.said
    assert "Traceback" not in desk.said, desk.said
