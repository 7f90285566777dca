"""What goes out with a call, and what stays behind after one."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tradegram.brokers.client import BEFORE_SENDING, TIMEOUT
from tradegram.brokers.connection import Connection, connection

Ledger = list[dict[str, str]]


class Door(BaseHTTPRequestHandler):
    """Sets a cookie each time, and answers `/broken` with what cannot be unpacked."""

    protocol_version = "HTTP/1.1"
    ledger: Ledger

    def do_GET(self) -> None:
        self.ledger.append({name.lower(): value for name, value in self.headers.items()})
        text = b"no gzip" if self.path == "/broken" else gzip.compress(b"hello")
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Set-Cookie", "session=of-another")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def door() -> Iterator[tuple[str, Ledger]]:
    class Own(Door):
        ledger = Ledger()

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", Own.ledger
        finally:
            server.shutdown()


def get(http: Connection, url: str, **headers: str) -> httpx.Response:
    return http.request("GET", url, content=b"", headers=headers, timeout=TIMEOUT)


def test_a_cookie_of_one_call_is_not_shown_with_the_next() -> None:
    with door() as (url, ledger), closing(connection()) as http:
        assert [get(http, url).content for _ in range(2)] == [b"hello", b"hello"]

    assert [row for row in ledger if "cookie" in row] == []


def test_what_a_call_says_goes_before_what_is_said_anyway() -> None:
    with door() as (url, ledger), closing(connection()) as http:
        get(http, url, accept="application/json")

    assert ledger[0]["accept"] == "application/json"
    assert ledger[0]["user-agent"].startswith("python-httpx/")


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with door() as (url, ledger), closing(connection()) as http:
        assert get(http, f"{url}/moved").status_code == 302

    assert len(ledger) == 1


def test_an_answer_that_cannot_be_unpacked_may_follow_a_taken_order() -> None:
    with door() as (url, _), closing(connection()) as http:
        with pytest.raises(httpx.RequestError) as caught:
            get(http, f"{url}/broken")
        assert not isinstance(caught.value, BEFORE_SENDING)
        assert get(http, url).content == b"hello"


def test_a_door_that_nobody_opens_is_known_before_sending() -> None:
    with door() as (url, _):
        pass
    with closing(connection()) as http, pytest.raises(BEFORE_SENDING):
        get(http, url)
