"""The HTTP side of the loopback Bot API: /bot<token>/METHOD with JSON, form or multipart bodies."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Flood:
    """429 with retry_after seconds."""

    retry_after: int


@dataclass(frozen=True, slots=True)
class Status:
    """Any other refusal, e.g. Status(500, "Internal Server Error")."""

    code: int
    description: str = "Internal Server Error"


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer for so many seconds, then the connection is closed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The request is carried out, and the connection is cut before the answer."""


Failure = Flood | Status | Hang | Cut
Dispatch = Callable[[str, str, dict[str, Any], Sequence[str]], "tuple[int, Any] | Failure"]


class Server:
    def __init__(self, dispatch: Dispatch) -> None:
        self._closing = threading.Event()
        self._http = _Http(dispatch, self._closing)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="bot-api"
        )
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join(10)
        self._http.cut_all()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, dispatch: Dispatch, closing: threading.Event) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dispatch, self.closing = dispatch, closing
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._live.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """Kept-alive connections would hold their threads; wake them."""
        with self._lock:
            for each in self._live:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not our fault."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(dict(parse_qsl(urlsplit(self.path).query)), ())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params, files = _decode(self.headers.get("Content-Type") or "", body)
        self._serve(params, files)

    def _serve(self, params: dict[str, Any], files: Sequence[str]) -> None:
        parts = urlsplit(self.path).path.strip("/").split("/")
        if len(parts) != 2 or not parts[0].startswith("bot"):
            return self._answer(404, _error(404, "Not Found"))
        token, method = parts[0].removeprefix("bot"), parts[1]
        outcome = self.server.dispatch(token, method, params, files)
        match outcome:
            case Flood(seconds):
                body = _error(429, f"Too Many Requests: retry after {seconds}")
                body["parameters"] = {"retry_after": seconds}
                self._answer(429, body)
            case Status(code, description):
                self._answer(code, _error(code, description))
            case Hang(seconds):
                self.server.closing.wait(seconds)
                self.close_connection = True
            case Cut():
                self.server.dispatch(token, method, params, files)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
            case (200, result):
                self._answer(200, {"ok": True, "result": result})
            case (code, description):
                self._answer(code, _error(code, str(description)))
        return None

    def _answer(self, code: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _error(code: int, description: str) -> dict[str, Any]:
    return {"ok": False, "error_code": code, "description": description}


def _decode(kind: str, body: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    if kind.startswith("application/json"):
        return dict(json.loads(body or b"{}")), ()
    if kind.startswith("multipart/form-data"):
        return _multipart(kind, body)
    return {name: _value(name, text) for name, text in parse_qsl(body.decode(), True)}, ()


def _multipart(kind: str, body: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
    params: dict[str, Any] = {}
    files: list[str] = []
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename():
            files.append(name)
        else:
            params[name] = _value(name, content.decode())
    return params, tuple(files)


TEXTS = frozenset({"text", "caption", "callback_query_id", "url", "secret_token"})


def _value(name: str, text: str) -> Any:
    """Objects, lists and booleans come as JSON inside a form; texts and numbers as they are."""
    if name in TEXTS:
        return text
    if text in ("true", "false"):
        return text == "true"
    if text.startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            return json.loads(text)
    return text
