"""The API as the local server serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, program

from tradegram.api.asgi import ApiApp
from tradegram.api.json_in import LARGEST_BODY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def ask(desk: Program, method: str, path: str, *, client: str = "192.0.2.7", **more: Any) -> Any:
    """One request through the ASGI application, with its key."""

    async def once() -> httpx.Response:
        way = httpx.ASGITransport(ApiApp(desk.api), client=(client, 4711))
        headers = {"Authorization": f"Bearer {desk.key}", **more.pop("headers", {})}
        async with httpx.AsyncClient(transport=way, base_url=more.pop("base", "http://d")) as http:
            return await http.request(method, path, headers=headers, **more)

    return asyncio.run(once())


def test_an_order_and_its_headers_pass_as_they_are(desk: Program) -> None:
    first = ask(desk, "POST", ORDERS, json=LIMIT_ORDER, headers={"Idempotency-Key": "a"})
    again = ask(desk, "POST", ORDERS, json=LIMIT_ORDER, headers={"Idempotency-Key": "a"})

    assert (first.status_code, first.headers["content-type"]) == (201, "application/json")
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert first.headers["x-ratelimit-limit"] == "600"


def test_a_body_without_a_length_is_not_read_for_ever(desk: Program) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += LARGEST_BODY // 4
            yield b" " * (LARGEST_BODY // 4)

    said = ask(
        desk, "POST", ORDERS, content=endless(), headers={"Content-Type": "application/json"}
    )

    assert said.status_code == 413
    assert read < 3 * LARGEST_BODY


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS", "TRACE", "PATCH", "QUERY"])
def test_other_methods_are_named_what_is_taken(desk: Program, method: str) -> None:
    said = ask(desk, method, ORDERS)

    assert said.status_code == 405
    assert said.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_of_another_site_could_send_is_not_read(desk: Program, kind: str) -> None:
    said = ask(desk, "POST", ORDERS, content=b'{"symbol": "INFY"}', headers={"Content-Type": kind})

    assert (said.status_code, said.json()["error"]["code"]) == (415, "NOT_JSON")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"quantity": NaN}', b"[" * 20_000]
)
def test_what_is_no_json_object_is_said_to_be_none(desk: Program, body: bytes) -> None:
    said = ask(desk, "POST", ORDERS, content=body, headers={"Content-Type": "application/json"})

    assert (said.status_code, said.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_credentials_are_private_over_tls_and_on_the_machine_itself(desk: Program) -> None:
    zerodha = {"broker": "zerodha", "clientId": "AB1234", "apiKey": "k", "apiSecret": "s"}

    def status(**how: str) -> int:
        said = ask(desk, "POST", "/api/brokers/accounts", json=zerodha, **how)
        return int(said.status_code)

    desk.with_vault()
    assert status() == 403
    assert status(client="127.0.0.1") == 201
    assert status(base="https://desk") == 201
