"""Viewers look; nothing they say or press changes an order."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, button, floor

from tradegram.brokers.registry import PAPER
from tradegram.chat import people
from tradegram.chat.buttons import BracketPress, OrderPress, TicketPress
from tradegram.chat.commands.command import Command
from tradegram.chat.commands.table import TABLE
from tradegram.chat.roles import LOOKING, VIEWER
from tradegram.errors import UserError
from tradegram.orders.state import State


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    """ANU owns it, RAVI views."""
    with floor(tmp_path) as made:
        for user_id in (ANU, RAVI):
            assert people.pair(made.desk, user_id, "", people.new_code(made.desk))
        people.give_role(made.desk, RAVI, "viewer", "a test")
        yield made


def state_of(desk: Floor) -> list[tuple[object, ...]]:
    """Everything that orders and tickets are."""
    with closing(sqlite3.connect(desk.folder / "desk.sqlite")) as record:
        rows = record.execute("SELECT kind, key, body FROM records ORDER BY kind, key").fetchall()
    return [row for row in rows if row[0] in ("order", "ticket")]


def test_what_a_viewer_may_say_are_commands(desk: Floor) -> None:
    assert {row.name for row in TABLE} >= LOOKING


def test_a_viewer_sees_the_desk(desk: Floor) -> None:
    desk.bought("buy RELIANCE 10")
    order = desk.store.orders(PAPER.account_id).orders[0]

    for words in ("/pos", "/orders", f"/order {order.key}", "/status", "/q INFY", "/help", "funds"):
        assert VIEWER not in str(desk.say(words, RAVI)), words
    assert "RELIANCE" in desk.one("/pos", RAVI).text


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.name not in LOOKING], ids=lambda row: row.name
)
def test_a_viewer_is_refused_whatever_else_there_is(desk: Floor, row: Command) -> None:
    desk.one("buy INFY 5 @ 1500")
    before = state_of(desk)

    for words in (row.name, row.example, row.name.upper(), f"{row.name}@the_bot x"):
        assert desk.one(words, RAVI).text.startswith("You are a viewer"), words

    assert state_of(desk) == before


@pytest.mark.parametrize(
    "words", ["buy INFY 5", "INFY 5 buy", "sell 10 RELIANCE @ 2950", "yes", "2950"]
)
def test_a_viewer_opens_no_ticket(desk: Floor, words: str) -> None:
    before = state_of(desk)

    assert desk.one(words, RAVI).text.startswith("You are a viewer")
    assert state_of(desk) == before


def test_a_viewer_presses_nothing_that_changes_a_ticket_or_an_order(desk: Floor) -> None:
    ticket = button(desk.one("buy INFY 5 @ 1500"), "Confirm").data
    desk.press(desk.one("buy INFY 10 @ 1400"), "Confirm")
    desk.work()
    order = desk.store.orders(PAPER.account_id).orders[0]
    assert order.state is State.WORKING
    before = state_of(desk)
    head, _, version = ticket.rpartition(":")
    presses = [f"{head[:-1]}{each}:{version}" for each in TicketPress]
    presses += [f"k:{order.key}:{each}:{order.version}" for each in OrderPress]
    presses += [f"b:{order.key}:{each}:1" for each in BracketPress]
    presses += [f"{kind}:{order.key}:y" for kind in "mar"] + ["s:/cancel all", "s:/buy INFY 1"]

    for data in presses:
        desk.tap(data, RAVI)
    desk.work()

    assert state_of(desk) == before


def test_a_trader_again_trades_again(desk: Floor) -> None:
    people.give_role(desk.desk, RAVI, "trader", "a test")

    assert button(desk.one("buy INFY 5 @ 1500", RAVI), "Confirm")


def test_who_is_made_a_viewer_cannot_confirm_what_was_open(desk: Floor) -> None:
    people.give_role(desk.desk, RAVI, "trader", "a test")
    ticket = desk.one("buy INFY 5 @ 1500", RAVI)
    people.give_role(desk.desk, RAVI, "viewer", "a test")

    answer = desk.press(ticket, "Confirm", RAVI)

    assert "viewer" in str(answer)
    assert not desk.store.orders(PAPER.account_id).orders


def test_the_desk_keeps_an_owner_and_strangers_get_no_role(desk: Floor) -> None:
    for role in ("trader", "viewer"):
        with pytest.raises(UserError, match="needs an owner"):
            people.give_role(desk.desk, ANU, role, "a test")
    for nobody, role in itertools.product((0, -1, 99), people.ROLES):
        with pytest.raises(UserError, match="Nobody with the id"):
            people.give_role(desk.desk, nobody, role, "a test")

    people.give_role(desk.desk, RAVI, "owner", "a test")
    people.give_role(desk.desk, ANU, "viewer", "a test")

    assert [(each.user_id, each.role) for each in people.users(desk.desk)] == [
        (ANU, "viewer"),
        (RAVI, "owner"),
    ]


def test_an_id_of_the_setting_may_view_and_is_out_when_the_setting_drops_it(desk: Floor) -> None:
    named = replace(desk.desk, allowed_users=frozenset({99}))
    people.give_role(named, 99, "viewer", "a test")

    assert people.may_use(named, 99)
    assert not people.may_trade(named, 99)
    assert not people.may_use(desk.desk, 99)
