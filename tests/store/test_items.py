from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import STAGED, TICKET

from tradegram.audit import Link
from tradegram.orders.state import Order
from tradegram.ports import Document, Notice
from tradegram.store.items import dump, load_document, load_order, load_ticket
from tradegram.tickets.ticket import Ticket


class Rank(IntEnum):
    FIRST = 1


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals()
bodies = st.dictionaries(st.text(), st.recursive(leaves, lambda inner: st.lists(inner)))
documents = st.builds(Document, st.text(), st.text(), bodies, expires_at=st.none() | st.floats())
records = st.one_of(st.from_type(Order), st.from_type(Ticket), st.from_type(Notice), documents)


def by_the_standard_encoder(record: object) -> str:
    def plain(value: Any) -> Any:
        if is_dataclass(value):
            return {field.name: getattr(value, field.name) for field in fields(value)}
        if isinstance(value, Enum):
            return value.value
        return value.isoformat() if isinstance(value, date) else str(value)

    return json.dumps(record, default=plain, separators=(",", ":"))


@settings(max_examples=30, deadline=None)
@given(records)
def test_a_record_is_written_as_the_standard_encoder_writes_it(record: Any) -> None:
    assert dump(record) == by_the_standard_encoder(record)


def test_a_value_is_written_for_what_it_is_and_not_for_what_its_field_says() -> None:
    lax: Any = {"send_by": 1120, "attempt": True, "text": Rank.FIRST, "cum_quantity": 7}
    order = replace(STAGED, **lax, terms=None, owner='₹\x00"\\', sent_at=float("inf"))

    assert dump(order) == by_the_standard_encoder(order)


@settings(max_examples=20, deadline=None)
@given(st.from_type(Order).filter(lambda order: order == order and order.text.isprintable()))
def test_an_order_is_read_as_it_was_written(order: Order) -> None:
    assert dump(load_order(dump(order))) == dump(order)


def test_a_record_of_another_version_is_read_with_its_defaults() -> None:
    newer = {**json.loads(dump(STAGED)), "mood": "a field of tomorrow"}
    older = {name: value for name, value in json.loads(dump(TICKET)).items() if name != "shares"}

    assert load_order(json.dumps(newer)) == STAGED
    assert load_ticket(json.dumps(older)) == TICKET


def test_a_document_is_read_whatever_its_size() -> None:
    small, large = (Document("note", "k", {"text": "x" * size}) for size in (10, 1000))

    assert [load_document(dump(one)) for one in (small, large)] == [small, large]


def test_what_no_record_may_hold_is_not_written() -> None:
    with pytest.raises(TypeError, match="cannot store a object"):
        dump(Document("note", "k", {"thing": object()}))


def test_money_in_a_body_and_a_dataclass_in_a_list_are_written_too() -> None:
    link = Link(1, "p", "b", "d")
    body = {"money": Decimal("1.50"), "day": date(2026, 11, 22), "links": [link]}

    assert json.loads(dump(Document("note", "k", body)))["body"] == {
        "money": "1.50",
        "day": "2026-11-22",
        "links": [{"sequence": 1, "previous": "p", "body": "b", "digest": "d"}],
    }
