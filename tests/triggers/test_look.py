"""What becomes of an order that a broker keeps: taken up as ours, and told once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from triggers.house import D, House, house

from tradegram.brackets.start import brackets
from tradegram.brokers.triggers import Triggers
from tradegram.chat.asked import Level, Unit
from tradegram.history.external import externals
from tradegram.history.look import look_back
from tradegram.history.trade import day_of
from tradegram.model import Side
from tradegram.orders.state import State
from tradegram.triggers.kept import Phase


@pytest.fixture(params=["zerodha", "angelone"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with house(request.param, tmp_path) as made:
        yield made


def test_what_triggers_while_the_desk_is_off_is_ours_when_it_comes_back(home: House) -> None:
    kept = home.stored(stop_loss=Level(D(1), Unit.PERCENT))
    home.case.clock.pass_(600)
    home.price("1448")
    look_back(home.desk, home.account_id, now=True)

    home.look(2)

    [order], [entry] = home.orders(), home.entries()
    assert (order.broker_order_id, order.state) == (entry.order_id, State.FILLED)
    assert order.cum_quantity == 10
    assert home.now(kept).orders == (entry.order_id,)
    assert [one.entries for one in brackets(home.store, home.account_id)] == [(order.key,)]
    kinds = [one.kind for one in home.store.notices(100) if one.client_order_id == order.key]
    assert kinds == ["submitted", "filled"]
    look_back(home.desk, home.account_id, now=True)
    today = day_of(home.case.clock.now())
    assert externals(home.store, home.account_id, today) == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_may_die_while_it_takes_up_the_order(home: House, when: str) -> None:
    home.stored()
    home.price("1448")
    home.case.clock.pass_(5)

    home.dies(home.look, **{when: 1})
    home.look(2)

    assert [order.cum_quantity for order in home.orders()] == [10]


def test_one_that_was_removed_at_the_brokers_page_is_told_once(home: House) -> None:
    kept = home.stored()
    home.look(2)
    home.removed_by_hand()

    home.look(100, seconds=5.0)

    assert home.now(kept).phase is Phase.ENDED
    assert len(home.told("removed at the broker's own page")) == 1


def test_one_that_was_ended_at_the_broker_is_told_in_its_words(home: House) -> None:
    kept = home.stored()
    broker = home.case.broker()
    assert isinstance(broker, Triggers)
    broker.cancel_trigger(kept.trigger_id)

    home.look(3)

    assert home.now(kept).phase is Phase.ENDED
    assert len(home.told("says")) == 1


def test_a_list_with_a_row_nobody_can_read_ends_nothing(home: House) -> None:
    kept = home.stored()
    home.spoil_rows()

    home.look(100, seconds=5.0)

    assert home.now(kept).phase is Phase.ACTIVE
    assert any("not understood" in each for each in home.alerts)


def test_an_order_that_triggers_after_its_answer_was_lost_is_ours_too(home: House) -> None:
    with home.losing("lose"):
        home.stored()
    home.price("1448")

    home.look(3)

    assert [order.cum_quantity for order in home.orders()] == [10]


def test_a_sale_that_triggers_sells(home: House) -> None:
    home.bought()
    home.stored(when="1550", price="1549", side=Side.SELL)
    home.price("1551")
    home.look(3)

    assert home.position().quantity == 0
