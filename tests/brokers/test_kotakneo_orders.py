"""Orders at Kotak Neo, whose book keeps no name of ours: found by their terms and time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from brokers.sim_desk import SimDesk, sim_desk
from conformance.cases.kotakneo import KotakNeoCase

from tradegram.orders.decide import decide, rows_of_doubt
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import Held, send_order
from tradegram.orders.state import Order, State


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SimDesk]:
    with sim_desk(KotakNeoCase(), tmp_path) as made:
        yield made


def lost(desk: SimDesk) -> Order:
    """Sent and taken; its answer never came."""
    intent = desk.case.intent(price=desk.case.below)
    desk.case.lose()
    order = send_order(desk, desk.stage(intent))
    assert order.state is State.UNKNOWN
    return order


def by_hand(desk: SimDesk) -> None:
    desk.case.place(desk.case.intent(price=desk.case.below))


def test_an_order_whose_answer_was_lost_is_found_and_followed(desk: SimDesk) -> None:
    order = lost(desk)
    [entry] = desk.case.floor.entries.values()

    reconcile(desk, desk.account_id)
    found = desk.order(order)
    assert (found.state, found.by_terms) == (State.WORKING, True)

    desk.case.floor.fill(entry, entry.quantity, desk.case.below)
    reconcile(desk, desk.account_id)
    assert desk.order(order).state is State.FILLED


def test_the_next_of_the_same_terms_waits_for_it_and_others_do_not(desk: SimDesk) -> None:
    lost(desk)
    alike = desk.stage(desk.case.intent(price=desk.case.below))
    other = desk.stage(desk.case.intent())

    with pytest.raises(Held):
        send_order(desk, desk.store.order(alike.key))
    assert send_order(desk, desk.store.order(other.key)).state is State.SUBMITTED
    reconcile(desk, desk.account_id)

    assert send_order(desk, desk.store.order(alike.key)).state is State.SUBMITTED


def test_beside_one_by_hand_its_holder_decides(desk: SimDesk) -> None:
    order = lost(desk)
    by_hand(desk)
    reconcile(desk, desk.account_id)
    assert desk.order(order).state is State.UNKNOWN
    assert "/decide" in desk.pager.alerts[-1]

    rows = rows_of_doubt(desk, desk.order(order))
    assert len(rows) == 2
    decide(desk, desk.order(order), rows[0].broker_order_id, user_id=7)

    assert desk.order(order).state is State.WORKING
