"""
A simulated broker on a loopback port, or in the place of a connection, with faults to order.

The faults are of the wire, the same for every broker; what a broker says no to is its dialect's.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from tradegram.connection import Answer, Timeout, Unanswered, Unsent

MOST_KEPT = 10_000  # requests of the ledger
LARGEST = 1_000_000  # bytes of a request


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. headers: names in lower case. host: with its port."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    raw_query: str = ""
    host: str = ""

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.content.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def is_read(self) -> bool:
        return self.method == "GET"


@dataclass(frozen=True)
class Said:
    status: int
    content: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def said(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Said:
    """JSON, as most brokers answer."""
    return Said(status, json.dumps(body).encode(), headers=headers or {})


class Dialect(Protocol):
    """One simulated broker. Safe to call from several threads."""

    def answer(self, asked: Asked) -> Said: ...


@dataclass
class Faults:
    """
    What the wire does to the next requests that are not reads (`reads`: to reads instead).

    lose:    so many are done and their answers never arrive (the connection is cut).
    cut:     so many never reach the broker, and the caller cannot know that.
    garble:  so many are done and answered by a page that is no JSON.
    failed:  so many are done and answered by this status of a gateway, `status`.
    held:    so many are answered by this status without being done.
    slow:    seconds that every answer takes. every: to all requests, reads or not.
    """

    lose: int = 0
    cut: int = 0
    garble: int = 0
    failed: int = 0
    held: int = 0
    status: int = 504
    slow: float = 0.0
    reads: bool = False
    every: bool = False

    def concern(self, asked: Asked) -> bool:
        return self.every or asked.is_read == self.reads


class CutOff(Exception):
    """No answer arrives. done: whether the broker has acted."""


@dataclass
class Wire:
    """
    The dialect, its faults, and every request that arrived.

    instead: what the next requests that faults are for are answered, without the dialect.
    """

    dialect: Dialect
    faults: Faults = field(default_factory=Faults)
    instead: list[Said] = field(default_factory=list)
    arrived: list[Asked] = field(default_factory=list)
    unreachable: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Said:
        """Raises CutOff."""
        if self.faults.slow:
            time.sleep(self.faults.slow)
        due = self._due() if self.faults.concern(asked) else ""
        if due == "cut":
            raise CutOff
        with self._lock:
            if len(self.arrived) < MOST_KEPT:
                self.arrived.append(asked)
        if self.instead and self.faults.concern(asked):
            return self.instead.pop(0)
        page = b"<html>gateway</html>"
        if due == "held":
            return Said(self.faults.status, page, "text/html")
        done = self.dialect.answer(asked)
        if due == "lose":
            raise CutOff
        if due == "garble":
            return Said(200, page, "text/html")
        return Said(self.faults.status, page, "text/html") if due == "failed" else done

    def _due(self) -> str:
        with self._lock:
            for name in ("cut", "held", "lose", "garble", "failed"):
                if left := getattr(self.faults, name):
                    setattr(self.faults, name, left - 1)
                    return name
        return ""

    def client(self) -> Behind:
        """In the place of a connection: every request comes here, whatever its host."""
        return Behind(self)


@dataclass(frozen=True)
class Behind:
    """Implements brokers' client.Http without a socket."""

    wire: Wire

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer:
        if self.wire.unreachable:
            raise Unsent("refused")
        try:
            answer = self.wire.answer(asked_by(method, url, content, headers))
        except CutOff:
            raise Unanswered("no answer") from None
        said = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, answer.content, {"content-type": answer.kind, **said})


def asked_by(method: str, target: str, content: bytes, headers: Mapping[str, str]) -> Asked:
    """target: a path with its query, or a whole address."""
    parts = urlsplit(target)
    named = {name.lower(): value for name, value in headers.items()}
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = parts.netloc or named.get("host", "")
    return Asked(method, parts.path, query, named, content, parts.query, host)


@contextmanager
def served(wire: Wire, port: int = 0) -> Iterator[str]:
    """On 127.0.0.1 only; gives its address, `http://127.0.0.1:40123`."""

    class Handler(_Handler):
        behind = wire

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    """Every method comes to one place. A GET may have a body: one broker wants that."""

    protocol_version = "HTTP/1.1"
    # An answer leaves at once and whole: otherwise its end waits 40 ms for the caller's kernel.
    disable_nagle_algorithm = True
    wbufsize = -1
    behind: Wire

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(min(length, LARGEST))
        asked = asked_by(self.command, self.path, content, dict(self.headers.items()))
        try:
            answer = self.behind.answer(asked)
        except CutOff:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the ledger has it, and a log would hold secrets."""
