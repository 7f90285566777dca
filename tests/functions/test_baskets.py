"""A basket through the functions: its short leg waits in the queue until the hedge works."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from e2e.trader import until
from houses import house
from lambdas import USERS, Lambdas, sample
from loopback.bot_api import BotApi, Person

SPREAD = "/basket BUY RELIANCE 2900 CE monthly 1 lot; SELL RELIANCE 3000 CE monthly 1 lot"


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture(params=["moto", "ministack"])
def desk(request: pytest.FixtureRequest, api: BotApi) -> Iterator[Lambdas]:
    with house(request.param, api) as made:
        yield made


def tapped(desk: Lambdas, person: Person) -> None:
    assert desk.webhook(person.says(SPREAD)) == 200
    assert desk.webhook(person.press(person.last(), "Confirm")) == 200
    if "Yes, really" in str(person.last().labels):
        assert desk.webhook(person.press(person.last(), "Yes, really")) == 200


def test_both_legs_are_filled_and_told_in_one_message(desk: Lambdas, api: BotApi) -> None:
    anu = api.user(next(iter(USERS)))
    tapped(desk, anu)

    def told() -> bool:
        desk.pump()
        desk.invoke("reconcile", sample("reconcile"))
        desk.pump()
        time.sleep(0.5)  # the queue keeps the short leg back for seconds
        return any(each.text.count("Filled 500, average") == 2 for each in anu.shown())

    until(told, "both legs filled")
