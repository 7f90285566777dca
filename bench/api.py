"""
REST: from a request to the broker's, orders a second, and a bare Starlette echo beside them.

The clients and the broker are processes of their own, on the same cores.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from bench.api_client import ACCOUNTS, CLIENTS
from bench.figures import show, show_times
from bench.order_path import desk_on_disk, loopback_broker, wait_for
from tradegram.api.asgi import ApiApp
from tradegram.api.call import Scope
from tradegram.api.keys import MOST_PER_MINUTE, Wanted, make
from tradegram.api.serve import Api
from tradegram.local.web_server import listen
from tradegram.ports import Desk
from tradegram.risk.change import set_limit
from tradegram.risk.limits import key_of_account
from tradegram.risk.stepup import AtTheTerminal


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


Post = tuple[float, float, Any]  # left, answered, the answer; see `api_client.Client`


def request_to_request() -> None:
    """From the client's request to the broker's, one order at a time."""
    with (
        loopback_broker() as base_url,
        desk_on_disk(kite=base_url) as (desk, _),
        served(desk) as (address, key),
    ):
        orders: list[Post] = client("one", f"{address}/api/orders", key)
        echoes: list[Post] = client("one", f"{address}/echo", key)
        told = httpx.get(f"{base_url}/arrivals").json()
    whole, own = since_request(orders, told["arrivals"], told["asked"])
    echo_times = [answered - left for left, answered, _ in echoes]
    show_times("REST order to broker request", whole)
    # The ticket asks the broker what the order blocks and what is free: its time, not ours.
    show_times("REST order, less the broker's own time", own)
    show_times("REST order to its answer", [answered - left for left, answered, _ in orders])
    show_times("bare Starlette echo of the same body", echo_times)
    show("REST order to broker request / bare echo", median(whole) / median(echo_times), "x")


def since_request(
    orders: Sequence[Post], arrivals: dict[str, float], asked: Sequence[tuple[float, float]]
) -> tuple[list[float], list[float]]:
    """
    Seconds of each order until it was at the broker; and less those in which the broker, by its
    own account, was busy with what it was asked before.
    """
    whole, own = [], []
    for left, _, said in orders:
        arrived = arrivals[said["order"]["orderId"]]
        theirs = sum(until - since for since, until in asked if left < since < arrived)
        whole.append(arrived - left)
        own.append(arrived - left - theirs)
    return whole, own


def orders_per_second() -> None:
    """Paper accounts, so that no pace holds them back."""
    with desk_on_disk(paper_accounts=ACCOUNTS) as (desk, _), served(desk) as (address, key):
        for number in range(ACCOUNTS):
            set_limit(desk, key_of_account(f"paper:bench{number}"), "duplicate_window", 0.0,
                      user_id=0, proof=AtTheTerminal())  # fmt: skip
        orders: float = client("many", f"{address}/api/orders", key)
        echoes: float = client("many", f"{address}/echo", key)
    show(f"REST orders placed, {CLIENTS} clients beside it", orders, "orders/s")
    show(f"bare Starlette echo, {CLIENTS} clients beside it", echoes, "requests/s")
    show("bare echo / REST orders", echoes / orders, "x")


def client(how: str, address: str, key: str) -> Any:
    words = [sys.executable, "-m", "bench.api_client", how, address, key]
    return json.loads(subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main() -> None:
    request_to_request()
    orders_per_second()


if __name__ == "__main__":
    main()
