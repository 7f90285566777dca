"""What nobody could work on: people hear of it, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from houses import house
from lambdas import USERS, Lambdas, sample
from loopback.bot_api import BotApi, Person
from samples import STAGED

from tradegram.orders.state import Order, State
from tradegram.ports import Change


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture
def desk(api: BotApi) -> Iterator[Lambdas]:
    with house("moto", api) as made:
        yield made


@pytest.fixture
def anu(api: BotApi) -> Person:
    return api.user(next(iter(USERS)))


def buried(desk: Lambdas, body: str) -> None:
    """The message comes from the queue of the dead, and what is then owed is told."""
    event = sample("dead_letter")
    event["Records"][0]["body"] = body
    assert desk.invoke("dead_letter", event) == {"batchItemFailures": []}
    desk.invoke("notify", sample("notify"))


def kept(desk: Lambdas, state: State) -> Order:
    order = replace(STAGED, state=state, user_id=next(iter(USERS)))
    desk.app("dead_letter").desk.store.commit(Change((order,)))
    return order


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.STAGED, "It was not sent"),
        (State.SENDING, "It may be at the broker. It is not sent again"),
        (State.UNKNOWN, "It may be at the broker. It is not sent again"),
        (State.WORKING, "What it is now comes from the broker"),
    ],
)
def test_the_holder_hears_what_it_means_and_the_order_stays_as_it_is(
    desk: Lambdas, anu: Person, state: State, words: str
) -> None:
    order = kept(desk, state)

    buried(desk, json.dumps({"client_order_id": order.key, "account_id": order.account_id}))

    [told] = [each.text for each in anu.shown() if order.key in each.text]
    assert "BUY 100 INFY" in told
    assert words in told
    assert desk.app("dead_letter").desk.store.order(order.key).state is state


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"client_order_id": "NOBODYKNOWSTHIS1"}'])
def test_a_message_that_nobody_here_wrote_is_an_alert_and_does_not_come_back(
    desk: Lambdas, anu: Person, body: str
) -> None:
    buried(desk, body)

    assert "a message about an order that is not in the record" in anu.last().text.lower()
