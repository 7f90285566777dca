"""Tickets by API: changed, priced afresh, confirmed by the version that was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, Program, new_key, program

TICKETS = "/api/tickets"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def opened(desk: Program, **more: Any) -> Any:
    return desk.asks("POST", TICKETS, {**LIMIT_ORDER, "quantity": 3, **more}).json["ticket"]


def path(ticket: Any, what: str = "") -> str:
    return f"{TICKETS}/{ticket['ticketId']}{what}"


def test_a_change_is_the_next_version_and_the_one_before_confirms_nothing(desk: Program) -> None:
    first = opened(desk, stopLoss=2800)
    change = {"version": 1, "quantity": 5, "price": 2910, "stopLoss": None, "target": 3100}

    said = desk.asks("PATCH", path(first), change)
    late = desk.asks("POST", path(first, "/confirm"), {"version": 1})
    done = desk.asks("POST", path(first, "/confirm"), {"version": 2})

    now = said.json["ticket"]
    assert (now["version"], now["quantity"], now["price"]) == (2, 5, 2910)
    assert ("stopLoss" in now, now["target"]) == (False, 3100)
    assert (late.status, late.json["error"]["code"]) == (409, "NOT_OPEN")
    assert (done.status, done.json["ticket"]["orders"][0]["quantity"]) == (200, 5)


def test_what_cannot_be_leaves_the_ticket_as_it_was(desk: Program) -> None:
    first = opened(desk)

    for change in ({"price": 2910.03}, {"quantity": 0.5}, {"stopLoss": 99_999}, {"quantity": 1e7}):
        said = desk.asks("PATCH", path(first), {"version": 1, **change})
        assert said.status in (400, 422), change
    assert desk.asks("PATCH", path(first), {"version": 1, "side": "SELL"}).status == 400
    assert desk.asks("GET", path(first)).json["ticket"] == first


def test_an_expired_ticket_comes_back_priced_afresh(desk: Program) -> None:
    first = opened(desk)
    desk.floor.clock.pass_(3600)

    assert desk.asks("POST", path(first, "/confirm"), {"version": 1}).status == 409
    fresh = desk.asks("POST", path(first, "/requote"), {"version": 1}).json["ticket"]
    assert (fresh["state"], fresh["version"]) == ("OPEN", 2)
    assert fresh["expiresAt"] > first["expiresAt"]
    assert desk.asks("POST", path(first, "/confirm"), {"version": 2}).status == 200
    for method, what in (("POST", "/requote"), ("PATCH", "")):
        said = desk.asks(method, path(first, what), {"version": 3})
        assert (said.status, said.json["error"]["code"]) == (409, "NOT_OPEN")


def test_what_a_program_changes_under_its_holders_eyes_is_shown_before_it_is_sent(
    desk: Program,
) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)
    ticket = desk.asks("POST", TICKETS, LIMIT_ORDER, key=asks).json["ticket"]
    [card] = desk.told()
    assert desk.asks("PATCH", path(ticket), {"version": 1, "quantity": 9}, key=asks).status == 200

    pressed = desk.floor.press(card, "Confirm")

    assert pressed.alert
    assert pressed.edit is not None
    assert "Confirm BUY 9" in str(pressed.edit.buttons)
    assert desk.floor.store.orders("paper:main").orders == []


def test_a_cancelled_ticket_stays_so(desk: Program) -> None:
    first = opened(desk)

    assert desk.asks("DELETE", path(first)).json["ticket"]["state"] == "CANCELLED"
    assert desk.asks("DELETE", path(first)).status == 200
    assert desk.asks("PATCH", path(first), {"version": 2, "quantity": 4}).status == 409
    assert desk.asks("POST", path(first, "/requote"), {"version": 2}).status == 409
