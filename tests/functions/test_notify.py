"""What the notifier says beside what orders owe people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from houses import house
from lambdas import USERS, Lambdas, sample
from loopback.bot_api import BotApi


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(says_only=True) as made:
        yield made


@pytest.fixture
def desk(api: BotApi) -> Iterator[Lambdas]:
    with house("moto", api) as made:
        yield made


def test_an_alarm_is_said_in_the_chat_and_once_an_hour(desk: Lambdas, api: BotApi) -> None:
    anu = api.user(next(iter(USERS)))

    for _ in range(3):
        desk.invoke("notify", sample("notify_alarm"))

    [told] = anu.shown()
    assert "Alarm desk-DeadOrdersAlarm-1ABCDEF" in told.text
    assert "A message about an order failed five times" in told.text
