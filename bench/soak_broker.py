"""
A Kite on loopback with a ledger of its own, and the faults of a busy day. Run as its own process.

    python -m bench.soak_broker SEED

Prints its port. It fills, cancels, answers late, breaks the connection after it took an order,
answers 502 although it did, and never refuses a repeated tag. GET /ledger gives all its rows.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from bench.broker_server import MONEY

LOST, GATEWAY, REFUSED, SLOW = 0.01, 0.01, 0.02, 0.02  # shares of the requests
Row = dict[str, Any]


@dataclass
class Ledger:
    chance: random.Random
    rows: list[Row] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, name: str, share: float) -> bool:
        with self.lock:
            struck = self.chance.random() < share
            self.faults[name] = self.faults.get(name, 0) + struck
        return struck

    def place(self, form: dict[str, str]) -> Row:
        with self.lock:
            row = {
                "order_id": f"26112000{len(self.rows):07d}",
                "tag": form["tag"],
                "status": "OPEN",
                "exchange": form["exchange"],
                "tradingsymbol": form["tradingsymbol"],
                "transaction_type": form["transaction_type"],
                "quantity": int(form["quantity"]),
                "price": float(form["price"]),
                "trigger_price": 0,
                "filled_quantity": 0,
                "average_price": 0,
                "order_timestamp": "2026-11-20 09:15:02",
                "status_message": None,
                "fills_at": time.monotonic() + self.chance.expovariate(1 / 3),
            }
            self.rows.append(row)
            return row

    def cancel(self, order_id: str) -> bool:
        with self.lock:
            row = next((row for row in self.rows if row["order_id"] == order_id), None)
            if row is None or row["status"] != "OPEN":
                return False
            row["status"] = "CANCELLED"
            return True

    def book(self) -> list[Row]:
        with self.lock:
            now = time.monotonic()
            for row in self.rows:
                if row["status"] == "OPEN" and now > row["fills_at"]:
                    row["status"], row["filled_quantity"] = "COMPLETE", row["quantity"]
                    row["average_price"] = row["price"]
            return [dict(row) for row in self.rows]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ledger: Ledger

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        if self.path == "/ledger":
            self._answer(200, {"data": self.ledger.book(), "faults": self.ledger.faults})
        elif self.path == "/user/margins":
            self._answer(200, {"status": "success", "data": MONEY})
        elif self.path == "/portfolio/positions":  # its orders buy, so none of them asks twice
            self._answer(200, {"status": "success", "data": {"net": [], "day": []}})
        elif self.path == "/orders":
            self._answer(200, {"status": "success", "data": self.ledger.book()})
        else:
            self._answer(404, None)

    def do_POST(self) -> None:
        form = self._form()
        if self.path.startswith("/margins/"):
            self._answer(200, {"status": "success", "data": {"final": {"total": 1000}}})
            return
        if self.ledger.hit("refused", REFUSED):
            self._refuse("MarginException", "insufficient funds")
            return
        row = self.ledger.place(form)
        self._take(row["order_id"])

    def do_DELETE(self) -> None:
        order_id = self.path.rsplit("/", 1)[1]
        if not self.ledger.cancel(order_id):
            self._refuse("OrderException", "order has ended")
            return
        self._take(order_id)

    def log_message(self, format: str, *args: object) -> None:
        return

    def _take(self, order_id: str) -> None:
        """It is in the book; whether anybody hears of it is another matter."""
        if self.ledger.hit("reply lost", LOST):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if self.ledger.hit("gateway error", GATEWAY):
            self._answer(502, None)
            return
        if self.ledger.hit("slow reply", SLOW):
            time.sleep(2.0)
        self._answer(200, {"status": "success", "data": {"order_id": order_id}})

    def _refuse(self, kind: str, words: str) -> None:
        self._answer(400, {"status": "error", "error_type": kind, "message": words})

    def _form(self) -> dict[str, str]:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        return {name: values[0] for name, values in parse_qs(text).items()}

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except OSError:
            self.close_connection = True  # who asked was killed


if __name__ == "__main__":
    Handler.ledger = Ledger(random.Random(int(sys.argv[1])))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
