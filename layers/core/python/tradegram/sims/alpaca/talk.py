"""The stream of trade updates: JSON in binary frames."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tradegram.sims.alpaca.rows import order_row, status
from tradegram.sims.alpaca.state import Brokerage, stamp
from tradegram.sims.floor import Entry

EVENTS = {
    "new": "new",
    "accepted": "accepted",
    "partially_filled": "partial_fill",
    "filled": "fill",
    "canceled": "canceled",
    "replaced": "replaced",
    "rejected": "rejected",
    "expired": "expired",
    "pending_new": "pending_new",
}


class Updates:
    """Implements sockets.Talk. Both ways of saying who one is are known."""

    def __init__(self, sim: Brokerage) -> None:
        self._sim, self._is_in, self._listens = sim, False, False

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        return path == "/stream"

    def said(self, text: str | bytes) -> Sequence[bytes]:
        asked = json.loads(text)
        given = asked.get("data", {})
        match asked.get("action"):
            case "authenticate":
                return self._enter(given.get("key_id"), given.get("secret_key"))
            case "auth":
                return self._enter(asked.get("key"), asked.get("secret"))
            case "listen" if self._is_in:
                self._listens = "trade_updates" in given["streams"]
                return [_frame("listening", {"streams": given["streams"]})]
        return [_frame("authorization", {"status": "unauthorized", "action": "listen"})]

    def changed(self, entry: Entry) -> Sequence[bytes]:
        if not self._listens or status(entry) not in EVENTS:
            return []
        row = {"event": EVENTS[status(entry)], "timestamp": stamp(entry.updated_at)}
        return [_frame("trade_updates", {**row, "order": order_row(entry)})]

    def _enter(self, key: str | None, secret: str | None) -> Sequence[bytes]:
        self._is_in = self._sim.let_in(key or "", secret or "")
        word = "authorized" if self._is_in else "unauthorized"
        return [_frame("authorization", {"status": word, "action": "authenticate"})]


def _frame(stream: str, told: Mapping[str, Any]) -> bytes:
    return json.dumps({"stream": stream, "data": told}).encode()
