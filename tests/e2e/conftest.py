from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from e2e.product import Product, telegram
from e2e.trader import Trader
from loopback.bot_api import BotApi

NUMBERS = itertools.count(101)  # of people and of their quantities
PEOPLE = range(101, 401)
RICH = "1000000000"


@pytest.fixture(scope="session")
def api() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture(scope="session")
def desk(api: BotApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One desk for everybody; whoever stops it starts it again."""
    settings = telegram(api, *PEOPLE, TRADEGRAM_PAPER_BALANCE=RICH)
    with Product(tmp_path_factory.mktemp("desk"), settings) as desk:
        yield desk


@pytest.fixture
def trader(desk: Product, api: BotApi) -> Iterator[Trader]:
    """Somebody new, in a chat of their own. Whatever was said, no secret and no traceback was."""
    yield newcomer(desk, api)
    assert api.token not in desk.said
    assert "Traceback" not in desk.said, desk.said
    assert not any(api._failures.values()), "a planned failure was never met"


@pytest.fixture
def colleague(desk: Product, api: BotApi) -> Trader:
    return newcomer(desk, api)


def newcomer(desk: Product, api: BotApi) -> Trader:
    number = next(NUMBERS)
    return Trader(desk, api, api.user(number, f"Trader {number}"), number)
