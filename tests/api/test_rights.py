"""Who may do what by API, and what nobody may."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, new_key, program
from chat.trading_floor import ANU, RAVI

from tradegram.api.call import Asking, Nothing, Scope
from tradegram.api.json_in import LARGEST_BODY
from tradegram.api.keys import LastUse, Wanted, keys, make, revoke
from tradegram.api.rates import LOTS, Rates
from tradegram.api.serve import Api
from tradegram.api.table import ROUTES
from tradegram.brokers.registry import PAPER
from tradegram.chat.people import TRADER, VIEWER, give_role
from tradegram.model import Account, Mode
from tradegram.ports import Change, Document
from tradegram.risk.stepup import AtTheTerminal

SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)
TICKETS = "/api/tickets"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path, PAPER, SPARE) as made:
        yield made


def code(said: Any) -> tuple[int, str]:
    return said.status, said.json["error"]["code"]


# -- keys ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        "", "tg_", "Bearer", "tg_" + "A" * 16, "tg_" + "A" * 16 + "_" + "A" * 64,
        "tg_ü_" + "A" * 64, "x" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_key_is_told_nothing_but_that(desk: Program, wrong: str) -> None:
    said = desk.asks("GET", ORDERS, key=wrong)

    assert code(said) == (401, "NOT_SIGNED_IN")
    assert said.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_with_another_secret_is_no_key(desk: Program) -> None:
    *head, secret = desk.key.split("_")
    other = "_".join([*head, ("B" if secret[0] == "A" else "A") + secret[1:]])

    assert desk.asks("GET", ORDERS, key=other).status == 401


def test_a_key_may_stand_in_either_header_and_never_in_the_address(desk: Program) -> None:
    def ask(headers: dict[str, str], query: str = "") -> int:
        return desk.api.answer(Asking("GET", ORDERS, query, headers)).status

    assert ask({"x-api-key": desk.key}) == 200
    assert ask({"authorization": f"bearer {desk.key}"}) == 200
    assert ask({}, f"api_key={desk.key}") == 401
    assert ask({}, f"token={desk.key}") == 401


def test_a_revoked_key_is_none_from_the_next_request_on(desk: Program) -> None:
    assert desk.asks("GET", ORDERS).status == 200
    revoke(desk.floor.desk, "bot", "terminal")

    assert desk.asks("GET", ORDERS).status == 401


def test_a_key_ends_with_its_holders_leave_to_use_the_desk(desk: Program) -> None:
    ravis = make(
        desk.floor.desk, RAVI, Wanted("ravi", (Scope.READ,)), AtTheTerminal()
    )[1]  # fmt: skip

    assert desk.asks("GET", ORDERS, key=ravis).status == 401  # nobody let Ravi in


def test_the_key_of_a_viewer_looks_and_does_not_trade(desk: Program) -> None:
    user = Document("user", str(RAVI), {"name": "", "role": TRADER, "paired_at": 1.0})
    desk.floor.store.commit(Change((user,)))
    ravis = make(
        desk.floor.desk, RAVI, Wanted("ravi", (Scope.READ, Scope.TRADE), alone=True),
        AtTheTerminal(),
    )[1]  # fmt: skip
    assert desk.asks("POST", ORDERS, LIMIT_ORDER, key=ravis).status == 201
    give_role(desk.floor.desk, RAVI, VIEWER, "terminal")

    assert desk.asks("GET", ORDERS, key=ravis).status == 200
    assert code(desk.asks("POST", ORDERS, LIMIT_ORDER, key=ravis)) == (403, "NOT_ALLOWED")


def test_the_last_use_of_a_key_is_noted_by_the_minute(desk: Program) -> None:
    store, began = desk.floor.store, desk.floor.clock.now()
    for _ in range(3):
        desk.asks("GET", ORDERS)
        desk.floor.clock.pass_(10)
    [noted] = store.documents("apikey used")
    [key] = keys(desk.floor.desk)
    desk.floor.clock.pass_(60)
    desk.asks("GET", ORDERS)

    assert (key.used_at, noted.version) == (began, 1)
    assert keys(desk.floor.desk)[0].used_at == began + 90


def test_a_note_of_use_that_cannot_be_written_stops_nobody(desk: Program) -> None:
    desk.floor.store.down = True
    LastUse().note(desk.floor.desk, "A" * 16)
    desk.floor.store.down = False

    assert keys(desk.floor.desk)[0].used_at == 0


# -- what a key may touch ------------------------------------------------------------------------


def test_for_a_key_of_one_account_the_others_are_not_there(desk: Program) -> None:
    mine = new_key(desk.floor, name="spare", alone=True, accounts=(SPARE.account_id,))
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]
    ticket = desk.asks("POST", TICKETS, LIMIT_ORDER | {"quantity": 3}).json["ticket"]["ticketId"]
    listed = desk.asks("GET", "/api/brokers/accounts", key=mine).json["accounts"]

    assert [one["accountId"] for one in listed] == [SPARE.account_id]
    for method, path, body in (
        ("GET", ORDERS, None),
        ("POST", ORDERS, LIMIT_ORDER),
        ("GET", "/api/brokers/accounts/main/margins", None),
        ("GET", f"/api/orders/{order}", None),
        ("DELETE", f"/api/orders/{order}", None),
        ("GET", f"{TICKETS}/{ticket}", None),
        ("POST", f"{TICKETS}/{ticket}/confirm", {"version": 1}),
        ("POST", f"{TICKETS}/{ticket}/requote", {"version": 1}),
        ("PATCH", f"{TICKETS}/{ticket}", {"version": 1}),
        ("POST", f"{ORDERS.replace('orders', 'sync')}/7", {}),
    ):
        assert code(desk.asks(method, path, body, key=mine)) == (404, "NOT_FOUND"), path
    assert desk.asks("POST", "/api/brokers/accounts", {"broker": "paper", "clientId": "x"},
                     key=mine).status == 403  # fmt: skip
    assert desk.asks("GET", "/api/orders", key=mine).json["orders"] == []


def test_an_order_is_not_found_in_an_account_that_is_not_its_own(desk: Program) -> None:
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]

    assert desk.asks("GET", f"/api/brokers/accounts/spare/orders/{order}").status == 404
    assert desk.asks("DELETE", f"/api/brokers/accounts/spare/orders/{order}").status == 404


def test_a_ticket_is_its_holders_alone(desk: Program) -> None:
    ticket = desk.asks("POST", TICKETS, LIMIT_ORDER).json["ticket"]["ticketId"]
    user = Document("user", str(RAVI), {"name": "", "role": TRADER, "paired_at": 1.0})
    desk.floor.store.commit(Change((user,)))
    wanted = Wanted("ravi", (Scope.READ, Scope.TRADE), alone=True)
    ravis = make(desk.floor.desk, RAVI, wanted, AtTheTerminal())[1]

    assert desk.asks("GET", f"{TICKETS}/{ticket}", key=ravis).status == 404
    assert desk.asks("POST", f"{TICKETS}/{ticket}/confirm", {"version": 1}, key=ravis).status == 404
    assert desk.asks("PATCH", f"{TICKETS}/{ticket}", {"version": 1}, key=ravis).status == 404
    assert desk.asks("POST", f"{TICKETS}/{ticket}/requote", {"version": 1}, key=ravis).status == 404
    assert desk.asks("DELETE", f"{TICKETS}/{ticket}", key=ravis).status == 404


def test_a_key_that_does_not_send_alone_sends_nothing(desk: Program) -> None:
    asks = new_key(desk.floor, name="asks", alone=False)
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]
    desk.asks("POST", ORDERS, LIMIT_ORDER | {"symbol": "INFY", "orderType": "MARKET"})
    desk.floor.work()
    placed = desk.asks("POST", ORDERS, LIMIT_ORDER | {"quantity": 7}, key=asks)
    ticket = placed.json["ticket"]["ticketId"]
    change = {"new_params": {"qty": 4}}
    sync = "/api/brokers/accounts/1/sync/7"

    assert placed.status == 202
    assert desk.asks("PATCH", f"{ORDERS}/{order}", change, key=asks).status == 202
    desk.floor.work()
    assert desk.asks("GET", f"{ORDERS}/{order}").json["order"]["quantity"] == 10
    for method, path, body in (
        ("POST", f"{TICKETS}/{ticket}/confirm", {"version": 1}),
        ("POST", sync, {"stopLossPercent": 2}),
    ):
        assert code(desk.asks(method, path, body, key=asks)) == (403, "NOT_ALLOWED"), path
    assert desk.asks("POST", sync, key=asks).status == 200  # mirrors, and exits nothing
    assert desk.asks("DELETE", f"{ORDERS}/{order}", key=asks).status == 200  # the safe direction
    assert len(desk.floor.store.orders("paper:main").orders) == 2


@pytest.mark.parametrize("route", [one for one in ROUTES if one.scope], ids=lambda one: one.name)
def test_every_endpoint_wants_its_own_right(desk: Program, route: Any) -> None:
    others = [scope for scope in Scope if scope is not route.scope]
    lacks = new_key(desk.floor, *others, name="lacks")
    path = route.path.replace("{account}", "1").replace("{session}", "7")

    assert desk.asks(route.method, path, key="").status == 401
    assert code(desk.asks(route.method, path, key=lacks)) == (403, "NOT_ALLOWED")


# -- how much ------------------------------------------------------------------------------------


def test_a_key_has_its_requests_a_minute_and_then_waits(desk: Program) -> None:
    few = new_key(desk.floor, name="few", per_minute=3)
    said = [desk.asks("GET", ORDERS, key=few) for _ in range(4)]

    assert [one.status for one in said] == [200, 200, 200, 429]
    assert [one.headers["X-RateLimit-Remaining"] for one in said[:3]] == ["2", "1", "0"]
    assert said[3].json["error"]["code"] == "TOO_MANY_REQUESTS"
    assert 0 < int(said[3].headers["Retry-After"]) <= 60
    assert desk.asks("GET", ORDERS).status == 200  # of another key nothing was taken
    desk.floor.clock.pass_(60)
    assert desk.asks("GET", ORDERS, key=few).status == 200


def test_what_was_left_of_a_minute_is_gone_with_it(desk: Program) -> None:
    rates = Rates(desk.floor.store, desk.floor.clock)
    rates.take("somebody", 2 * LOTS)
    desk.floor.clock.pass_(60)
    taken = [rates.take("somebody", 2 * LOTS).left for _ in range(2 * LOTS + 1)]

    assert taken == list(range(2 * LOTS - 1, -2, -1))


def test_several_processes_share_the_requests_of_a_key(desk: Program) -> None:
    few = new_key(desk.floor, name="few", per_minute=10)
    processes = [Api(desk.floor.desk) for _ in range(4)]
    headers = {"authorization": f"Bearer {few}"}
    said = [
        processes[number % 4].answer(Asking("GET", ORDERS, "", headers)).status
        for number in range(20)
    ]

    assert said.count(200) == 10


def test_the_record_is_written_once_a_lot_and_not_once_a_request(desk: Program) -> None:
    rates = Rates(desk.floor.store, desk.floor.clock)
    for _ in range(100):
        assert rates.take("somebody", 200).left >= 0
    [taken] = desk.floor.store.documents("api rate", "somebody")

    assert taken.version == 100 // (200 // LOTS)


def test_who_has_no_key_is_not_answered_for_ever(desk: Program) -> None:
    said = [desk.asks("GET", ORDERS, key="").status for _ in range(61)]

    assert said[:60] == [401] * 60
    assert said[60] == 429
    assert desk.asks("GET", ORDERS).status == 200  # a good key from the same address is served


def test_a_body_beyond_64_kb_is_not_read(desk: Program) -> None:
    long = LIMIT_ORDER | {"note": "x" * LARGEST_BODY}

    assert code(desk.asks("POST", ORDERS, long)) == (413, "TOO_LARGE")
    assert code(desk.asks("POST", ORDERS, long, key="")) == (413, "TOO_LARGE")


# -- what is said of it --------------------------------------------------------------------------


def test_every_write_is_in_the_audit_by_its_key(desk: Program) -> None:
    order = desk.asks("POST", ORDERS, LIMIT_ORDER).json["order"]["orderId"]
    desk.floor.work()
    desk.asks("PATCH", f"{ORDERS}/{order}", {"new_params": {"qty": 4}})
    desk.asks("DELETE", f"{ORDERS}/{order}")
    desk.asks("POST", "/api/brokers/accounts", {"broker": "paper", "clientId": "more"})
    ticket = desk.asks("POST", TICKETS, LIMIT_ORDER | {"quantity": 3}).json["ticket"]["ticketId"]
    desk.asks("POST", f"{TICKETS}/{ticket}/confirm", {"version": 1})
    by = f'"by":"user {ANU} by key bot"'

    said = [one.body for chain in ("desk", "paper:main") for one in desk.floor.store.chain(chain)]
    ours = [one for one in said if by in one.replace(": ", ":")]
    assert len([one for one in ours if '"confirmed"' in one]) == 2
    for method in ("PATCH", "DELETE", "POST"):
        assert any(f"{method} /api/" in one for one in ours), method


def test_no_key_is_in_the_log_the_audit_or_an_answer(
    desk: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password = "correct-horse-battery-staple"
    desk.asks("POST", ORDERS, LIMIT_ORDER, once="a")
    said = desk.asks(
        "POST", "/api/brokers/accounts", {"broker": "nobody", "clientId": "x", "password": password}
    )
    wrong = desk.asks("POST", ORDERS, {**LIMIT_ORDER, "password": password})
    desk.floor.store.close()
    failed = desk.asks("GET", ORDERS)

    assert failed.status == 503
    record = b"".join(each.read_bytes() for each in desk.floor.folder.iterdir())
    for secret in (desk.key, desk.key.rpartition("_")[2], password):
        assert secret not in caplog.text
        assert secret not in f"{said.json} {wrong.json} {failed.json}"
        assert secret.encode() not in record


def test_no_other_site_is_let_in(desk: Program) -> None:
    desk.headers = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    said = desk.asks("GET", ORDERS)
    asked_first = desk.asks("OPTIONS", ORDERS)

    assert asked_first.status == 405
    for answer in (said, asked_first):
        assert not [name for name in answer.headers if name.casefold().startswith("access-control")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_fault_of_the_desk_is_one_sentence_without_its_innards(
    desk: Program, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Api(desk.floor.desk, routes=[_breaks()])
    said = broken.answer(Asking("GET", "/api/broken", headers={"x-api-key": desk.key}))

    assert said.status == 500
    assert b"DESK_FAULT" in said.content
    assert b"the innards" not in said.content
    assert "the innards" in caplog.text


def _breaks() -> Any:
    from dataclasses import replace

    def run(call: Any) -> Any:
        raise RuntimeError("the innards")

    return replace(ROUTES[-1], path="/api/broken", query=Nothing, run=run)
