"""
A small Kite that keeps a ledger, in the place of a connection: real requests, no sockets.

For tests that write the broker's book by hand, rows that no broker would write included. It wants
no login and knows no prices; `tradegram.sims.zerodha` is the one that trades as Kite does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tradegram.connection import Answer, Timeout, Unanswered, Unsent
from tradegram.sims.wire import Asked, asked_by


@dataclass
class Kite:
    """
    Answers in Kite's dialect and keeps what it accepted; never refuses a repeated tag.

    lose_replies: how many of the next accepted orders the caller never hears of.
    refuse:       status, error type and message for everything that is not a read.
    garble:       answers are not JSON. spoil: they cannot even be unpacked.
    unreachable:  nobody answers the connection.
    read_status:  other than 200, reads meet it and a page of some gateway.
    """

    orders: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    lose_replies: int = 0
    refuse: tuple[int, str, str] | None = None
    garble: bool = False
    spoil: bool = False
    unreachable: bool = False
    read_status: int = 200

    def client(self) -> Kite:
        return self

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer:
        """Implements brokers' client.Http."""
        if self.unreachable:
            raise Unsent("refused")
        return self.answer(asked_by(method, url, content, headers))

    def answer(self, request: Asked) -> Answer:
        self.requests.append(request)
        if request.method == "GET" and self.read_status != 200:
            return Answer(self.read_status, b"<html>gateway</html>")
        if request.method == "GET":
            return _json(200, {"status": "success", "data": self.orders})
        if self.refuse:
            status, kind, message = self.refuse
            return _json(status, {"error_type": kind, "message": message})
        row = self._apply(request)
        if self.lose_replies:
            self.lose_replies -= 1
            raise Unanswered("no answer")
        if self.spoil:
            raise Unanswered("not packed")
        if self.garble:
            return Answer(200, b"<html>gateway</html>")
        return _json(200, {"status": "success", "data": row})

    def _apply(self, request: Asked) -> dict[str, Any]:
        form = request.form
        if request.method == "POST":
            row = self._row(form)
            self.orders.append(row)
        else:
            order_id = request.path.rsplit("/", 1)[1]
            [row] = [row for row in self.orders if row["order_id"] == order_id]
            if request.method == "DELETE":
                row["status"] = "CANCELLED"
            else:
                row["quantity"] = int(form["quantity"])
                row["price"] = float(form.get("price", 0))
                row["trigger_price"] = float(form.get("trigger_price", 0))
                row["order_type"] = form["order_type"]
        return {"order_id": row["order_id"]}

    def _row(self, form: dict[str, str]) -> dict[str, Any]:
        return {
            "order_id": f"26112000000{len(self.orders):04d}",
            "tag": form.get("tag", ""),
            "status": "OPEN",
            "exchange": form["exchange"],
            "tradingsymbol": form["tradingsymbol"],
            "transaction_type": form["transaction_type"],
            "quantity": int(form["quantity"]),
            "price": float(form.get("price", 0)),
            "trigger_price": float(form.get("trigger_price", 0)),
            "filled_quantity": 0,
            "average_price": 0,
            "order_timestamp": "2026-11-20 09:15:02",
            "status_message": None,
        }

    def fill(self, quantity: int, price: float, row: int = 0) -> None:
        self.orders[row]["filled_quantity"] = quantity
        self.orders[row]["average_price"] = price
        if quantity == self.orders[row]["quantity"]:
            self.orders[row]["status"] = "COMPLETE"


def _json(status: int, body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())
