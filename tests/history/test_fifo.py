"""Lots, first in, first out."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from executions import histories, trade
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegram.history.fifo import ZERO, is_delivered, match
from tradegram.history.trade import Trade
from tradegram.model import Kind, Product, Side


@given(histories())
@settings(max_examples=150, deadline=None)
def test_what_is_realised_is_the_cash_that_came_in_and_the_cost_of_what_is_left(
    trades: list[Trade],
) -> None:
    done = match(trades)

    cash = sum((one.cash for one in trades), ZERO)
    left = sum((lot.value if lot.trade.side is Side.BUY else -lot.value for lot in done.open), ZERO)
    uncovered = sum((part.value for part in done.uncovered), ZERO)
    assert sum((one.realised for one in done.closed), ZERO) == cash + left - uncovered


@given(histories())
@settings(max_examples=100, deadline=None)
def test_every_unit_of_every_trade_is_closed_open_or_uncovered_once(trades: list[Trade]) -> None:
    done = match(trades)

    seen: dict[str, Decimal] = {}
    parts = [part for one in done.closed for part in (one.opened, one.closed)]
    for part in (*parts, *done.open, *done.uncovered):
        assert part.quantity > 0
        seen[part.trade.key] = seen.get(part.trade.key, ZERO) + part.quantity
    assert seen == {one.key: one.quantity for one in trades}


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_trades_are_read_changes_nothing(
    trades: list[Trade], shuffle: random.Random
) -> None:
    mixed = list(trades)
    shuffle.shuffle(mixed)

    assert match(mixed).closed == match(trades).closed


@given(histories())
@settings(max_examples=60, deadline=None)
def test_lots_leave_in_the_order_they_came(trades: list[Trade]) -> None:
    done = match(trades)

    for one in done.closed:
        if one.in_one_day or not is_delivered(one.sold.trade):
            continue
        key, product = one.sold.trade.instrument, one.sold.trade.product
        for lot in done.open:
            if (lot.trade.instrument, lot.trade.product) == (key, product):
                assert lot.trade.day >= one.bought.trade.day
        assert one.bought.trade.day < one.sold.trade.day


def test_a_sale_takes_the_oldest_lots_first() -> None:
    done = match(
        [trade("BUY", 10, 100, on=0), trade("BUY", 10, 200, on=1), trade("SELL", 15, 300, on=2)]
    )

    assert [(one.quantity, one.bought.trade.price) for one in done.closed] == [(10, 100), (5, 200)]
    assert [(lot.quantity, lot.trade.price) for lot in done.open] == [(5, 200)]


def test_shares_bought_and_sold_on_one_day_net_out_before_older_lots_are_touched() -> None:
    done = match(
        [
            trade("BUY", 10, 100, on=0),
            trade("SELL", 10, 300, on=5, minute=1),
            trade("BUY", 10, 250, on=5, minute=9),
        ]
    )

    [one] = done.closed
    assert (one.in_one_day, one.realised) == (True, 500)
    assert [lot.trade.price for lot in done.open] == [100]


def test_a_sale_without_a_purchase_on_record_is_set_apart_and_closes_nothing_later() -> None:
    done = match([trade("SELL", 10, 300, on=0), trade("BUY", 10, 100, on=1)])

    assert done.closed == []
    assert [part.quantity for part in done.uncovered] == [10]
    assert [lot.quantity for lot in done.open] == [10]


def test_a_future_may_be_sold_first_and_bought_back_days_later() -> None:
    terms: dict[str, Any] = {
        "kind": Kind.FUTURE,
        "product": Product.CARRY_FORWARD,
        "instrument": "NFO:X",
    }
    done = match([trade("SELL", 65, 300, on=0, **terms), trade("BUY", 65, 280, on=9, **terms)])

    [one] = done.closed
    assert one.realised == 65 * 20
    assert str(one.day) == "2026-04-10"


def test_what_is_held_under_one_product_is_not_sold_under_another() -> None:
    done = match(
        [trade("BUY", 10, 100), trade("SELL", 10, 110, minute=1, product=Product.INTRADAY)]
    )

    assert done.closed == []
    assert len(done.open) == 2


def test_the_contract_size_multiplies_the_result() -> None:
    terms: dict[str, Any] = {
        "kind": Kind.FUTURE, "product": None, "instrument": "MCX:GOLD", "multiplier": Decimal(100),
    }  # fmt: skip
    [one] = match([trade("BUY", 1, 50, **terms), trade("SELL", 1, 51, minute=2, **terms)]).closed

    assert one.realised == 100
