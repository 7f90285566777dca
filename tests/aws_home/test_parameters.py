from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cloud
import pytest
from botocore.session import Session

from tradegram.aws.parameters import address, parameters
from tradegram.errors import StoreUnavailable

NAMES = ["TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"]
FOUND = {
    "Parameters": [{"Name": "/desk/TELEGRAM_BOT_TOKEN", "Value": "1:a"}],
    "InvalidParameters": ["/desk/TELEGRAM_WEBHOOK_SECRET"],
}


@dataclass
class Shelf:
    """Parameter Store on loopback. failures: status and kind of what is answered first."""

    url: str = ""
    failures: list[tuple[int, str]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def ask(self) -> Any:
        return parameters(Session(), "/desk", NAMES, self.waited.append)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    made = Shelf()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.path, dict(self.headers), json.loads(content)))
            status, body = 200, json.dumps(FOUND)
            if made.failures:
                status, kind = made.failures.pop(0)
                body = json.dumps({"__type": kind}) if kind else "<html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    environment = {**cloud.terminal(made.url), "AWS_SESSION_TOKEN": "session"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield made
    server.shutdown()
    server.server_close()


def test_what_is_there_is_answered_by_its_name(shelf: Shelf) -> None:
    assert shelf.ask() == {"TELEGRAM_BOT_TOKEN": "1:a"}


def test_botocore_s_own_client_would_ask_the_same(shelf: Shelf) -> None:
    shelf.ask()
    client: Any = Session().create_client("ssm")
    client.get_parameters(Names=[f"/desk/{name}" for name in NAMES], WithDecryption=True)
    (path, ours, body), (their_path, theirs, their_body) = shelf.asked
    assert (path, body) == (their_path, their_body)
    for name in ("X-Amz-Target", "Content-Type", "X-Amz-Security-Token"):
        assert ours[name] == theirs[name]
    assert _scope(ours) == _scope(theirs)


def _scope(headers: dict[str, str]) -> str:
    """Who signs for which region and service, and which headers; not the signature itself."""
    return headers["Authorization"].rpartition(", Signature=")[0]


@pytest.mark.parametrize(
    "failures", [[(500, "InternalServerError")], [(400, "x#ThrottlingException"), (503, "")]]
)
def test_what_passes_is_waited_for(shelf: Shelf, failures: list[tuple[int, str]]) -> None:
    shelf.failures = list(failures)
    assert shelf.ask() == {"TELEGRAM_BOT_TOKEN": "1:a"}
    assert shelf.waited == [0.1, 0.4][: len(failures)]


def test_after_three_tries_it_says_why(shelf: Shelf) -> None:
    shelf.failures = [(503, "")] * 9
    with pytest.raises(StoreUnavailable, match="status 503"):
        shelf.ask()
    assert len(shelf.asked) == 3


def test_what_does_not_pass_is_asked_once(shelf: Shelf) -> None:
    shelf.failures = [(400, "AccessDeniedException")] * 9
    with pytest.raises(StoreUnavailable, match="AccessDeniedException"):
        shelf.ask()
    assert len(shelf.asked) == 1


def test_a_server_that_is_not_there_is_said(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"):
        shelf.ask()
    assert shelf.asked == []


@pytest.mark.parametrize("region", ["ap-south-1", "us-gov-west-1", "cn-north-1"])
def test_without_another_endpoint_it_is_botocore_s_own(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    session = Session()
    assert address(session, region) == session.create_client("ssm", region).meta.endpoint_url
