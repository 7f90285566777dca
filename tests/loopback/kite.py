"""
A small Kite that keeps a ledger, behind httpx's own transport: real requests, no sockets.

For tests that write the broker's book by hand, rows that no broker would write included. It wants
no login and knows no prices; `tradegram.sims.zerodha` is the one that trades as Kite does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx


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
    requests: list[httpx.Request] = field(default_factory=list)
    lose_replies: int = 0
    refuse: tuple[int, str, str] | None = None
    garble: bool = False
    spoil: bool = False
    unreachable: bool = False
    read_status: int = 200

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.unreachable:
            raise httpx.ConnectError("refused", request=request)
        self.requests.append(request)
        if request.method == "GET" and self.read_status != 200:
            return httpx.Response(self.read_status, text="<html>gateway</html>")
        if request.method == "GET":
            return httpx.Response(200, json={"status": "success", "data": self.orders})
        if self.refuse:
            status, kind, message = self.refuse
            return httpx.Response(status, json={"error_type": kind, "message": message})
        row = self._apply(request)
        if self.lose_replies:
            self.lose_replies -= 1
            raise httpx.ReadTimeout("no answer", request=request)
        if self.spoil:
            packed = {"content-encoding": "gzip"}
            return httpx.Response(200, headers=packed, content=iter([b"not packed"]))
        if self.garble:
            return httpx.Response(200, text="<html>gateway</html>")
        return httpx.Response(200, json={"status": "success", "data": row})

    def _apply(self, request: httpx.Request) -> dict[str, Any]:
        form = {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
        if request.method == "POST":
            row = self._row(form)
            self.orders.append(row)
        else:
            order_id = request.url.path.rsplit("/", 1)[1]
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
