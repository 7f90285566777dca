"""Limits by API: a program makes them stricter, and is told where they are made less strict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, new_key, program
from chat.trading_floor import ANU

from tradegram.brokers.registry import PAPER
from tradegram.model import Account, Mode
from tradegram.risk.limits import own_limits
from tradegram.risk.stepup import set_up_pin

SPARE = Account("paper:spare", "paper", "spare", Mode.PAPER)
MINE, MAINS = f"user:{ANU}", "account:paper:main"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path, PAPER, SPARE) as made:
        yield made


def put(desk: Program, limit: str, **body: Any) -> tuple[int, str]:
    said = desk.asks("PUT", f"/api/limits/{limit}", body)
    words = said.json["message"] if said.status == 200 else said.json["error"]["code"]
    return said.status, words


def test_a_stricter_limit_counts_at_once_and_is_in_the_audit_by_its_key(desk: Program) -> None:
    status, words = put(desk, "order_value", value="20,000")

    assert (status, "₹20,000" in words) == (200, True)
    denied = desk.asks("POST", ORDERS, LIMIT_ORDER).json["error"]
    assert denied["code"] == "RISK_DENIED"
    told = [each.body for each in desk.floor.store.chain("desk") if '"event":"limit"' in each.body]
    assert len(told) == 1
    assert "by key bot" in told[0]


def test_an_accounts_limit_is_everybodys_and_shown_beside_ones_own(desk: Program) -> None:
    put(desk, "trades_per_day", value="20", account="main")
    put(desk, "trades_per_day", value="30")

    found = desk.asks("GET", "/api/limits", query={"account": "main"}).json["limits"]
    [one] = [each for each in found if each["name"] == "trades_per_day"]

    assert (one["value"], one["yours"], one["accounts"]) == ("20", "30", "20")
    assert own_limits(desk.floor.store, MAINS)["trades_per_day"] == 20


def test_of_the_days_orders_each_limit_shows_what_it_counts(desk: Program) -> None:
    for account in ("main", "spare"):
        put(desk, "trades_per_day", value="20", account=account)
    put(desk, "trades_per_day", value="30")
    place = "/api/brokers/accounts/{}/orders"
    desk.asks("POST", place.format("main"), LIMIT_ORDER)
    desk.asks("POST", place.format("spare"), LIMIT_ORDER)
    desk.asks("POST", place.format("spare"), LIMIT_ORDER | {"quantity": 3})

    for account, orders in (("main", 1), ("spare", 2)):
        found = desk.asks("GET", "/api/limits", query={"account": account}).json["limits"]
        [one] = [each["today"] for each in found if each["name"] == "trades_per_day"]
        assert one == f"3 of 30 yours on all accounts, {orders} of 20 on #{account} by anybody"


@pytest.mark.parametrize("value", ["900000", "default"])
def test_a_key_makes_no_limit_less_strict_whatever_it_shows(desk: Program, value: str) -> None:
    set_up_pin(desk.floor.desk, ANU, "482915")
    put(desk, "order_value", value="20000")

    for body in ({}, {"code": "482915"}):
        said = desk.asks("PUT", "/api/limits/order_value", {"value": value, **body})
        assert (said.status, said.json["error"]["code"]) == (403, "NEEDS_PROOF")
        assert f"/risk order_value {value}" in said.json["error"]["hint"]
    assert own_limits(desk.floor.store, MINE)["order_value"] == 20_000
    [record] = desk.floor.store.documents("stepup")
    assert record.body["wrong"] == 0  # a key cannot even lock its holder out


def test_what_is_no_limit_or_no_value_is_refused(desk: Program) -> None:
    assert put(desk, "luck", value="1") == (404, "NOT_FOUND")
    assert put(desk, "order_value", value="much") == (422, "CANNOT")
    assert put(desk, "order_value", value="1", account="nobody") == (404, "NOT_FOUND")
    assert desk.floor.store.documents("limits") == []


def test_a_key_of_one_account_sets_limits_of_that_account_only(desk: Program) -> None:
    desk.key = new_key(desk.floor, name="narrow", accounts=(SPARE.account_id,))

    assert put(desk, "order_value", value="5000") == (403, "NOT_ALLOWED")
    assert put(desk, "order_value", value="5000", account="main") == (404, "NOT_FOUND")
    assert put(desk, "order_value", value="5000", account="spare")[0] == 200
    assert [each.key for each in desk.floor.store.documents("limits")] == ["account:paper:spare"]
