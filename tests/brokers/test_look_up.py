"""Orders at a broker whose book lists only what works: the rest is asked for by our name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from brokers.sim_desk import OneAccount, SimDesk, sim_desk
from conformance.cases.binance import BinanceCase

from tradegram.brokers.contract import Broker
from tradegram.brokers.listings import KnownListings
from tradegram.brokers.lookup import LooksUp
from tradegram.errors import OutcomeUnknown
from tradegram.orders.reconcile import DOUBT, PATIENCE, reconcile
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.wire import Faults, said


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SimDesk]:
    with sim_desk(BinanceCase(), tmp_path) as made:
        yield made


@dataclass
class OneBroker(OneAccount):
    """As in a process: the broker's object lives from one look to the next."""

    def __post_init__(self) -> None:
        self._made = self.case.broker()

    def broker(self, account_id: str) -> Broker:
        return self._made


def sent(desk: SimDesk) -> tuple[Order, Entry]:
    order = send_order(desk, desk.stage())
    [entry] = desk.case.floor.referring(order.intent.wire_id)
    return order, entry


def test_what_filled_between_two_looks_is_found(desk: SimDesk) -> None:
    order, entry = sent(desk)
    desk.case.floor.fill(entry, entry.quantity, desk.case.below)

    reconcile(desk, desk.account_id)

    found = desk.order(order)
    assert (found.state, found.average_price) == (State.FILLED, desk.case.below)


@pytest.mark.parametrize("standing", [Standing.CANCELLED, Standing.EXPIRED, Standing.REJECTED])
def test_what_ended_elsewhere_is_found_with_what_it_filled(
    desk: SimDesk, standing: Standing
) -> None:
    order, entry = sent(desk)
    desk.case.floor.fill(entry, entry.quantity / 4, desk.case.below)
    desk.case.floor.end(entry, standing)

    reconcile(desk, desk.account_id)

    found = desk.order(order)
    assert (found.state, found.cum_quantity) == (State[standing.name], entry.quantity / 4)


def test_a_lost_answer_is_found_though_it_filled_at_once(desk: SimDesk) -> None:
    desk.case.floor.prices[desk.case.instrument.key] = desk.case.below
    desk.case.lose()
    order = send_order(desk, desk.stage())
    assert order.state is State.UNKNOWN

    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.FILLED


def test_what_never_arrived_is_void_after_two_looks_long_after(desk: SimDesk) -> None:
    desk.case.cut()
    order = send_order(desk, desk.stage())
    desk.clock.pass_(PATIENCE + 1)
    for _ in range(3):
        reconcile(desk, desk.account_id)
    assert desk.order(order).state is State.UNKNOWN  # it may still be on its way

    desk.clock.pass_(200)
    reconcile(desk, desk.account_id)
    assert desk.order(order).state is State.UNKNOWN
    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.VOID
    assert desk.case.floor.entries == {}


def test_a_look_up_that_is_refused_otherwise_proves_no_absence(desk: SimDesk) -> None:
    desk.case.cut()
    order = send_order(desk, desk.stage())
    desk.clock.pass_(300)
    for _ in range(4):
        desk.case.wire.faults = Faults(reads=True)
        empty, no = said([]), said({"code": -1121, "msg": "Invalid symbol."}, 400)
        desk.case.wire.instead[:] = [empty, no]
        reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.UNKNOWN
    assert any("Invalid symbol" in each for each in desk.pager.alerts)


def test_a_refused_order_that_comes_alive_is_found_for_a_while(desk: SimDesk) -> None:
    desk.case.wire.instead.append(said({"code": -2010, "msg": "Something else."}, 400))
    order = send_order(desk, desk.stage())
    assert order.state is State.REFUSED
    asked = desk.case.asked()
    reconcile(desk, desk.account_id)
    assert desk.case.asked() == asked + 2  # the book, and the order

    intent = order.intent
    desk.case.floor.take(
        intent.instrument, intent.side, intent.order_type, intent.quantity, price=intent.price,
        reference=intent.wire_id, validity="GTC",
    )  # fmt: skip
    [entry] = desk.case.floor.entries.values()
    desk.case.floor.fill(entry, entry.quantity, desk.case.below)
    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.FILLED
    assert any("was refused in our record" in each for each in desk.pager.alerts)


def test_a_refused_order_is_not_looked_up_for_ever(desk: SimDesk) -> None:
    desk.case.wire.instead.append(said({"code": -2010, "msg": "Something else."}, 400))
    send_order(desk, desk.stage())
    desk.clock.pass_(DOUBT + 300)
    asked = desk.case.asked()

    reconcile(desk, desk.account_id)

    assert desk.case.asked() == asked + 1


def test_a_second_order_by_the_same_name_is_never_sent_again(desk: SimDesk) -> None:
    """The id is taken again once the first has ended: so an unknown outcome is only looked up."""
    order, entry = sent(desk)
    with pytest.raises(OutcomeUnknown):
        desk.case.place(order.intent)
    desk.case.floor.fill(entry, entry.quantity, desk.case.below)
    for _ in range(3):
        reconcile(desk, desk.account_id)

    assert len(desk.case.floor.entries) == 1


def test_many_orders_are_looked_up_a_few_at_a_time(desk: SimDesk) -> None:
    intents = [desk.case.intent() for _ in range(45)]
    for intent in intents:
        desk.case.floor.take(
            intent.instrument, intent.side, intent.order_type, intent.quantity,
            price=intent.price, reference=intent.wire_id, validity="GTC",
        )  # fmt: skip

    broker = desk.case.broker()
    assert isinstance(broker, LooksUp)
    looks = [broker.look_up(intents) for _ in range(3)]

    names = [one.wire_id for one in intents]
    found = [{row.client_order_id for row in book.reports} for book in looks]
    assert found == [set(names[:20]), set(names[20:40]), {*names[40:], *names[:15]}]
    assert [list(book.unasked) for book in looks[:2]] == [names[20:], [*names[40:], *names[:20]]]


def test_what_was_not_asked_about_is_not_written_off_and_its_turn_comes(desk: SimDesk) -> None:
    desk.brokers = OneBroker(desk.case)
    orders = []
    for _ in range(45):
        desk.case.cut()
        orders.append(send_order(desk, desk.stage()))
    assert {order.state for order in orders} == {State.UNKNOWN}
    desk.clock.pass_(300)
    states = []
    for _ in range(5):
        reconcile(desk, desk.account_id)
        states.append([desk.order(order).state for order in orders].count(State.VOID))

    # Void are those of which two looks each said that they are not there, and no others.
    assert states == [0, 0, 15, 35, 45]


def test_what_is_listed_no_more_can_still_be_looked_up_and_cancelled(desk: SimDesk) -> None:
    order, entry = sent(desk)
    desk.case.adapter = type(desk.case).adapter_class(KnownListings("binance", []))
    reconcile(desk, desk.account_id)
    desk.case.floor.fill(entry, entry.quantity / 2, desk.case.below)

    desk.case.broker().cancel(order.intent, desk.order(order).broker_order_id)
    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.CANCELLED
