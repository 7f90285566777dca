"""What a bracket does, step by step, against a broker that keeps a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from brackets.floor import D, Floor, floor
from tickets.desks import PROFILE

from tradegram.brackets.plan import Phase
from tradegram.brokers.contract import Replaceable
from tradegram.chat.asked import Level, Unit
from tradegram.model import OrderType, Product, ReportStatus, Side


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    made = floor(tmp_path)
    yield made
    made.store.close()


def test_the_target_works_at_the_broker_as_soon_as_the_entry_has_filled(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050")

    [target] = desk.exits()

    assert target.intent.side is Side.SELL
    assert target.intent.product is Product.INTRADAY
    assert (target.terms.quantity, target.terms.price) == (D(10), D(3050))


def test_the_stop_gives_the_working_target_its_price_and_never_sends_a_second_order(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.price("2899.90")

    desk.look(3)

    [one] = desk.exits()
    assert one.terms.price is not None
    assert one.terms.price < D("2899.90")
    assert desk.bracket().phase is Phase.EXITING
    desk.broker.fill(one)
    desk.look()
    assert desk.bracket().phase is Phase.ENDED
    assert desk.broker.net() == 0


def test_without_a_target_the_stop_sends_a_protected_market_order(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.look(3)
    assert desk.exits() == []

    desk.price("2890")
    desk.look()

    [one] = desk.exits()
    assert one.intent.order_type is OrderType.LIMIT
    assert one.intent.asked_type is OrderType.MARKET
    assert one.terms.quantity == 10
    assert one.terms.price is not None
    assert one.terms.price < 2890


def test_a_filled_target_ends_the_bracket(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.broker.fill(desk.exits()[0])

    desk.look()

    assert desk.bracket().phase is Phase.ENDED
    assert "the position is closed" in desk.told()[-1]


def test_a_partly_filled_target_and_then_the_stop_close_what_was_bought_and_no_more(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2900", target="3050")
    [one] = desk.exits()
    desk.broker.fill(one, "4")
    desk.look()
    desk.price("2880")
    desk.look(2)

    desk.broker.fill(one)
    desk.look(3)

    assert desk.exits() == [one]
    assert desk.broker.net() == 0
    assert desk.bracket().phase is Phase.ENDED


def test_protection_grows_with_the_fills_of_the_entry(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050", filled=False)
    entry = desk.broker.rows[0]
    desk.look(2)
    assert desk.exits() == []

    desk.broker.fill(entry, "3")
    desk.look(2)
    assert desk.most_closed() == 3
    desk.broker.fill(entry, "2")
    desk.look(2)
    assert desk.most_closed() == 3  # waits for more, so that many fills make few exits
    desk.broker.fill(entry)
    desk.look(2)

    assert desk.most_closed() == 10


def test_the_stop_cancels_what_is_left_of_the_entry(desk: Floor) -> None:
    desk.bought(10, stop="2900", filled=False)
    entry = desk.broker.rows[0]
    desk.broker.fill(entry, "4")
    desk.look()
    desk.price("2890")
    desk.look(2)

    assert entry.status is ReportStatus.CANCELLED
    assert desk.most_closed() == 4


def test_what_the_entry_fills_while_it_is_cancelled_is_closed_too(desk: Floor) -> None:
    desk.bought(10, stop="2900", filled=False)
    entry = desk.broker.rows[0]
    desk.broker.fill(entry, "4")
    desk.broker.keeps_cancels = True
    desk.look()
    desk.price("2890")
    desk.look(2)
    desk.broker.fill(entry, "6")
    desk.look(2)
    for row in desk.exits():
        desk.broker.fill(row)
    desk.look(2)

    assert desk.broker.net() == 0
    assert desk.bracket().phase is Phase.ENDED


def test_a_target_that_may_not_be_changed_is_cancelled_and_the_rest_leaves_after_that_is_proven(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2900", target="3050")
    [target] = desk.exits()
    desk.broker.refuses_changes = True
    desk.broker.keeps_cancels = True
    desk.price("2890")
    desk.look(100)
    assert desk.exits() == [target]  # it may still fill, so nothing else is sent

    desk.broker.fill(target, "4")  # the fill that crosses the cancel
    desk.broker.cancelled(target)
    desk.look(2)

    assert [row.terms.quantity for row in desk.exits()] == [D(10), D(6)]
    assert desk.most_closed() == 10


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(desk: Floor) -> None:
    desk.bought(10, trail=Level(D(20), Unit.POINTS))
    stops = []
    for last in ("2950", "2980", "2970", "3000", "2985"):
        desk.price(last)
        desk.look()
        stops.append(desk.bracket().stop)

    assert stops == [D(2930), D(2960), D(2960), D(2980), D(2980)]
    desk.price("2980")
    desk.look()
    assert [row.terms.quantity for row in desk.exits()] == [D(10)]


def test_a_short_position_trails_downwards(desk: Floor) -> None:
    desk.bought(10, side=Side.SELL, trail=Level(D(1), Unit.PERCENT))
    for last in ("2900", "2800", "2820"):
        desk.price(last)
        desk.look()

    assert desk.bracket().stop == D(2828)
    desk.price("2830")
    desk.look()
    [one] = desk.exits()
    assert one.intent.side is Side.BUY


def test_nothing_is_decided_by_a_stale_price_and_it_is_said_once(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.price("2800")
    desk.market.age = 31

    desk.look(5)

    assert desk.exits() == []
    assert len(desk.told()) == 1
    assert "not watched" in desk.told()[0]
    desk.market.age = 1
    desk.look()
    assert len(desk.exits()) == 1


def test_a_position_closed_elsewhere_ends_the_bracket_and_takes_its_target_back(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.broker.elsewhere = D(-10)

    desk.look(90)

    assert desk.bracket().phase is Phase.ENDED
    assert "closed elsewhere" in desk.told()[-1]
    assert desk.exits()[0].status is ReportStatus.CANCELLED


def test_a_position_made_smaller_elsewhere_gets_a_smaller_target(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.broker.elsewhere = D(-4)

    desk.look(90)

    assert desk.most_closed() == 6


def test_one_look_at_a_position_that_lags_behind_the_fills_ends_nothing(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.broker.elsewhere = D(-10)
    desk.look(35)
    desk.broker.elsewhere = D(0)

    desk.look(60)

    assert desk.bracket().phase is Phase.WATCHING
    assert desk.most_closed() == 10


def test_a_stop_never_closes_more_than_the_broker_shows_open(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.broker.elsewhere = D(-7)
    desk.price("2890")

    desk.look(3)

    assert desk.most_closed() == 3


def test_a_stop_nearer_than_the_trail_stays_where_it_is_until_the_trail_passes_it(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2940", trail=Level(D(20), Unit.POINTS))
    assert desk.bracket().stop == D(2940)

    desk.price("2965")
    desk.look()

    assert desk.bracket().stop == D(2945)


def test_where_no_price_can_be_changed_the_exit_is_placed_anew(tmp_path: Path) -> None:
    desk = floor(tmp_path, replace(PROFILE, replaceable=frozenset({Replaceable.LESS})))
    desk.bought(10, stop="2900", target="3050")
    desk.price("2899.90")

    for _ in range(8):
        desk.look()
        desk.clock.pass_(1.0)

    target, stop = desk.exits()
    assert (target.terms.price, target.status) == (D(3050), ReportStatus.CANCELLED)
    assert stop.terms.price is not None
    assert stop.terms.price < D("2899.90")
    desk.broker.fill(stop)
    desk.look()
    assert desk.bracket().phase is Phase.ENDED
    assert desk.broker.net() == 0
    desk.store.close()
