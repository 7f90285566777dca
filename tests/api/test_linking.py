"""Credentials by API: sealed first, never echoed, and only from who may give them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from api.programs import Program, new_key, program

from tradegram.chat.people import TRADER, give_role
from tradegram.vault.credentials import Vault

ACCOUNTS = "/api/brokers/accounts"
SECRET = "s3cret-of-the-app"
ZERODHA = {"broker": "zerodha", "clientId": "AB1234", "apiKey": "the-api-key", "apiSecret": SECRET}
ANGEL = {"broker": "angel", "clientId": "A100", "apiKey": "key", "password": "4321",
         "totpSecret": "JBSWY3DPEHPK3PXP"}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        made.with_vault()
        made.private = True
        yield made


def code(said: Any) -> tuple[int, str]:
    return said.status, said.json["error"]["code"]


def values(desk: Program, account_id: str) -> dict[str, str]:
    assert isinstance(desk.api.linker, Vault)
    return dict(desk.api.linker.opened(account_id, "test", "test"))


def test_credentials_are_sealed_and_never_echoed(
    desk: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = desk.asks("POST", ACCOUNTS, ZERODHA, once="a")
    again = desk.asks("POST", ACCOUNTS, ZERODHA, once="a")
    record = b"".join(one.read_bytes() for one in desk.floor.folder.iterdir() if one.is_file())

    assert said.status == 201
    assert again.json == said.json
    account = said.json["account"]
    assert (account["accountId"], account["isActive"]) == ("zerodha:AB1234", False)
    assert values(desk, "zerodha:AB1234") == {"api_key": "the-api-key", "api_secret": SECRET}
    assert SECRET not in f"{said.json} {caplog.text}"
    assert SECRET.encode() not in record
    assert any("by key bot" in one.body for one in desk.floor.store.chain("zerodha:AB1234"))


def test_system_e_s_words_for_angel_are_understood(desk: Program) -> None:
    assert desk.asks("POST", ACCOUNTS, ANGEL).status == 201
    assert values(desk, "angelone:A100")["pin"] == "4321"


def test_over_an_open_line_none_are_taken(desk: Program) -> None:
    desk.private = False

    assert code(desk.asks("POST", ACCOUNTS, ZERODHA)) == (403, "NOT_ALLOWED")


def test_none_are_taken_from_a_key_that_does_not_send_alone(desk: Program) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)

    assert code(desk.asks("POST", ACCOUNTS, ZERODHA, key=asks)) == (403, "NOT_ALLOWED")


def test_none_are_taken_from_who_is_no_owner(desk: Program) -> None:
    give_role(desk.floor.desk, 7, TRADER, "terminal")

    assert code(desk.asks("POST", ACCOUNTS, ZERODHA)) == (403, "NOT_ALLOWED")


def test_where_nothing_can_be_sealed_none_are_taken(desk: Program) -> None:
    desk.api = replace(desk.api, linker=None)

    assert code(desk.asks("POST", ACCOUNTS, ZERODHA)) == (501, "NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"broker": "moon"}, "No broker"), ({"apiSecret": ""}, "API secret"),
     ({"password": "x"}, "has no password")],
)  # fmt: skip
def test_what_is_wrong_with_them_is_said_without_them(
    desk: Program, changes: dict[str, str], why: str
) -> None:
    said = desk.asks("POST", ACCOUNTS, ZERODHA | changes)

    assert said.status == 422
    assert why in said.json["error"]["message"]
    assert SECRET not in str(said.json)
