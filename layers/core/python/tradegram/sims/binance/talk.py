"""User data streams: spot's socket API, and futures' under a listen key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from tradegram.sims.binance.rows import algo_row, is_algo, order_row, status, triggered
from tradegram.sims.binance.state import Exchange, No
from tradegram.sims.floor import Entry

SUBSCRIBE = "userDataStream.subscribe.signature"


class SpotTalk:
    """Implements sockets.Talk: nothing is told before somebody has subscribed."""

    def __init__(self, sim: Exchange) -> None:
        self._sim, self._subscribed = sim, False

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        return True

    def said(self, text: str | bytes) -> Sequence[str]:
        asked = json.loads(text)
        try:
            self._subscribe(asked)
        except No as no:
            error = {"code": no.code, "msg": no.words}
            return [json.dumps({"id": asked["id"], "status": no.status, "error": error})]
        return [json.dumps({"id": asked["id"], "status": 200, "result": {"subscriptionId": 0}})]

    def changed(self, entry: Entry) -> Sequence[str]:
        if not self._subscribed:
            return []
        row = order_row(self._sim, entry)
        told = {
            "e": "executionReport",
            "E": self._sim.now(),
            "s": row["symbol"],
            "c": row["clientOrderId"],
            "S": row["side"],
            "o": row["type"],
            "q": row["origQty"],
            "p": row["price"],
            "X": status(entry),
            "i": row["orderId"],
            "z": row["executedQty"],
        }
        balances = {"e": "outboundAccountPosition", "E": self._sim.now(), "B": []}
        return [json.dumps({"subscriptionId": 0, "event": one}) for one in (told, balances)]

    def _subscribe(self, asked: Mapping[str, Any]) -> None:
        """Signed are the parameters in the order of the alphabet."""
        words = {name: str(value) for name, value in asked.get("params", {}).items()}
        if asked.get("method") != SUBSCRIBE:
            raise No(-1100, "Unknown method.")
        if words.get("apiKey") != self._sim.api_key or not self._sim.is_open:
            raise No(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        signature = words.pop("signature", "")
        text = "&".join(f"{name}={quote(words[name], safe='')}" for name in sorted(words))
        self._sim.signed(f"{text}&signature={quote(signature, safe='')}")
        self._subscribed = True


class FuturesTalk:
    """Implements sockets.Talk: who knows the listen key hears everything."""

    def __init__(self, sim: Exchange) -> None:
        self._sim = sim

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        ends = self._sim.listen_keys.get(path.removeprefix("/ws/"), 0.0)
        return ends > self._sim.floor.now()

    def said(self, text: str | bytes) -> Sequence[str]:
        return []

    def changed(self, entry: Entry) -> Sequence[str]:
        kind = "ALGO_UPDATE" if is_algo(entry) and not triggered(entry) else "ORDER_TRADE_UPDATE"
        row = algo_row(entry) if kind == "ALGO_UPDATE" else order_row(self._sim, entry)
        told = {"e": kind, "E": self._sim.now(), "T": self._sim.now(), "o": row}
        account = {"e": "ACCOUNT_UPDATE", "E": self._sim.now(), "a": {"m": "ORDER", "P": []}}
        return [json.dumps(told), json.dumps(account)]


def talk(sim: Exchange) -> SpotTalk | FuturesTalk:
    return SpotTalk(sim) if sim.is_spot else FuturesTalk(sim)
