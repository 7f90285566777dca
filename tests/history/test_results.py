"""Results over a period."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from executions import histories, trade
from hypothesis import given, settings
from hypothesis import strategies as st

from tradegram.history.costs import with_charges
from tradegram.history.fifo import ZERO
from tradegram.history.period import Period
from tradegram.history.results import drawdown, results
from tradegram.history.trade import Trade
from tradegram.model import Kind, Product

YEAR = Period(date(2026, 4, 1), date(2027, 3, 31))
EVER = Period(date(2020, 1, 1), date(2040, 1, 1))
AMOUNTS = st.lists(st.integers(-1000, 1000).map(Decimal), max_size=40)


@given(AMOUNTS)
def test_the_drawdown_is_the_worst_of_all_falls_from_an_earlier_height(
    reached: list[Decimal],
) -> None:
    whole = [ZERO, *reached]
    falls = [high - low for at, high in enumerate(whole) for low in whole[at:]]

    assert drawdown(reached) == max(falls)


@given(AMOUNTS, st.integers(1, 1000).map(Decimal))
def test_a_drawdown_never_shrinks_when_more_is_lost(reached: list[Decimal], loss: Decimal) -> None:
    worse = [*reached, (reached[-1] if reached else ZERO) - loss]

    assert drawdown(worse) >= drawdown(reached) >= 0


def test_who_only_gains_has_no_drawdown() -> None:
    assert drawdown([Decimal(1), Decimal(2), Decimal(9)]) == 0


@given(histories())
@settings(max_examples=60, deadline=None)
def test_parts_of_a_period_add_up_to_the_whole(trades: list[Trade]) -> None:
    middle = date(2026, 11, 20)
    parts = [Period(EVER.first, middle), Period(date(2026, 11, 21), EVER.last)]
    if not trades:
        return
    [whole] = results(trades, EVER)
    halves = [one for part in parts for one in results(trades, part)]

    assert sum((one.realised for one in halves), ZERO) == whole.realised
    assert sum((one.charges for one in halves), ZERO) == whole.charges
    assert sum(len(one.trades) for one in halves) == len(trades)


@given(histories())
@settings(max_examples=60, deadline=None)
def test_the_curve_ends_at_what_was_realised_less_charges(trades: list[Trade]) -> None:
    for one in results(trades, EVER):
        assert one.curve[-1][1] == one.net
        assert [at for at, _ in one.curve] == sorted({at for at, _ in one.curve})
        assert one.drawdown >= -one.net


def test_a_sale_out_of_two_lots_is_one_win() -> None:
    [one] = results(
        [trade("BUY", 5, 10), trade("BUY", 5, 12, on=1), trade("SELL", 10, 20, on=2)], YEAR
    )

    assert (one.closings, one.wins, one.win_rate, one.realised) == (1, 1, 1, 90)


def test_charges_decide_whether_a_sale_has_won() -> None:
    [one] = results([trade("BUY", 1, 10), trade("SELL", 1, 11, on=1, charges=Decimal(2))], YEAR)

    assert (one.realised, one.net, one.wins) == (1, -1, 0)


def test_results_of_the_period_use_lots_from_before_it() -> None:
    [one] = results([trade("BUY", 1, 10, on=date(2025, 1, 1)), trade("SELL", 1, 30, on=5)], YEAR)

    assert (one.realised, len(one.trades)) == (20, 1)


def test_every_currency_has_its_own_result() -> None:
    bought = trade("BUY", 1, 10, currency="USD", instrument="NASDAQ:AAPL")

    assert [one.currency for one in results([bought, trade("BUY", 1, 10)], YEAR)] == ["INR", "USD"]


def test_a_contract_that_expired_open_is_named_and_not_counted() -> None:
    lot = trade(
        "BUY", 65, 10, kind=Kind.CALL, product=Product.CARRY_FORWARD,
        instrument="NFO:NIFTY26APR24000CE", expiry=date(2026, 4, 28),
    )  # fmt: skip
    [one] = results([lot], YEAR)

    assert (one.realised, [part.trade for part in one.expired]) == (0, [lot])


def test_charges_nobody_told_are_estimated_once_per_order_and_shared() -> None:
    terms: dict[str, Any] = {
        "kind": Kind.CALL,
        "product": None,
        "instrument": "NFO:X",
        "charges": None,
    }
    whole = trade("BUY", 130, 100, broker_order_id="1", **terms)
    parts = [
        trade("BUY", 65, 100, minute=n, number=str(n), broker_order_id="2", **terms)
        for n in range(2)
    ]

    [alone] = with_charges([whole])
    shared = with_charges(parts)

    assert alone.charges is not None
    assert alone.charges > 20  # a flat brokerage of 20 rupees and the rest
    assert sum((one.charges or ZERO for one in shared), ZERO) == alone.charges
    assert results([whole], YEAR)[0].estimated == 1
