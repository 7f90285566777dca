"""A broker says that an order moved: its book is read at once, if it is the broker's word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from functions.logins import linked, logged_in, zerodha
from houses import house
from lambdas import USERS, Lambdas, sample
from loopback.bot_api import BotApi
from samples import STAGED

from tradegram.clock import SystemIds
from tradegram.orders.state import State
from tradegram.ports import Change
from tradegram.sessions.postback import path_secret
from tradegram.sims.wire import Wire, served
from tradegram.sims.zerodha import ZerodhaSim


@dataclass
class Place:
    desk: Lambdas
    kite: ZerodhaSim
    wire: Wire

    def books_read(self) -> int:
        return sum((each.method, each.path) == ("GET", "/orders") for each in self.wire.arrived)

    def posts(self, content: bytes, secret: str = "") -> dict[str, Any]:
        """What Kite gets for an answer. secret: another one than the desk's."""
        event = sample("postback")
        store = self.desk.app("postback").desk.store
        event["pathParameters"]["secret"] = secret or path_secret(store, SystemIds())
        answer: dict[str, Any] = self.desk.invoke(
            "postback", {**event, "body": content.decode()}, seconds=25.0
        )
        return answer


@pytest.fixture
def place() -> Iterator[Place]:
    kite = zerodha()
    wire = Wire(kite)
    with BotApi(says_only=True) as api, served(wire) as url:
        at = f"zerodha.api={url} zerodha.login={url}"
        with house("ministack", api, TRADEGRAM_BROKER_URLS=at) as desk:
            anu = api.user(USERS[0])
            linked(desk, anu, kite)
            logged_in(desk, anu)
            working = replace(
                STAGED,
                intent=replace(STAGED.intent, account_id="zerodha:AB1234"),
                state=State.WORKING,
                broker_order_id="220303000308932",
            )
            desk.app("postback").desk.store.commit(Change((working,)))
            yield Place(desk, kite, wire)


def told(kite: ZerodhaSim) -> bytes:
    """As Kite signs what it posts."""
    row = {"order_id": "220303000308932", "order_timestamp": "2026-11-20 09:24:25"}
    covered = f"{row['order_id']}{row['order_timestamp']}{kite.api_secret}".encode()
    return json.dumps({**row, "checksum": hashlib.sha256(covered).hexdigest()}).encode()


def test_a_genuine_post_has_the_book_read(place: Place) -> None:
    before = place.books_read()

    assert place.posts(told(place.kite)) == {"statusCode": 200}

    assert place.books_read() > before


def test_what_is_forged_or_guessed_at_is_answered_alike_and_reads_nothing(place: Place) -> None:
    before = place.books_read()
    genuine = told(place.kite)

    forged = place.posts(genuine.replace(b"220303000308932", b"220303000308933"))
    guessed = place.posts(genuine, secret="A" * 32)

    assert forged == guessed == {"statusCode": 200}
    assert place.books_read() == before
