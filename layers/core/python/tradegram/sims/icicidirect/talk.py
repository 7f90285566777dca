"""The streams of orders and of prices: Socket.IO over one WebSocket each."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from tradegram.model import Instrument
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.icicidirect.state import Breeze

GREETING = '0{"sid":"sim","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
LETTERS = {
    Standing.RECEIVED: "R",
    Standing.WAITING: "O",
    Standing.OPEN: "O",
    Standing.FILLED: "E",
    Standing.CANCELLED: "C",
    Standing.REJECTED: "J",
    Standing.EXPIRED: "X",
}
# Of a row, by what the order is: the kind of message, and where its parts stand.
CASH = {
    "kind": "4",
    "flow": 15,
    "rate": 18,
    "status": 20,
    "order": 23,
    "quantity": 24,
    "filled": 26,
}
DERIVATIVE = {
    "kind": "6", "flow": 21, "rate": 24, "status": 25, "order": 26, "quantity": 27, "filled": 28,
}  # fmt: skip
KIND, STOCK, LENGTH = 11, 14, 47
PREFIXES = {"NSE": "4.1", "NFO": "4.1", "BSE": "1.1", "BFO": "8.1"}


class UpdatesTalk:
    """Implements sockets.Talk."""

    def __init__(self, breeze: Breeze) -> None:
        self._breeze, self._is_in = breeze, False

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        parts = urlsplit(path)
        asked = parse_qs(parts.query)
        is_ours = asked.get("EIO") == ["4"] and asked.get("transport") == ["websocket"]
        return parts.path == "/socket.io/" and is_ours

    def said(self, text: str | bytes) -> Sequence[str]:
        if not str(text).startswith("40"):
            return []
        given = json.loads(text[2:])
        token = b64encode(f"{given['user']}:{given['token']}".encode()).decode()
        self._is_in = self._breeze.sessions.get(token, 0.0) > self._breeze.floor.now()
        return ['40{"sid":"sim-1"}' if self._is_in else '44{"message":"Unauthorized"}']

    def changed(self, entry: Entry) -> Sequence[str]:
        if not self._is_in:
            return []
        return ["42" + json.dumps(["order", _row(self._breeze, entry)])]


def _row(breeze: Breeze, entry: Entry) -> list[str]:
    """Without names, and much of it empty."""
    at = DERIVATIVE if entry.instrument.kind.is_derivative else CASH
    said = {
        KIND: at["kind"],
        STOCK: breeze.code(entry.instrument),
        at["flow"]: entry.side.value[0],
        at["rate"]: f"{entry.price or 0:f}",
        at["status"]: LETTERS[entry.standing],
        at["order"]: entry.order_id,
        at["quantity"]: f"{entry.quantity:f}",
        at["filled"]: f"{entry.filled:f}",
    }
    return [str(said.get(place, "")) for place in range(LENGTH)]


class PricesTalk(UpdatesTalk):
    """Prices of what was joined: then, and whenever a ping is answered."""

    def __init__(self, breeze: Breeze) -> None:
        super().__init__(breeze)
        self._joined: dict[str, Instrument] = {}

    def said(self, text: str | bytes) -> Sequence[str]:
        if not self._is_in or str(text).startswith("40"):
            return super().said(text)
        if str(text).startswith("42"):
            _, names = json.loads(text[2:])
            self._joined |= {name: one for name in names if (one := self._named(name))}
        return ["42" + json.dumps(["stock", self._tick(*pair)]) for pair in self._joined.items()]

    def changed(self, entry: Entry) -> Sequence[str]:
        return []

    def _named(self, name: str) -> Instrument | None:
        prefix, _, token = name.partition("!")
        one = self._breeze.stock.numbered(int(token))
        return one if one and PREFIXES[one.exchange] == prefix else None

    def _tick(self, name: str, one: Instrument) -> list[object]:
        seen, at = self._breeze.stock.seen(one), int(self._breeze.floor.now())
        interest = [125_000, 0] if one.kind.is_derivative else []
        told: list[Decimal | int] = [
            seen.open,
            seen.last,
            seen.high,
            seen.low,
            0,
            seen.bid,
            seen.size,
            seen.ask,
        ]
        told += [seen.size, 1, seen.last, *interest, seen.volume, 0, 0, seen.volume, 0, 0, 0, at]
        return [name, *map(float, [*told, seen.close])]
