"""What waits for a price, by API: listed whoever keeps it, and taken back as in chat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, allowing, new_key, program
from triggers.house import House, floor_of, house

from tradegram.api.serve import Api
from tradegram.brackets.gtt import end, waiting
from tradegram.brokers.registry import PAPER
from tradegram.model import Account, Mode

STORED = "/api/stored-orders"
SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path, PAPER, SPARE) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house("zerodha", tmp_path) as made:
        yield made


def stores(desk: Program, *prices: str) -> None:
    for at in prices:
        card = desk.floor.one(f"/gtt buy INFY 10 @ {at} sl 1300 when {at}")
        desk.floor.press(card, "Store")


def listed(desk: Program, **query: str) -> Any:
    return desk.asks("GET", STORED, query=query).json


def asks_of(home: House) -> Program:
    place = floor_of(home)
    place.desk = allowing(place)
    return Program(place, Api(place.desk), new_key(place, alone=True))


def test_what_this_desk_keeps_is_listed_page_by_page(desk: Program) -> None:
    stores(desk, "1400", "1390", "1380")
    desk.asks(
        "POST", ORDERS, LIMIT_ORDER | {"orderType": "MARKET", "stopLoss": 2500, "target": 3900}
    )
    desk.floor.work()

    first = listed(desk, limit="3")
    rest = listed(desk, limit="3", cursor=first["nextCursor"])
    found = {one["storedId"]: one for one in (*first["stored"], *rest["stored"])}
    orders = [one for one in found.values() if one["kind"] == "ORDER"]
    [bracket] = [one for one in found.values() if one["kind"] == "PROTECTION"]

    assert (len(found), "nextCursor" in rest) == (4, False)
    assert sorted(one["levels"][0]["at"] for one in orders) == [1380, 1390, 1400]
    assert {(one["keptBy"], one["state"], one["stopLoss"]) for one in orders} == {
        ("desk", "WAITING", 1300)
    }
    assert [(one["when"], one["at"]) for one in bracket["levels"]] == [
        ("FALLS", 2500), ("RISES", 3900),
    ]  # fmt: skip
    assert bracket["transactionType"] == "SELL"
    assert "3 stored for a price (/gtt)" in desk.floor.one("/status").text


def test_one_that_is_taken_back_waits_no_more_and_may_be_taken_back_again(desk: Program) -> None:
    stores(desk, "1400")
    [one] = listed(desk)["stored"]
    path = f"{STORED}/{one['storedId']}"

    said = [desk.asks("DELETE", path, once=once) for once in ("", "a", "a")]

    assert [(each.status, each.json["stored"]["state"]) for each in said] == [(200, "ENDED")] * 3
    assert listed(desk)["stored"] == []
    assert "by key bot" in desk.asks("GET", path).json["stored"]["why"]
    assert "stored for a price" not in desk.floor.one("/status").text


def test_one_that_was_sent_is_not_said_to_be_taken_back(desk: Program) -> None:
    stores(desk, "1400")
    [one] = waiting(desk.floor.desk, PAPER.account_id)
    end(desk.floor.desk, one, "sent")

    said = desk.asks("DELETE", f"{STORED}/{one.gtt_id}")
    assert (said.status, said.json["error"]["code"]) == (422, "CANNOT")


def test_what_protects_is_ended_by_a_key_that_sends_alone(desk: Program) -> None:
    stores(desk, "1400")
    desk.asks("POST", ORDERS, LIMIT_ORDER | {"orderType": "MARKET", "stopLoss": 2500})
    desk.floor.work()
    asking = new_key(desk.floor, name="asking")
    order, guard = sorted(listed(desk)["stored"], key=lambda one: one["kind"])

    assert desk.asks("DELETE", f"{STORED}/{guard['storedId']}", key=asking).status == 403
    assert desk.asks("DELETE", f"{STORED}/{order['storedId']}", key=asking).status == 200
    said = [desk.asks("DELETE", f"{STORED}/{guard['storedId']}") for _ in range(2)]
    assert [(each.status, each.json["stored"]["state"]) for each in said] == [(200, "ENDED")] * 2
    assert "without this stop" in said[0].json["message"]


def test_a_key_of_another_account_does_not_see_them(desk: Program) -> None:
    stores(desk, "1400")
    [one] = listed(desk)["stored"]
    narrow = new_key(desk.floor, name="narrow", accounts=(SPARE.account_id,))

    assert desk.asks("GET", STORED, key=narrow).json["stored"] == []
    for method, path in (("GET", ""), ("GET", f"/{one['storedId']}"),
                         ("DELETE", f"/{one['storedId']}")):  # fmt: skip
        query = {"account": "main"} if not path else {}
        assert desk.asks(method, f"{STORED}{path}", query=query, key=narrow).status == 404
    assert desk.asks("DELETE", f"{STORED}/{'A' * 16}").status == 404


def test_what_a_broker_keeps_is_gone_when_its_list_says_so(home: House) -> None:
    desk, kept = asks_of(home), home.stored()
    path = f"{STORED}/{kept.kept_id}"

    [one] = listed(desk, account=home.account_id)["stored"]
    said = desk.asks("DELETE", path)
    home.look(2)

    assert (one["keptBy"], one["state"], one["levels"]) == (
        "zerodha", "WAITING", [{"when": "FALLS", "at": 1450, "price": 1449}],
    )  # fmt: skip
    assert (said.status, said.json["stored"]["state"]) == (200, "ENDING")
    assert "can still trigger" in said.json["message"]
    assert home.ledger() == ["deleted"]
    assert desk.asks("DELETE", path).json["stored"]["state"] == "ENDED"


def test_one_of_unknown_fate_is_ended_by_a_look_and_never_by_asking_twice(home: House) -> None:
    desk = asks_of(home)
    with home.losing("cut"):
        kept = home.stored()
    path, looked = f"{STORED}/{kept.kept_id}", {"looked": "true"}

    twice = [desk.asks("DELETE", path) for _ in range(2)]
    early = desk.asks("DELETE", path, query=looked)
    home.case.clock.pass_(601)
    late = desk.asks("DELETE", path, query=looked)

    assert [(one.status, one.json["stored"]["state"]) for one in twice] == [(200, "UNKNOWN")] * 2
    assert (early.status, early.json["error"]["code"]) == (422, "CANNOT")
    assert (late.status, late.json["stored"]["state"]) == (200, "ENDED")
