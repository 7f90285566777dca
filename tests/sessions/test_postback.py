"""A postback rings the bell of the account it is genuine for, and of nobody else."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sessions.rooms import Room, room
from starlette.applications import Starlette

from tradegram.local.web_login import postback_route
from tradegram.model import Account
from tradegram.sessions.postback import Postbacks, path_secret


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def posted(secret: str, order_id: str = "26112000000001") -> bytes:
    stamp = "2026-11-20 10:00:00"
    proof = hashlib.sha256(f"{order_id}{stamp}{secret}".encode()).hexdigest()
    row = {"order_id": order_id, "order_timestamp": stamp, "status": "COMPLETE", "checksum": proof}
    return json.dumps(row).encode()


def rung(desk: Room, content: bytes, path: str = "") -> list[str]:
    looked: list[Account] = []
    app = Starlette(routes=[postback_route(Postbacks(desk.keeper), looked.append)])
    secret = path or path_secret(desk.store, desk.keeper.ids)

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            return await client.post(f"/postback/zerodha/{secret}", content=content)

    answer = asyncio.run(post())
    assert answer.status_code == 200
    assert answer.text == ""
    return [each.account_id for each in looked]


def test_a_genuine_one_has_the_book_of_its_account_read(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.link_zerodha("CD5678", "wife", api_secret="another")

    assert rung(desk, posted(desk.zerodha.api_secret)) == [account.account_id]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"order_id": 1}', posted("not the secret"), b"\xff" * 100]
)
def test_what_is_not_genuine_rings_nothing(desk: Room, content: bytes) -> None:
    desk.link_zerodha()

    assert rung(desk, content) == []


def test_whoever_does_not_know_the_path_rings_nothing_and_opens_nothing(desk: Room) -> None:
    desk.link_zerodha()
    before = desk.store.head("zerodha:AB1234")

    assert rung(desk, posted(desk.zerodha.api_secret), "guessed") == []
    assert desk.store.head("zerodha:AB1234") == before


def test_many_of_them_open_the_credentials_once(desk: Room) -> None:
    account = desk.link_zerodha()
    postbacks = Postbacks(desk.keeper)
    secret = path_secret(desk.store, desk.keeper.ids)
    before = len(list(desk.store.chain(account.account_id)))

    for number in range(20):
        found = postbacks.accounts("zerodha", secret, posted(desk.zerodha.api_secret, f"{number}"))
        assert found == [account]

    assert len(list(desk.store.chain(account.account_id))) == before + 1
