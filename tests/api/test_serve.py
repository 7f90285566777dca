from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, new_key, program

from tradegram.api.call import Scope


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def test_an_order_goes_from_the_request_to_the_broker(desk: Program) -> None:
    placed = desk.asks("POST", ORDERS, LIMIT_ORDER)
    desk.floor.work()
    [listed] = desk.asks("GET", ORDERS).json["orders"]

    assert placed.status == 201
    assert placed.json["order"]["status"] == "PENDING"
    assert listed["status"] == "OPEN"
    assert listed["orderId"] == placed.json["order"]["orderId"]
    assert listed["brokerOrderId"]


def test_without_a_good_key_nothing_is_told(desk: Program) -> None:
    said = desk.asks("GET", ORDERS, key="tg_" + "A" * 16 + "_" + "A" * 64)

    assert said.status == 401
    assert said.json["success"] is False
    assert said.json["error"]["code"] == "NOT_SIGNED_IN"


def test_a_key_does_what_it_may_and_no_more(desk: Program) -> None:
    reads = new_key(desk.floor, Scope.READ, name="reader")

    assert desk.asks("GET", ORDERS, key=reads).status == 200
    assert desk.asks("POST", ORDERS, LIMIT_ORDER, key=reads).status == 403
