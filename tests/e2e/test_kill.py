"""Kill -9 at random moments: no confirmed order is lost, none is doubled, all are told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from e2e.kill_rounds import USERS, Tapped, faults, let_orders_repeat, play_round
from e2e.product import Product, telegram
from loopback.bot_api import BotApi

SEEDS = range(1, 21)


@pytest.fixture(scope="module")
def everything() -> list[Tapped]:
    return []


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, BotApi]]:
    folder: Path = tmp_path_factory.mktemp("doomed")
    with BotApi() as api, Product(folder, telegram(api, *USERS)) as desk:
        let_orders_repeat(desk)
        yield desk, api


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_confirmed_before_a_kill_is_told_after_it(
    doomed: tuple[Product, BotApi], everything: list[Tapped], seed: int
) -> None:
    desk, api = doomed

    everything.extend(play_round(desk, api, seed))


@pytest.mark.slow
def test_no_confirmed_order_was_lost_or_doubled_in_any_round(
    doomed: tuple[Product, BotApi], everything: list[Tapped]
) -> None:
    desk, _ = doomed
    rounds = len(list(groupby(everything, key=lambda each: each.seed)))

    assert faults(desk, everything) == []
    assert rounds == len(SEEDS), "a round was not played to its end"
    assert len(desk.orders()) == len(everything), "an order that nobody confirmed"
    assert "Traceback" not in desk.said, desk.said
