"""
A broker on loopback that notes when a request reached it. Run as its own process.

Prints its port. Answers POST like Kite; GET /arrivals gives {tag: monotonic seconds}, and of what
it was asked about money and prices when that came and was answered; the monotonic clock is the
machine's, so other processes can compare.
"""

from __future__ import annotations

import json
import socket
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ARRIVALS: dict[str, float] = {}
ASKED: list[tuple[float, float]] = []

PURSE = {"enabled": True, "net": 100_000_000, "utilised": {"debits": 0}}
MONEY = {"equity": PURSE, "commodity": {**PURSE, "enabled": False}}
INDIA = timezone(timedelta(hours=5, minutes=30))


def quote() -> dict[str, object]:
    """Of whatever is asked about: the same price now."""
    now = datetime.now(INDIA).strftime("%Y-%m-%d %H:%M:%S")
    level = [{"price": 2950.0, "quantity": 100, "orders": 1}]
    return {
        "last_price": 2950.0,
        "last_trade_time": now,
        "timestamp": now,
        "ohlc": {"open": 2950.0, "high": 2950.0, "low": 2950.0, "close": 2950.0},
        "depth": {"buy": level, "sell": level},
        "oi": 0,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        arrived = time.monotonic()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.startswith("/margins/"):
            self._answer({"status": "success", "data": {"final": {"total": 1000}}})
            ASKED.append((arrived, time.monotonic()))
            return
        ARRIVALS[parse_qs(body)["tag"][0]] = arrived
        self._answer({"status": "success", "data": {"order_id": str(len(ARRIVALS))}})

    def do_GET(self) -> None:
        arrived, asked = time.monotonic(), urlsplit(self.path)
        if asked.path == "/quote":
            data: object = {name: quote() for name in parse_qs(asked.query)["i"]}
        else:
            data = MONEY if asked.path == "/user/margins" else []
        if asked.path == "/arrivals":
            self._answer({"arrivals": ARRIVALS, "asked": ASKED})
            return
        self._answer({"status": "success", "data": data})
        if asked.path in ("/quote", "/user/margins"):
            ASKED.append((arrived, time.monotonic()))

    def log_message(self, format: str, *args: object) -> None:
        return

    def _answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
