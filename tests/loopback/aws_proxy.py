"""
A proxy on loopback between our client and an AWS emulator, which keeps a ledger and loses things.

    with AwsProxy(ministack.endpoint()) as proxy:
        client = cloud.dynamodb(proxy.url)
        proxy.fail("TransactWriteItems", Lost())         # done, but nobody hears that it was
        proxy.fail("Query", Answered("ThrottlingException"), times=2)
        proxy.calls                                      # names of operations, in order
"""

from __future__ import annotations

import http.client
import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Lost:
    """The request is carried out, and the connection is cut before the answer."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The request is not carried out; this error is the answer."""

    code: str
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Halved:
    """Of a BatchGetItem's keys only the first half is served; the others come back unprocessed."""


Failure = Lost | Answered | Halved


@dataclass(slots=True)
class AwsProxy:
    target: str
    calls: list[str] = field(default_factory=list[str])
    _failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> AwsProxy:
        proxy = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

            def do_POST(self) -> None:
                proxy._pass(self)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, operation: str, failure: Failure, times: int = 1) -> None:
        self._failures[operation] += [failure] * times

    def _pass(self, door: BaseHTTPRequestHandler) -> None:
        body = door.rfile.read(int(door.headers["Content-Length"]))
        operation = door.headers["X-Amz-Target"].rpartition(".")[2]
        self.calls.append(operation)
        failure = self._failures[operation].pop(0) if self._failures[operation] else None
        match failure:
            case Answered():
                said = {"__type": f"com.amazonaws#{failure.code}", "message": "", **failure.more}
                return _answer(door, 400, json.dumps(said).encode())
            case Halved():
                served, left = _halves(json.loads(body))
                status, answer = self._forward(door, json.dumps(served).encode())
                whole = {**json.loads(answer), "UnprocessedKeys": left}
                return _answer(door, status, json.dumps(whole).encode())
        status, answer = self._forward(door, body)
        if isinstance(failure, Lost):
            door.close_connection = True
            return None
        return _answer(door, status, answer)

    def _forward(self, door: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        target = urlsplit(self.target)
        assert target.hostname == "127.0.0.1"
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
        kept = ("X-Amz-Target", "Authorization", "Content-Type", "X-Amz-Date")
        headers = {name: door.headers[name] for name in kept}
        try:
            connection.request("POST", door.path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


def _answer(door: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    door.send_response(status)
    door.send_header("Content-Type", "application/x-amz-json-1.0")
    door.send_header("Content-Length", str(len(body)))
    door.end_headers()
    door.wfile.write(body)


def _halves(asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    [(table, request)] = asked["RequestItems"].items()
    middle = (len(request["Keys"]) + 1) // 2
    served = {**asked, "RequestItems": {table: {**request, "Keys": request["Keys"][:middle]}}}
    return served, {table: {**request, "Keys": request["Keys"][middle:]}}
