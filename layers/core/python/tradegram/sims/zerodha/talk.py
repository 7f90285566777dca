"""The socket of prices, of which only order updates and heartbeats are simulated."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from tradegram.sims.floor import Entry
from tradegram.sims.zerodha.rows import order_row
from tradegram.sims.zerodha.state import Kite

HEARTBEAT = b"\x00"


class TickerTalk:
    """Implements sockets.Talk."""

    def __init__(self, kite: Kite) -> None:
        self._kite = kite

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        asked = parse_qs(urlsplit(path).query)
        key, token = (asked.get(name, [""])[0] for name in ("api_key", "access_token"))
        ends = self._kite.tokens.get(token, 0.0)
        return key == self._kite.api_key and ends > self._kite.floor.now()

    def said(self, text: str | bytes) -> Sequence[bytes]:
        return [HEARTBEAT]

    def changed(self, entry: Entry) -> Sequence[str | bytes]:
        update = {"type": "order", "id": "", "data": order_row(self._kite, entry)}
        return [HEARTBEAT, json.dumps(update)]
