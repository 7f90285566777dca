"""A linked live account changes nothing about trading on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import Floor, button, floor
from vault.vaults import BY, canaries, ring_in

from tradegram.brokers.registry import PAPER
from tradegram.vault.credentials import Vault


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        vault = Vault(made.store, made.clock, ring_in(tmp_path))
        vault.link(canaries("zerodha", "AB1234", "live"), BY)
        yield made


def test_it_is_shown_as_not_logged_in(desk: Floor) -> None:
    assert "#live (zerodha)  [LIVE] · linked, not logged in" in desk.one("/accounts").text


@pytest.mark.parametrize(
    "words", ["buy RELIANCE 10", "buy RELIANCE 10 #main", "buy RELIANCE 10 #all"]
)
def test_orders_go_to_paper_as_before(desk: Floor, words: str) -> None:
    assert button(desk.one(words), "Confirm")

    desk.bought(words)

    assert len(desk.store.orders(PAPER.account_id).orders) == 1
    assert not desk.store.orders("zerodha:AB1234").orders


@pytest.mark.parametrize("name", ["live", "zerodha:AB1234"])
def test_an_order_for_it_is_refused_with_the_reason(desk: Floor, name: str) -> None:
    said = desk.one(f"buy RELIANCE 10 #{name}").text

    assert "is linked, not logged in" in said


@pytest.mark.parametrize(
    "words",
    [
        "/pos",
        "/funds",
        "/orders",
        "/status",
        "/pnl",
        "/hold",
        "/mode",
        "/start",
        "/cancel all",
        "/exit RELIANCE",
    ],
)
def test_every_list_still_answers(desk: Floor, words: str) -> None:
    desk.bought()
    said = str(desk.say(words))

    assert "zerodha" not in said
    assert "ref " not in said
