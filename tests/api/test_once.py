"""The same write twice is done once, whatever is lost between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, new_key, program

from tradegram.orders.state import Order
from tradegram.ports import Change

CANCEL = {"reason": "changed my mind"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def placed(desk: Program) -> list[str]:
    """What the record and the broker's book have, newest first."""
    desk.floor.work()
    ours = [one.key for one in desk.floor.store.orders("paper:main").orders]
    book = desk.floor.desk.brokers.broker("paper:main").order_book().reports
    assert sorted(one.client_order_id for one in book) == sorted(ours)
    return ours


def test_the_same_key_and_body_is_one_order_and_one_answer(desk: Program) -> None:
    first = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    again = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")

    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert placed(desk) == [first.json["order"]["orderId"]]


@pytest.mark.parametrize(
    "other",
    [
        {"body": LIMIT_ORDER | {"quantity": 11}},
        {"body": LIMIT_ORDER | {"price": 2900.05}},
        {"path": "/api/brokers/accounts/main/orders"},
    ],
)
def test_the_same_key_with_other_parameters_is_refused(
    desk: Program, other: dict[str, Any]
) -> None:
    desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    said = desk.asks("POST", other.get("path", ORDERS), other.get("body", LIMIT_ORDER), once="a")

    assert (said.status, said.json["error"]["code"]) == (422, "KEY_REUSED")
    assert len(placed(desk)) == 1


def test_how_the_same_parameters_are_written_does_not_count(desk: Program) -> None:
    first = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    turned = dict(reversed(LIMIT_ORDER.items()))

    assert desk.asks("POST", ORDERS, turned, once="a").json == first.json


def test_two_callers_may_choose_the_same_key(desk: Program) -> None:
    other = new_key(desk.floor, name="other", alone=True)
    desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    said = desk.asks("POST", ORDERS, LIMIT_ORDER | {"quantity": 11}, once="a", key=other)

    assert said.status == 201
    assert len(placed(desk)) == 2


def test_a_refusal_is_not_kept_so_the_key_may_be_tried_again(desk: Program) -> None:
    desk.floor.one("/kill")
    refused = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    desk.released()

    assert (refused.status, refused.json["error"]["code"]) == (422, "RISK_DENIED")
    assert desk.asks("POST", ORDERS, LIMIT_ORDER, once="a").status == 201


def test_an_answer_is_kept_for_five_days(desk: Program) -> None:
    opened = {"broker": "paper", "clientId": "spare"}
    desk.asks("POST", "/api/brokers/accounts", opened, once="a")
    desk.floor.clock.pass_(5 * 86_400 - 1)
    kept = desk.asks("POST", "/api/brokers/accounts", opened, once="a")
    desk.floor.clock.pass_(2)
    gone = desk.asks("POST", "/api/brokers/accounts", opened, once="a")

    assert "Idempotency-Replayed" in kept.headers
    assert "Idempotency-Replayed" not in gone.headers


def test_what_is_kept_of_a_request_cannot_be_guessed_back(desk: Program) -> None:
    """Parameters may hold a password; their digest is keyed with what the record does not have."""
    desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    other = new_key(desk.floor, name="other", alone=True)
    desk.floor.clock.pass_(60)
    desk.asks("POST", ORDERS, LIMIT_ORDER, once="a", key=other)

    digests = {one.body["digest"] for one in desk.floor.store.documents("api answer")}
    assert len(digests) == 2


# -- what is lost --------------------------------------------------------------------------------


def test_when_the_records_answer_is_lost_the_order_was_placed_all_the_same(desk: Program) -> None:
    desk.asks("GET", ORDERS)  # the rate's lot is taken and the use of the key noted
    desk.floor.store.lose_answers = 1
    said = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")

    assert said.status == 201
    assert desk.asks("POST", ORDERS, LIMIT_ORDER, once="a").json == said.json
    assert len(placed(desk)) == 1


def test_while_the_record_is_down_nothing_is_sent_and_the_key_stays_good(desk: Program) -> None:
    desk.asks("GET", ORDERS)
    desk.floor.store.down = True
    said = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    desk.floor.store.down = False

    assert (said.status, said.json["error"]["code"]) == (503, "DESK_UNAVAILABLE")
    assert "same Idempotency-Key" in said.json["error"]["hint"]
    assert desk.asks("POST", ORDERS, LIMIT_ORDER, once="a").status == 201
    assert len(placed(desk)) == 1


@pytest.mark.parametrize("kind", ["orders", "tickets"])
def test_a_process_that_dies_at_any_write_leaves_one_order_behind(
    tmp_path: Path, kind: str
) -> None:
    """Dies at its first write, its second, and so on; then the client repeats what it sent."""
    for died_at in range(1, 5):
        folder = tmp_path / str(died_at)
        folder.mkdir()
        with program(folder, alone=kind == "orders") as desk:
            desk.asks("GET", ORDERS)
            desk.dies_after(died_at - 1)
            desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
            desk.lives_again()
            said = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")

            assert said.status == (201 if kind == "orders" else 202), (died_at, said)
            assert len(placed(desk)) == (1 if kind == "orders" else 0)
            cards = [one for one in desk.floor.store.notices() if one.kind == "ticket"]
            assert len(cards) == (0 if kind == "orders" else 1)


