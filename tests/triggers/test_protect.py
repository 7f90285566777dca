"""A stop and a target that the broker keeps, and the desk's own exits: never more than is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from triggers.house import OWNER, D, House, house

from tradegram.brackets.start import Levels, active, protect_position
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.chat.exits import exit_asked
from tradegram.errors import UserError
from tradegram.model import Product, Side
from tradegram.orders.state import State
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.desk import open_ticket
from tradegram.triggers.asking import protecting, store_kept
from tradegram.triggers.kept import Phase, want_back


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house("zerodha", tmp_path) as made:
        made.bought(10)
        yield made


def test_the_first_that_is_reached_ends_the_other_and_closes_what_is_open(home: House) -> None:
    kept = home.protected("1450", "1550")
    assert kept.phase is Phase.ACTIVE
    assert [leg[0] for leg in kept.legs] == [1450, 1550]

    home.price("1552")
    home.look(3)
    home.price("1440")
    home.look(3)

    [order] = home.orders()
    assert (order.intent.side, order.state) == (Side.SELL, State.FILLED)
    assert order.cum_quantity == 10
    assert order.price == kept.legs[1][1]
    assert home.position().quantity == 0


def test_an_exit_says_that_it_must_be_taken_back_first(home: House) -> None:
    kept = home.protected("1450", "1550")
    with pytest.raises(UserError, match="Take it back first"):
        exit_asked(home.desk, home.position())

    want_back(home.desk, kept.key, by="user 7", why="you took it back")
    with pytest.raises(UserError, match="Take it back first"):
        exit_asked(home.desk, home.position())
    home.look(2)

    assert exit_asked(home.desk, home.position()).quantity == 10


def test_an_exit_that_was_asked_for_before_is_not_sent_after(home: House) -> None:
    asked = exit_asked(home.desk, home.position())
    ticket = open_ticket(home.desk, user_id=OWNER, asked=asked, source_text="test")
    home.protected("1450", "1550")

    with pytest.raises(UserError, match="nothing was sent"):
        stage_ticket(home.desk, replace(ticket, armed=True), "")


def test_a_bracket_closes_no_more_than_the_broker_leaves_it(home: House) -> None:
    home.protected("1450", "1550")
    bracket = protect_position(home.desk, OWNER, home.position(), Levels(target=D(1510)))
    home.price("1520")
    home.look(5)

    assert home.position().quantity == 10
    assert [one.key for one in active(home.store, home.account_id)] == [bracket.key]


def test_over_a_bracket_the_broker_is_given_nothing_to_close(home: House) -> None:
    protect_position(home.desk, OWNER, home.position(), Levels(stop=D(1400)))

    levels = Levels(stop=D(1450), target=D(1550))
    assert "a bracket of this desk" in str(protecting(home.desk, OWNER, home.position(), levels))


def test_a_second_one_for_the_same_units_is_not_stored(home: House) -> None:
    levels = Levels(stop=D(1450))
    first, second = (protecting(home.desk, OWNER, home.position(), levels) for _ in range(2))
    assert not isinstance(first, str)
    assert not isinstance(second, str)
    store_kept(home.desk, first)

    with pytest.raises(UserError, match="closed already"):
        store_kept(home.desk, second)


def test_it_is_taken_back_when_the_position_is_closed_elsewhere(home: House) -> None:
    kept = home.protected("1450", "1550")
    home.look(5)
    home.case.floor.take(
        home.case.instrument, Side.SELL, home.case.intent().order_type, D(4),
        price=D(1490), product="CNC", validity="DAY",
    )  # fmt: skip

    home.look(15)

    assert home.ledger() == ["deleted"]
    assert "less is open" in home.now(kept).ended
    assert len(home.told("WITHOUT it")) == 1


@pytest.mark.parametrize(
    ("levels", "product", "why"),
    [
        (Levels(stop=D(1450), trail=Level(D(10), Unit.POINTS)), Product.DELIVERY, "no trail"),
        (Levels(stop=D(1450)), Product.INTRADAY, "no MIS orders"),
    ],
)
def test_what_the_broker_does_not_keep_is_said(
    home: House, levels: Levels, product: Product, why: str
) -> None:
    position = replace(home.position(), product=product)

    assert why in str(protecting(home.desk, OWNER, position, levels))


def test_angel_one_keeps_one_price_at_a_time(tmp_path: Path) -> None:
    with house("angelone", tmp_path) as home:
        home.bought(10)
        both = protecting(home.desk, OWNER, home.position(), Levels(stop=D(1450), target=D(1550)))
        assert "one price at a time" in str(both)

        home.protected(stop="1450")
        home.price("1449")
        home.look(3)
        assert home.position().quantity == 0


def test_a_level_beyond_the_market_is_refused(home: House) -> None:
    with pytest.raises(UserError, match="would close the position at once"):
        protecting(home.desk, OWNER, home.position(), Levels(stop=D(1600)))


def test_a_second_buy_is_no_business_of_its(home: House) -> None:
    home.protected("1450", "1550")
    asked = Asked(
        home.case.instrument, Side.BUY, quantity=D(5), price=D(1400), product=Product.DELIVERY,
        account=home.account_id,
    )  # fmt: skip
    ticket = open_ticket(home.desk, user_id=OWNER, asked=asked, source_text="test")

    assert len(stage_ticket(home.desk, replace(ticket, armed=True), "").orders) == 1
