"""What becomes of an order that a broker keeps: taken up as ours, and told once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from triggers.house import D, House, house

from tradegram.brackets.start import brackets
from tradegram.chat.asked import Level, Unit
from tradegram.history.external import externals
from tradegram.history.look import look_back
from tradegram.history.trade import day_of
from tradegram.model import Side
from tradegram.orders.state import State
from tradegram.sims.zerodha import ZerodhaSim
from tradegram.triggers.kept import Phase
from tradegram.triggers.send import triggers_of


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
    triggers_of(home.case.broker()).cancel_trigger(kept.trigger_id)

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


@pytest.fixture
def kite(tmp_path: Path) -> Iterator[House]:
    with house("zerodha", tmp_path) as made:
        yield made


@pytest.fixture
def angel(tmp_path: Path) -> Iterator[House]:
    with house("angelone", tmp_path) as made:
        yield made


def test_an_order_that_the_broker_refused_when_it_triggered_is_told_once(kite: House) -> None:
    kite.stored()
    kite.case.floor.cash = D(100)
    kite.price("1448")

    kite.look(5)

    assert kite.orders() == []
    assert len(kite.told("refused its order: Insufficient funds. Nothing was traded")) == 1


def test_a_trigger_whose_order_nobody_names_is_told_and_waited_for_no_more(kite: House) -> None:
    kept = kite.stored()
    sim = kite.case.sim
    assert isinstance(sim, ZerodhaSim)
    sim.gtts[1].status = "triggered"

    kite.look(3)
    assert kite.now(kept).phase is Phase.ACTIVE
    kite.look(30)

    assert kite.now(kept).phase is Phase.ENDED
    assert len(kite.told("its order is not listed")) == 1


def test_what_is_changed_at_the_brokers_page_is_changed_here(kite: House) -> None:
    kept = kite.stored()
    sim = kite.case.sim
    assert isinstance(sim, ZerodhaSim)
    sim.gtts[1].orders[0]["quantity"] = 7
    kite.look(2)
    kite.price("1448")
    kite.look(3)

    assert kite.now(kept).draft.quantity == 7
    assert len(kite.told("changed at the broker's own page")) == 1
    assert [order.cum_quantity for order in kite.orders()] == [7]


def test_of_two_rows_that_can_be_its_order_none_is_taken_for_it(angel: House) -> None:
    kept = angel.stored()
    angel.price("1448")
    angel.case.floor.take(
        angel.case.instrument, Side.BUY, angel.case.intent().order_type, D(10),
        price=D(1449), product="DELIVERY", validity="DAY", more={"variety": "NORMAL"},
    )  # fmt: skip

    angel.look(3)

    assert (angel.orders(), angel.now(kept).phase) == ([], Phase.ENDED)
    assert len(angel.told("its order may be any of")) == 1


def test_the_like_of_one_that_was_found_by_its_terms_is_told(kite: House) -> None:
    with kite.losing("lose"):
        kept = kite.stored()
    kite.look(2)
    triggers_of(kite.case.broker()).place_trigger(kept.asked, not_after=float("inf"))

    kite.look(3)

    assert len(kite.told("and the broker's list has its like: 2.")) == 1


def test_one_that_was_written_off_and_turns_up_is_told_and_not_taken(kite: House) -> None:
    with kite.losing("refuse"):
        kept = kite.stored()
    triggers_of(kite.case.broker()).place_trigger(kept.asked, not_after=float("inf"))

    kite.look(3)

    assert kite.now(kept).phase is Phase.ENDED
    assert len(kite.told("and has its like: 1.")) == 1
