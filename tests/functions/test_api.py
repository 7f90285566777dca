"""The REST API as Lambda runs it: the routes of the local server, over DynamoDB and SQS."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from houses import house
from lambdas import USERS, Context, Lambdas, load, sample
from loopback.bot_api import BotApi

from tradegram.api.call import Scope
from tradegram.api.keys import Wanted, make
from tradegram.risk.stepup import AtTheTerminal

ANU = USERS[0]


@pytest.fixture(scope="module")
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture
def desk(api: BotApi) -> Iterator[Lambdas]:
    with house("moto", api) as made:
        yield made


@pytest.fixture
def racing(api: BotApi) -> Iterator[Lambdas]:
    """Moto lets two threads win one condition, so races run on another emulator."""
    with house("ministack", api) as made:
        yield made


def key_for(desk: Lambdas, name: str, *, alone: bool = True) -> str:
    wanted = Wanted(name, (Scope.READ, Scope.TRADE), alone=alone)
    return make(desk.app("api").api.desk, ANU, wanted, AtTheTerminal())[1]


def event(key: str, quantity: int = 0, **changes: Any) -> dict[str, Any]:
    """The sample event with this key; quantity: another one for each order that is another."""
    made = sample("api")
    made["headers"]["authorization"] = f"Bearer {key}"
    made["headers"]["idempotency-key"] = f"order-{quantity}"
    made["body"] = json.dumps({**json.loads(made["body"]), "qty": quantity})
    for name, value in changes.items():
        (made["requestContext"]["http"] if name == "method" else made)[name] = value
    return made


def asked(desk: Lambdas, asking: dict[str, Any]) -> tuple[int, Any]:
    answer = desk.invoke("api", asking)
    return answer["statusCode"], json.loads(answer["body"])


def test_an_order_is_placed_once_and_sent(desk: Lambdas) -> None:
    key = key_for(desk, "bot")
    status, said = asked(desk, event(key, 11))
    again = desk.invoke("api", event(key, 11))
    desk.pump()
    listed = event(key, method="GET", body="", rawPath="/api/orders/" + said["order"]["orderId"])

    assert status == 201
    assert json.loads(again["body"]) == said
    assert again["headers"]["Idempotency-Replayed"] == "true"
    assert asked(desk, listed)[1]["order"]["status"] == "OPEN"
    assert asked(desk, event(key, 11, body=event(key, 12)["body"]))[0] == 422


def test_an_order_that_wants_confirming_is_shown_in_chat(desk: Lambdas, api: BotApi) -> None:
    asha, key = api.user(ANU), key_for(desk, "asks", alone=False)
    asha.says("/start")
    status, said = asked(desk, event(key, 13))
    desk.pump()
    card = asha.last()
    shown = card.text
    assert desk.webhook(asha.press(card, "Confirm")) == 200
    desk.pump()
    ticket = event(key, method="GET", body="", rawPath=f"/api/tickets/{said['ticket']['ticketId']}")

    assert (status, said["ticket"]["state"]) == (202, "OPEN")
    assert "program of yours" in shown
    assert [one["status"] for one in asked(desk, ticket)[1]["ticket"]["orders"]] == ["OPEN"]


def test_two_sandboxes_asked_the_same_at_once_make_one_order(racing: Lambdas) -> None:
    key = key_for(racing, "racer")
    sandboxes = [load("api") for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        for quantity in (21, 22, 23):
            running = [
                threads.submit(one.handler, event(key, quantity), Context()) for one in sandboxes
            ]
            said = [json.loads(each.result()["body"]) for each in running]
            assert said[0]["order"]["orderId"] == said[1]["order"]["orderId"]
    orders = sandboxes[0].api.desk.store.orders("paper:main", limit=50).orders
    assert [int(one.quantity) for one in orders] == [23, 22, 21]


def test_a_body_in_base64_is_the_same_body(desk: Lambdas) -> None:
    key = key_for(desk, "encoded")
    plain = event(key, 31)
    body = base64.b64encode(plain["body"].encode()).decode()

    assert asked(desk, plain | {"body": body, "isBase64Encoded": True})[0] == 201
    assert asked(desk, plain)[0] == 201


def test_a_stranger_is_turned_away(desk: Lambdas) -> None:
    status, said = asked(desk, sample("api"))

    assert (status, said["error"]["code"]) == (401, "NOT_SIGNED_IN")
