"""After the close: what the day was is kept and said, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from houses import house
from lambdas import Lambdas, sample
from loopback.bot_api import BotApi

from tradegram.history.look import KIND


@pytest.fixture
def desk() -> Iterator[Lambdas]:
    with BotApi(says_only=True) as api, house("moto", api) as made:
        yield made


def looked_at(desk: Lambdas) -> float:
    """When the account was last looked back at; 0 for never."""
    document = desk.app("settle_day").desk.store.document(KIND, "paper:main")
    return float(document.body["looked_at"]) if document else 0.0


def test_every_account_is_looked_back_at_though_another_function_just_did(desk: Lambdas) -> None:
    desk.invoke("reconcile", sample("reconcile"), seconds=60.0)
    before = looked_at(desk)

    desk.invoke("settle_day", sample("settle_day"), seconds=120.0)

    assert looked_at(desk) > before > 0


def test_without_time_for_a_look_there_is_none(desk: Lambdas) -> None:
    desk.invoke("settle_day", sample("settle_day"), seconds=5.0)

    assert looked_at(desk) == 0.0
