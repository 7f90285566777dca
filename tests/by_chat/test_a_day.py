"""A whole day by chat at every broker: in, a fill, a change, a cancel, out, and in again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from by_chat.people import Person, person
from conformance.table import cases

from tradegram.brokers.contract import Login
from tradegram.errors import UserError

CASES = cases()


@pytest.fixture(params=[name for name in CASES])
def anu(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Person]:
    with person(CASES[request.param](), tmp_path) as made:
        yield made


def test_a_day_by_chat(anu: Person) -> None:
    case, desk = anu.case, anu.desk
    title = case.profile.title

    # in
    anu.log_in()
    assert "session good" in desk.one("/status").text

    # an order that fills in two parts
    anu.order(f"buy {anu.terms(f'{case.below:f}')}")
    anu.work()
    [first] = anu.entries()
    assert (first.quantity, first.price) == (case.quantity, case.below)
    assert desk.store.orders(anu.account.account_id).orders[0].state == "WORKING"
    half = case.quantity / 2
    case.floor.fill(first, half, case.below)
    anu.look()
    assert any("partial" in text for text in anu.said())
    case.floor.fill(first, half, case.below)
    anu.look()
    assert any("filled" in text for text in anu.said())
    assert f"{case.instrument.symbol}" in desk.one("/pos").text

    # another, changed and cancelled
    another = case.below - case.instrument.tick_size
    anu.order(f"buy {anu.terms(f'{another:f}')}")
    anu.work()
    order = desk.store.orders(anu.account.account_id).orders[0]
    quantity, price = anu.change(order.key, another)
    live = [entry for entry in anu.entries() if entry.standing.is_live]
    assert [(entry.quantity, entry.price) for entry in live] == [(quantity, price)]
    desk.press(desk.one(f"/cancel {order.key}"), "Yes, cancel")
    anu.work()
    anu.look()
    assert not any(entry.standing.is_live for entry in anu.entries())
    assert len([one for one in anu.entries() if "replaces" not in one.more]) == 2

    # out, and in again
    anu.said()
    case.expire()
    anu.look()
    assert f"{title} ended the session of #live" in "".join(anu.said())
    assert "logged out" in desk.one("/status").text
    if case.profile.login is Login.KEYS:  # new ones must be linked
        with pytest.raises(UserError, match="#live does not get in"):
            anu.log_in()
        return
    anu.log_in()
    assert "session good" in desk.one("/status").text
