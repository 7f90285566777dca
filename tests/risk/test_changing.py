"""An order whose terms change is asked about like a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tickets.desks import MESSAGE, OWNER, Scene, asked, position, scene

from tradegram.errors import UserError
from tradegram.model import Product, Side, Terms
from tradegram.orders.state import Order, State
from tradegram.ports import commit_order
from tradegram.risk.changing import check_change
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.desk import open_ticket

D = Decimal


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Scene]:
    made = scene(tmp_path)
    made.broker.runs[:] = [position("10", Product.INTRADAY)]
    yield made
    made.store.close()


def sold(play: Scene, quantity: int, *, closes: bool) -> Order:
    """A working limit order; an exit of the ten that are open, or a sale by itself."""
    wanted = asked(
        side=Side.SELL, quantity=D(quantity), price=D(3000), product=Product.INTRADAY,
        closes=closes,
    )  # fmt: skip
    ticket = open_ticket(play.desk, user_id=OWNER, asked=wanted, source_text="")
    [order] = stage_ticket(play.desk, replace(ticket, armed=True), MESSAGE).orders
    works = replace(order, state=State.WORKING, broker_order_id="B1")
    return commit_order(play.store, works, {"event": "working"}, before=order)


def grown(play: Scene, order: Order, quantity: int) -> None:
    check_change(play.desk, order, Terms(D(quantity), order.price), OWNER)


def test_an_exit_grows_to_what_is_open_and_no_further(play: Scene) -> None:
    order = sold(play, 4, closes=True)
    grown(play, order, 10)

    with pytest.raises(UserError, match="this exit can be of 10 at most"):
        grown(play, order, 11)


def test_what_other_exits_close_is_not_closed_again(play: Scene) -> None:
    order = sold(play, 4, closes=True)
    sold(play, 3, closes=True)
    grown(play, order, 7)

    with pytest.raises(UserError, match="this exit can be of 7 at most"):
        grown(play, order, 8)


def test_what_an_exit_has_filled_already_counts_as_its_own(play: Scene) -> None:
    order = sold(play, 4, closes=True)
    order = commit_order(play.store, replace(order, cum_quantity=D(3)), {"event": "partial"})
    play.broker.runs[:] = [position("7", Product.INTRADAY)]
    grown(play, order, 10)

    with pytest.raises(UserError, match="this exit can be of 10 at most"):
        grown(play, order, 11)


def test_what_closes_nothing_may_grow(play: Scene) -> None:
    grown(play, sold(play, 4, closes=False), 40)


def test_an_exit_that_may_have_grown_already_leaves_less_to_the_next(play: Scene) -> None:
    order = sold(play, 4, closes=True)
    wished = replace(order, replace_wanted=Terms(D(9), order.price))
    commit_order(play.store, wished, {"event": "replace wanted"})

    with pytest.raises(UserError, match="1 of RELIANCE are left to close, not 6"):
        sold(play, 6, closes=True)
    sold(play, 1, closes=True)