LOOK_AGAIN = LIMIT_ORDER | {"quantity": 100, "product": "CNC"}  # so much that one looks twice
TICKET, ORDER = "/api/tickets/{ticket}", f"{ORDERS}/{{order}}"
STEPS: dict[str, tuple[str, str, Any]] = {
    "edit": ("PATCH", TICKET, {"version": 1, "quantity": 5}),
    "requote": ("POST", f"{TICKET}/requote", {"version": 1}),
    "confirm": ("POST", f"{TICKET}/confirm", {"version": 1}),
    "look again": ("POST", "/api/tickets/{large}/confirm", {"version": 1}),
    "cancel a ticket": ("DELETE", TICKET, None),
    "change an order": ("PATCH", ORDER, {"new_params": {"qty": 4}}),
    "cancel an order": ("DELETE", ORDER, None),
}


def begun(desk: Program) -> dict[str, str]:
    """A working order and two open tickets."""
    order = desk.asks("POST", ORDERS, LIMIT_ORDER | {"price": 2800}).json["order"]["orderId"]
    desk.floor.work()
    ticket, large = (
        desk.asks("POST", "/api/tickets", body).json["ticket"]["ticketId"]
        for body in (LIMIT_ORDER, LOOK_AGAIN)
    )
    return {"order": order, "ticket": ticket, "large": large}


@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_dies_at_any_write_of_a_step_answers_it_as_if_it_had_not(
    tmp_path: Path, step: str
) -> None:
    """What it did goes on meanwhile: the order is cancelled, the version before is none."""
    method, path, body = STEPS[step]
    for died_at in range(1, 4):
        folder = tmp_path / str(died_at)
        folder.mkdir()
        with program(folder) as desk:
            address = path.format(**begun(desk))
            desk.dies_after(died_at - 1)
            desk.asks(method, address, body, once="a")
            desk.lives_again()
            desk.floor.work()
            said = desk.asks(method, address, body, once="a")
            again = desk.asks(method, address, body, once="a")

            assert said.status == (202 if step == "look again" else 200), (died_at, said)
            assert again.json == said.json
            ticket = said.json.get("ticket", {})
            assert ticket.get("version", 2) == 2
            assert len(ticket.get("orders", ())) == (step == "confirm")
            asked = f"{method} {address}"
            told = [one.body for one in desk.floor.store.chain("desk") if asked in one.body]
            assert len(told) == 1, died_at


def test_a_repeat_while_the_first_is_under_way_is_told_so(desk: Program) -> None:
    here, go_on = threading.Event(), threading.Event()

    def slow_disk(change: Change) -> None:
        if any(isinstance(one, Order) for one in change.records):
            here.set()
            go_on.wait(10)

    desk.floor.store.before = slow_disk
    answers: list[int] = []
    first = threading.Thread(
        target=lambda: answers.append(desk.asks("POST", ORDERS, LIMIT_ORDER, once="a").status)
    )
    first.start()
    here.wait(10)
    second = desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    go_on.set()
    first.join(10)

    assert (second.status, second.json["error"]["code"]) == (409, "UNDER_WAY")
    assert answers == [201]
    assert len(placed(desk)) == 1


def test_many_at_once_with_one_key_make_one_order(desk: Program) -> None:
    answers: list[int] = []

    def ask() -> None:
        answers.append(desk.asks("POST", ORDERS, LIMIT_ORDER, once="a").status)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert set(answers) <= {201, 409}
    assert 201 in answers
    assert len(placed(desk)) == 1


def test_cancelling_twice_is_harmless_with_or_without_a_key(desk: Program) -> None:
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]
    desk.floor.work()

    said = [
        desk.asks("DELETE", f"{ORDERS}/{order}", query=CANCEL, once=once).status
        for once in ("", "", "a", "a")
    ]
    desk.floor.work()

    assert said == [200, 200, 200, 200]
    assert desk.asks("GET", f"{ORDERS}/{order}").json["order"]["status"] == "CANCELLED"
    assert desk.asks("DELETE", f"{ORDERS}/{order}", query=CANCEL, once="a").status == 200
    ended = desk.asks("DELETE", f"{ORDERS}/{order}", query=CANCEL)
    assert (ended.status, ended.json["error"]["code"]) == (422, "CANNOT")


def test_a_key_that_is_no_key_is_refused(desk: Program) -> None:
    for once in ("x" * 256, "tab\tbed", "naïve"):
        assert desk.asks("POST", ORDERS, LIMIT_ORDER, once=once).status == 400
    assert placed(desk) == []


def test_without_a_key_a_blind_repeat_is_still_stopped(desk: Program) -> None:
    desk.asks("POST", ORDERS, LIMIT_ORDER)
    again = desk.asks("POST", ORDERS, LIMIT_ORDER)

    assert (again.status, again.json["error"]["code"]) == (422, "RISK_DENIED")
    assert "same order" in again.json["error"]["message"]
    assert len(placed(desk)) == 1
