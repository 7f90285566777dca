"""
A proxy on loopback between our client and an AWS emulator, which keeps a ledger and loses things.

    with AwsProxy(ministack.endpoint()) as proxy:
        client = cloud.dynamodb(proxy.url)
        proxy.fail("TransactWriteItems", Lost())         # done, but nobody hears that it was
        proxy.fail("Query", Answered("ThrottlingException"), times=2)
        proxy.fail("PutItem", held := Held(), by="SubmitOrderPaper", about=("paper:two",))
        proxy.calls                                      # names of operations, in order

A caller is known by the application id that its client sends (AWS_SDK_UA_APP_ID).
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

APP_ID = re.compile(r"\bapp/(\S+)")
NOT_PASSED_ON = {"connection", "content-length", "expect", "transfer-encoding"}


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


@dataclass(frozen=True, slots=True)
class Held:
    """
    The request is carried out, and its answer waits until `let_go`: time to kill whoever asked.

    before: it is held before it is carried out, and then is not, as if the caller had died first.
    """

    before: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)


Failure = Lost | Answered | Halved | Held


@dataclass(slots=True)
class Asked:
    """One request: whose, what, how many bytes the answer had, and the error it was, if any."""

    by: str
    operation: str
    body: bytes = field(default=b"", repr=False)
    answered: int = 0
    error: str = ""


@dataclass(slots=True)
class _Planned:
    failure: Failure
    by: str
    about: Sequence[bytes]
    left: int

    def means(self, asked: Asked, body: bytes) -> bool:
        mine = self.left and asked.by.startswith(self.by)
        return bool(mine) and all(text in body for text in self.about)


@dataclass(slots=True)
class AwsProxy:
    """target: may be set later, before the first request."""

    target: str = ""
    calls: list[str] = field(default_factory=list[str])
    asked: list[Asked] = field(default_factory=list[Asked])
    _plans: dict[str, list[_Planned]] = field(default_factory=dict[str, list[_Planned]])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> AwsProxy:
        proxy = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else every answer waits 40 ms for an acknowledgement

            def do_POST(self) -> None:
                proxy._pass(self)

            do_GET = do_PUT = do_DELETE = do_HEAD = do_POST

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
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

    def fail(
        self,
        operation: str,
        failure: Failure,
        times: int = 1,
        *,
        by: str = "",
        about: Sequence[str] = (),
    ) -> None:
        """by: only a caller whose name begins so. about: only requests that hold these texts."""
        plan = _Planned(failure, by, [text.encode() for text in about], times)
        with self._lock:
            self._plans.setdefault(operation, []).append(plan)

    def _planned(self, asked: Asked, body: bytes) -> Failure | None:
        with self._lock:
            self.asked.append(asked)
            self.calls.append(asked.operation)
            for plan in self._plans.get(asked.operation, ()):
                if plan.means(asked, body):
                    plan.left -= 1
                    return plan.failure
        return None

    def _pass(self, door: BaseHTTPRequestHandler) -> None:
        body = door.rfile.read(int(door.headers["Content-Length"] or 0))
        asked = _asked(door, body)
        failure = self._planned(asked, body)
        match failure:
            case Answered():
                said = {"__type": f"com.amazonaws#{failure.code}", "message": "", **failure.more}
                return _answer(door, 400, json.dumps(said).encode())
            case Halved():
                served, left = _halves(json.loads(body))
                status, answer = self._forward(door, json.dumps(served).encode())
                whole = {**json.loads(answer), "UnprocessedKeys": left}
                return _answer(door, status, json.dumps(whole).encode())
            case Held(before=True):
                failure.reached.set()
                failure.let_go.wait(60)
                door.close_connection = True
                return None
        status, answer = self._forward(door, body)
        asked.answered, asked.error = len(answer), _error(status, answer)
        if isinstance(failure, Held):
            failure.reached.set()
            failure.let_go.wait(60)
        if isinstance(failure, Lost | Held):
            door.close_connection = True
            return None
        return _answer(door, status, answer)

    def _forward(self, door: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        target = urlsplit(self.target)
        assert target.hostname == "127.0.0.1"
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=70)
        headers = {
            name: value
            for name, value in door.headers.items()  # Host too: the signature covers it
            if name.lower() not in NOT_PASSED_ON
        }
        try:
            connection.request(door.command, door.path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


def _asked(door: BaseHTTPRequestHandler, body: bytes) -> Asked:
    target = door.headers["X-Amz-Target"]
    operation = target.rpartition(".")[2] if target else f"{door.command} {door.path}"
    named = APP_ID.search(door.headers["User-Agent"] or "")
    return Asked(named[1] if named else "", operation, body)


def _error(status: int, answer: bytes) -> str:
    """As DynamoDB and its like name it; another answer's own words."""
    if status < 400:
        return ""
    try:
        return str(json.loads(answer).get("__type", answer)).rpartition("#")[2]
    except ValueError:
        return answer.decode(errors="replace")


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
