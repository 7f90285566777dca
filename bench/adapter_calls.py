"""
One broker's own client and our adapter, by turns, in one process of .venv-witness.

Reads what to do from standard input and prints the times as JSON, see `bench.adapters`.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from witness.sdks import apart as apart
from witness.sdks import fence as fence

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.catalog import adapter_of
from tradegram.brokers.client import HttpBroker, Line
from tradegram.brokers.contract import Login
from tradegram.brokers.listings import KnownListings
from tradegram.brokers.proxies import connection
from tradegram.clock import SystemClock
from tradegram.model import (
    Instrument,
    Kind,
    OrderIntent,
    OrderType,
    Product,
    Session,
    Side,
    TimeInForce,
)

WARM_UP = 20
Place = Callable[[str], object]
Told = Mapping[str, str]


def theirs(told: Told, token: str, number: str) -> Place:
    """token: of the session, where the client can take one. number: the broker's of the share."""
    return {"zerodha": _kite, "angelone": _angel, "binance": _binance}[told["broker"]](
        told, token, number
    )


def _kite(told: Told, token: str, number: str) -> Place:
    from kiteconnect import KiteConnect

    kite = KiteConnect(told["api_key"], access_token=token, root=told["url"])
    return lambda tag: kite.place_order(
        "regular", "NSE", "INFY", "BUY", 1, "CNC", "LIMIT", price=1.5, validity="DAY", tag=tag
    )


def _angel(told: Told, token: str, number: str) -> Place:
    from SmartApi.smartConnect import SmartConnect

    angel = SmartConnect(told["api_key"], access_token=token, root=told["url"])
    order = {
        "variety": "NORMAL", "ordertype": "LIMIT", "producttype": "DELIVERY", "duration": "DAY",
        "tradingsymbol": "INFY-EQ", "symboltoken": number, "exchange": "NSE", "price": "1.5",
        "transactiontype": "BUY", "triggerprice": "0", "squareoff": "0", "stoploss": "0",
        "quantity": "1",
    }  # fmt: skip
    return lambda tag: angel.placeOrder({**order, "ordertag": tag})


def _binance(told: Told, token: str, number: str) -> Place:
    from binance.client import Client

    client = Client(told["api_key"], told["api_secret"], ping=False)
    client.API_URL = f"{told['url']}/api"
    return lambda tag: client.create_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", timeInForce="GTC", quantity="0.01",
        price="1000.00", newClientOrderId=tag,
    )  # fmt: skip


class Ours:
    """A session by our own login, and the broker's list of one instrument."""

    def __init__(self, told: Told) -> None:
        self.clock, http = SystemClock(), connection()
        urls = ("api", "login", "instruments")
        hosts = {name: told["url"] for name in urls}
        adapter: Adapter = adapter_of(told["broker"], KnownListings(told["broker"], []))
        session = Session("bench", 9e9, dict(told))
        if adapter.profile.login is not Login.KEYS:
            line = Line(adapter, http, self.clock, session, hosts)
            got = line.walk(adapter.enter(told, told, self.clock.now()))
            session = Session("bench", 9e9, {**told, **got.secrets})
        self.session = session
        rows = HttpBroker(adapter, http, self.clock, session, hosts).instruments()
        [self.listing] = [row for row in rows if row.instrument.symbol in ("INFY", "BTCUSDT")]
        adapter = adapter_of(told["broker"], KnownListings(told["broker"], rows))
        self.broker = HttpBroker(adapter, http, self.clock, session, hosts)
        self.intent = _intent(self.listing.instrument)

    def place(self, tag: str) -> object:
        intent = replace(self.intent, wire_id=tag)
        return self.broker.place(intent, not_after=self.clock.monotonic() + 5)


def _intent(instrument: Instrument) -> OrderIntent:
    coin = instrument.kind is Kind.COIN
    return OrderIntent(
        "A" * 16, "bench", instrument, Side.BUY, OrderType.LIMIT,
        Decimal("0.01") if coin else Decimal(1), Product.DELIVERY,
        TimeInForce.GTC if coin else TimeInForce.DAY,
        price=Decimal("1000.00") if coin else Decimal("1.50"),
    )  # fmt: skip


def main() -> None:
    told: dict[str, str] = json.load(sys.stdin)
    ours = Ours(told)
    secrets = ours.session.secrets
    token = secrets.get("access_token") or secrets.get("jwt_token") or ""
    placers: dict[str, Place] = {
        "ours": ours.place,
        "theirs": theirs(told, token, ours.listing.token),
    }
    times: dict[str, list[float]] = {}
    gc.disable()
    for number in range(int(told["orders"])):
        # By turns, and each is first as often as the other.
        for who, place in sorted(placers.items(), reverse=bool(number % 2)):
            wall, processor = _timed(place, f"{who[0].upper()}{number:05d}")
            if number >= WARM_UP:
                times.setdefault(f"{who} wall", []).append(wall)
                times.setdefault(f"{who} processor", []).append(processor)
    print(json.dumps(times))


def _timed(place: Callable[[str], Any], tag: str) -> tuple[float, float]:
    wall, processor = time.perf_counter(), time.thread_time()
    place(tag)
    return time.perf_counter() - wall, time.thread_time() - processor


if __name__ == "__main__":
    main()
