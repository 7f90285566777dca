"""
A broker on loopback that notes when a request reached it. Run as its own process.

Prints its port. Answers POST like Kite; GET /arrivals gives {tag: monotonic seconds}; the
monotonic clock is the machine's, so other processes can compare.
"""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ARRIVALS: dict[str, float] = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        arrived = time.monotonic()
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        ARRIVALS[form["tag"][0]] = arrived
        self._answer({"status": "success", "data": {"order_id": str(len(ARRIVALS))}})

    def do_GET(self) -> None:
        self._answer({"data": [], "arrivals": ARRIVALS})

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
