"""REST: from a request to the broker's, orders a second, and a bare Starlette echo beside them."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from bench.figures import show, show_times
from bench.order_path import KITE, PACE, bare_calls, desk_on_disk, loopback_broker, wait_for
from tradegram.api.asgi import ApiApp
from tradegram.api.call import Scope
from tradegram.api.keys import MOST_PER_MINUTE, Wanted, make
from tradegram.api.serve import Api
from tradegram.local.web_server import listen
from tradegram.ports import Desk
from tradegram.risk.change import set_limit
from tradegram.risk.limits import key_of_account
from tradegram.risk.stepup import AtTheTerminal

REQUESTS, WARM_UP = 200, 20
CLIENTS, ORDERS, ACCOUNTS = 16, 1_600, 16
ECHOES = 300


@contextmanager
def served(desk: Desk) -> Iterator[tuple[str, str]]:
    """The API and the echo behind one uvicorn; the address and a key that sends alone."""
    wanted = Wanted("bench", (Scope.READ, Scope.TRADE), True, per_minute=MOST_PER_MINUTE)
    _, key = make(desk, 0, wanted, AtTheTerminal())
    app = Starlette(
        routes=[Route("/echo", echo, methods=["POST"]), Mount("/api", ApiApp(Api(desk)))]
    )
    line = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{line.getsockname()[1]}", key
    finally:
        server.should_exit = True
        thread.join(5)
        line.close()


async def echo(request: Request) -> Response:
    return JSONResponse(await request.json())


def order(account: str, quantity: int) -> dict[str, Any]:
    """Near the market, and never the same twice."""
    return {"symbol": "RELIANCE", "side": "BUY", "qty": quantity, "order_type": "LIMIT",
            "price": 2950, "product": "CNC", "account": account}  # fmt: skip


def request_to_request() -> None:
    """From the client's request to the broker's, one order at a time; the client's time too."""
    with (
        loopback_broker() as base_url,
        desk_on_disk(kite=base_url) as (desk, _),
        served(desk) as (address, key),
        httpx.Client(headers={"Authorization": f"Bearer {key}"}) as client,
    ):
        asked, answered = {}, []
        for number in range(WARM_UP + REQUESTS):
            began = time.monotonic()
            said = client.post(
                f"{address}/api/orders", json=order(KITE.name, 10 + number),
                headers={"Idempotency-Key": f"one-{number}"},
            )  # fmt: skip
            answered.append(time.monotonic() - began)
            assert said.status_code == 201, said.text
            order_id = said.json()["order"]["orderId"]
            asked[order_id] = began
            wait_for(lambda order_id=order_id: desk.store.order(order_id).broker_order_id != "")
            time.sleep(PACE)
        arrivals = httpx.get(f"{base_url}/arrivals").json()["arrivals"]
        echoes = echoed(client, address)
        bare = bare_calls(base_url)
    own = [arrivals[order_id] - at for order_id, at in list(asked.items())[WARM_UP:]]
    show_times("REST order to broker request", own)
    show_times("REST order to its answer", answered[WARM_UP:])
    show_times("bare Starlette echo of the same body", echoes)
    middle, plain = median(own), median(bare)
    show("REST order to broker request / bare echo", middle / median(echoes), "x")
    # The ticket asks the broker what the order blocks and what is free: its time, not ours.
    show("REST order to broker request less 2 calls", (middle - 2 * plain) * 1000, "ms")


def echoed(client: httpx.Client, address: str) -> list[float]:
    times = []
    for number in range(ECHOES):
        began = time.monotonic()
        client.post(f"{address}/echo", json=order("kite", number))
        times.append(time.monotonic() - began)
    return times


def orders_per_second() -> None:
    """Clients in processes of their own; paper accounts, so that no pace holds them back."""
    with desk_on_disk(paper_accounts=ACCOUNTS) as (desk, _), served(desk) as (address, key):
        for number in range(ACCOUNTS):
            set_limit(desk, key_of_account(f"paper:bench{number}"), "duplicate_window", 0.0,
                      user_id=0, proof=AtTheTerminal())  # fmt: skip
        orders = rate(f"{address}/api/orders", key)
        echoes = rate(f"{address}/echo", key)
    show(f"REST orders placed, {CLIENTS} clients", orders, "orders/s")
    show(f"bare Starlette echo, {CLIENTS} clients", echoes, "requests/s")
    show("bare echo / REST orders", echoes / orders, "x")


def rate(address: str, key: str) -> float:
    """Requests a second, by this module as a program of its own."""
    words = [sys.executable, "-m", "bench.api", address, key]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return float(done.stdout)


def load(address: str, key: str) -> None:
    """Prints requests a second; stops at the first that is refused."""
    numbers = itertools.count()

    def client() -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
            while (number := next(numbers)) < ORDERS:
                body = order(f"bench{number % ACCOUNTS}", 1 + number % 200)
                said = http.post(address, json=body, headers={"Idempotency-Key": f"n-{number}"})
                assert said.status_code in (200, 201), said.text

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(ORDERS / (time.perf_counter() - began))


def main() -> None:
    request_to_request()
    orders_per_second()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        load(*sys.argv[1:])
    else:
        main()
