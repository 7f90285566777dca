"""
Clients of the API, as a process of their own: what they do is not the desk's work.

    python -m bench.api_client one ADDRESS KEY     one after another; prints the times as JSON
    python -m bench.api_client many ADDRESS KEY    many at once; prints requests a second

ADDRESS is the whole path that is posted to. Of the standard library, which takes less of the
processor than other clients: here and there share the machine's cores.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

REQUESTS, WARM_UP = 150, 20
APART = 0.2  # seconds; an order that waits for its turn, or for the last one's book, is no measure
CLIENTS, ORDERS, ACCOUNTS = 16, 1_600, 16


class Client:
    def __init__(self, address: str, key: str) -> None:
        parts = urlsplit(address)
        self._path = parts.path
        self._line = HTTPConnection(parts.netloc, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, body: dict[str, Any], once: str) -> tuple[float, float, Any]:
        """When its first byte left, when it was answered (monotonic seconds), and the answer."""
        text = json.dumps(body)
        headers = {**self._headers, "Idempotency-Key": once}
        began = time.monotonic()
        self._line.request("POST", self._path, text, headers)
        said = self._line.getresponse()
        answer = said.read()
        answered = time.monotonic()
        assert said.status in (200, 201), answer
        return began, answered, json.loads(answer)


def order(account: str, quantity: int) -> dict[str, Any]:
    """Near the market, and never the same twice."""
    return {"symbol": "RELIANCE", "side": "BUY", "qty": quantity, "order_type": "LIMIT",
            "price": 2950, "product": "CNC", "account": account}  # fmt: skip


def one(address: str, key: str) -> list[tuple[float, float, Any]]:
    """What `Client.post` gave, for each request after the first ones."""
    client, times = Client(address, key), []
    for number in range(WARM_UP + REQUESTS):
        times.append(client.post(order("kite", 10 + number), f"one-{number}"))
        time.sleep(APART)
    return times[WARM_UP:]


def many(address: str, key: str) -> float:
    """Requests a second; stops at the first that is refused."""
    numbers = itertools.count()

    def work() -> None:
        client = Client(address, key)
        while (number := next(numbers)) < ORDERS:
            client.post(order(f"bench{number % ACCOUNTS}", 1 + number % 200), f"n-{number}")

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ORDERS / (time.perf_counter() - began)


if __name__ == "__main__":
    print(json.dumps({"one": one, "many": many}[sys.argv[1]](*sys.argv[2:])))
