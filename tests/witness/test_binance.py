"""python-binance against the simulated Binance, and its requests beside ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from conformance.cases.binance import BinanceCase
from conformance.cases.binancefutures import BinanceFuturesCase
from witness.compare import differences
from witness.sides import Seen, explained, seen_by

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.proxies import connection
from tradegram.model import OrderIntent, OrderType, Side, Terms
from tradegram.sims.floor import Floor
from tradegram.sims.wire import Asked, served

SIGNED = {
    "{} recvWindow": "we give a request five seconds to arrive, which is usual; the client ten",
    "{} timestamp": "the moment it was sent",
    "{} signature": "over the above",
}
# By request and part, why ours is different there. What is not here must be the same.
REASONS: Mapping[str, str] = {
    f"{step} {part.format(where)}": why
    for part, why in SIGNED.items()
    for step, where in (
        ("place", "body"), ("book", "query"), ("find", "query"), ("cancel", "query"),
        ("change", "body"), ("stop", "body"),
    )
}  # fmt: skip
MORE = {
    "stop body workingType": "we say which price wakes it; the client leaves the usual one",
}


class LiveSpot(BinanceCase):
    """At the hour of this machine: the client takes its own time from it."""

    def make_floor(self) -> Floor:
        self.clock.seconds = time.time()
        return Floor(time.time, numbered=lambda at: f"{self.ids}{at}", cash=Decimal(1_000_000))


class LiveFutures(BinanceFuturesCase):
    make_floor = LiveSpot.make_floor


def _seen(
    case: BinanceCase, more: Mapping[str, Any], do: Callable[[HttpBroker, OrderIntent], None]
) -> Seen:
    case.broker()
    intent = case.intent()
    key, secret = case.credentials.values()
    order = {
        "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
        "quantity": "0.04", "price": "91250.20", "newClientOrderId": intent.wire_id,
        "newOrderRespType": "RESULT",
    }  # fmt: skip
    with served(case.wire) as url:
        told = {"url": url, "api_key": key, "api_secret": secret, "order": order, **more}

        def ours() -> None:
            case.clock.seconds = time.time()
            with closing(connection()) as http:
                hosts = {"api": url}
                do(HttpBroker(case.adapter, http, case.clock, _session(case), hosts), intent)

        return seen_by("binance", case, told, intent, ours)


def _session(case: BinanceCase) -> Any:
    assert case._session
    return case._session


@pytest.fixture(scope="module")
def spot() -> Seen:
    case = LiveSpot()

    def do(broker: HttpBroker, intent: OrderIntent) -> None:
        order_id = broker.place(intent, not_after=case.clock.monotonic() + 5)
        broker.order_book()
        broker.look_up([intent])
        broker.cancel(intent, order_id)

    return _seen(case, {"market": "spot"}, do)


@pytest.fixture(scope="module")
def futures() -> Seen:
    case = LiveFutures()
    change = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.03", "price": "91250.10"}
    stop = {
        "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.04",
        "triggerPrice": "90000.00", "clientAlgoId": "S" * 16,
    }  # fmt: skip

    def do(broker: HttpBroker, intent: OrderIntent) -> None:
        order_id = broker.place(intent, not_after=case.clock.monotonic() + 5)
        broker.order_book()
        broker.replace(intent, order_id, Terms(Decimal("0.03"), Decimal("91250.10")))
        broker.cancel(intent, order_id)
        sold = case.intent(
            side=Side.SELL, order_type=OrderType.STOP, price=None, trigger=Decimal("90000.00"),
            wire_id="S" * 16,
        )  # fmt: skip
        broker.place(sold, not_after=case.clock.monotonic() + 5)

    return _seen(case, {"market": "futures", "change": change, "stop": stop}, do)


def test_the_client_places_finds_and_cancels_spot(spot: Seen) -> None:
    name = spot.intent.wire_id
    row = {
        "clientOrderId": name,
        "status": "NEW",
        "origQty": "0.04000000",
        "price": "91250.20000000",
    }

    assert spot.said["seen"] == [row, row]
    assert spot.said["refused"] == -1022


def test_the_client_names_orders_by_itself_so_it_is_never_without_a_name_of_ours(
    spot: Seen,
) -> None:
    assert str(spot.said["names_it_itself"]).startswith("x-")


def test_the_client_places_changes_and_cancels_futures(futures: Seen) -> None:
    seen = [(row["origQty"], row["price"]) for row in futures.said["seen"]]

    assert seen == [("0.04000000", "91250.20000000"), ("0.03000000", "91250.10000000")]
    assert futures.said["stop"]["algoStatus"] == "NEW"


SPOT = {
    "place": ("POST", "/api/v3/order"),
    "book": ("GET", "/api/v3/openOrders"),
    "find": ("GET", "/api/v3/order"),
    "cancel": ("DELETE", "/api/v3/order"),
}
FUTURES = {
    "place": ("POST", "/fapi/v1/order"),
    "book": ("GET", "/fapi/v1/openOrders"),
    "change": ("PUT", "/fapi/v1/order"),
    "cancel": ("DELETE", "/fapi/v1/order"),
    "stop": ("POST", "/fapi/v1/algoOrder"),
}


@pytest.mark.parametrize("step", SPOT)
def test_our_spot_request_is_the_clients_but_for_what_has_a_reason(spot: Seen, step: str) -> None:
    _same(spot, step, SPOT[step], REASONS)


@pytest.mark.parametrize("step", FUTURES)
def test_our_futures_request_is_the_clients_but_for_what_has_a_reason(
    futures: Seen, step: str
) -> None:
    _same(futures, step, FUTURES[step], {**REASONS, **MORE})


def _same(seen: Seen, step: str, call: tuple[str, str], reasons: Mapping[str, str]) -> None:
    ours, theirs = (
        next(one for one in some if (one.method, one.path) == call)
        for some in (seen.ours, seen.theirs)
    )
    number = str(seen.said["order_id"])
    mine = next(
        (one.query["orderId"] for one in seen.ours if "orderId" in one.query),
        next((one.form["orderId"] for one in seen.ours if "orderId" in one.form), number),
    )
    found = differences(ours, _in_query(theirs))
    explained(step, {part: pair for part, pair in found.items() if pair != (mine, number)}, reasons)


def _in_query(asked: Asked) -> Asked:
    """The client ends orders by a form, we by a query: the exchange takes both."""
    if asked.method != "DELETE":
        return asked
    return replace(asked, query={**asked.query, **asked.form}, content=b"")
