"""The cost page says what was measured, and what was measured still holds."""

from __future__ import annotations

import json
from types import ModuleType

import pytest
from scripts import script


@pytest.fixture(scope="module")
def cost() -> ModuleType:
    return script("bench/cost.py")


def test_the_page_is_what_the_script_writes(cost: ModuleType) -> None:
    assert cost.PAGE.read_text() == cost.page()  # else: python -m bench.cost --write


def test_an_order_asks_no_more_of_aws_than_the_page_says(cost: ModuleType) -> None:
    assert cost.main(["--measured"]) == 0


def test_a_step_that_asks_for_more_is_seen(cost: ModuleType) -> None:
    before = cost.known()
    more = cost.known()
    more["send"].calls = {**more["send"].calls, "GetItem": 40}

    assert cost.compared(before, more) == 1
    assert cost.compared(before, before) == 0


def test_units_are_counted_as_dynamodb_counts_them(cost: ModuleType) -> None:
    small = {"pk": {"S": "a"}}
    large = {"pk": {"S": "b" * 3000}, "gsi1pk": {"S": "x"}}
    body = {"TransactItems": [{"Put": {"Item": small}}, {"Put": {"Item": large}}]}

    assert cost.write_units("TransactWriteItems", json.dumps(body).encode()) == 2 + 2 * 3 + 1
    assert cost.write_units("GetItem", b"{}") == 0
    assert cost.read_units("GetItem", b"{}", 2) == 1
    assert cost.read_units("Query", b"{}", 9000) == 3
    keys = {"RequestItems": {"table": {"Keys": [1, 2, 3]}}}
    assert cost.read_units("BatchGetItem", json.dumps(keys).encode(), 100) == 3


def test_what_is_always_there_is_priced_without_orders(cost: ModuleType) -> None:
    prices = cost.tomllib.loads(cost.PRICES.read_text())
    fixed = cost.monthly(prices, cost.known())

    assert fixed["key"] == prices["month"]["key"]
    assert fixed["looking each minute"] > 43_200 * prices["each"]["request_of_function"]
