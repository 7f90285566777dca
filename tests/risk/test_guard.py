"""Each limit answers with a denial, a caution or nothing, and says which limit it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tickets.desks import BITCOIN, CALL, RELIANCE

from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce
from tradegram.ports import Limits
from tradegram.risk.guard import Checked, Exposure, check
from tradegram.tickets.ticket import Draft

D = Decimal
LIMITS = Limits()


def exposure(
    instrument: Instrument = RELIANCE,
    side: Side = Side.BUY,
    *,
    draft: dict[str, Any] | None = None,
    **changes: Any,
) -> Exposure:
    """A quiet order: 10 units at a market of 100, 1,000 to block of 10,000."""
    made = Draft(
        instrument, side, D(10), OrderType.LIMIT, Product.DELIVERY, TimeInForce.DAY, price=D(100)
    )
    quiet = Exposure(
        draft=replace(made, **(draft or {})),
        last=D(100),
        entry=D(100),
        value=D(1000),
        charges=D(1),
        margin=D(1000),
        available=D(10_000),
        held=None,
        quote_age=1.0,
        is_open=True,
        opens_at=None,
    )
    return replace(quiet, **changes)


def denied(checked: Checked) -> str:
    [denial] = checked.denials
    return denial.text


def cautions(checked: Checked) -> list[str]:
    assert not checked.denials
    return [each.text for each in checked.cautions]


def test_a_quiet_order_passes_every_check() -> None:
    checked = check(exposure(), LIMITS)

    assert checked.lines == ("✅ size", "✅ margin", "✅ price band")
    assert not checked.needs_second_confirm


def test_the_order_value_is_limited_and_the_limit_itself_is_allowed() -> None:
    assert not check(exposure(value=D(5_000_000)), LIMITS).denials
    told = denied(check(exposure(value=D(5_000_001)), LIMITS))

    assert "₹50,00,001.00" in told
    assert "your limit of ₹50,00,000.00" in told
    assert "Order less. To change it: /risk order_value 200000" in told


def test_on_an_old_list_no_derivative_is_opened_and_what_is_held_is_closed() -> None:
    old: dict[str, Any] = {"old_list": date(2026, 11, 18)}

    told = denied(check(exposure(CALL, **old), LIMITS))

    assert "list of instruments is of 18 Nov" in told
    assert not check(exposure(CALL, Side.SELL, held=D(10), **old), LIMITS).denials
    assert not check(exposure(RELIANCE, **old), LIMITS).denials


def test_money_that_is_not_free_is_denied() -> None:
    enough = exposure(margin=D(10_000))
    assert not check(enough, LIMITS).denials

    told = denied(check(exposure(margin=D("10000.01")), LIMITS))

    assert "₹0.01 short" in told
    assert "/funds" in told


def test_a_margin_nobody_knows_is_confirmed_twice() -> None:
    checked = check(exposure(margin=None, available=None), LIMITS)

    assert cautions(checked) == ["margin not known, the broker does not say"]
    assert checked.needs_second_confirm
    assert "✅ margin" not in checked.lines


@pytest.mark.parametrize(("margin", "words"), [("2000", []), ("2600", ["26 % of capital"])])
def test_a_great_part_of_the_capital_is_confirmed_twice(margin: str, words: list[str]) -> None:
    checked = check(exposure(margin=D(margin)), LIMITS)

    assert cautions(checked) == [f"{each} in one order, your limit is 20 %" for each in words]
    assert checked.needs_second_confirm is bool(words)


def test_a_price_far_from_the_market_is_marked_and_a_wild_one_denied() -> None:
    far, last = D(3500), D("2948.70")

    assert cautions(check(exposure(last=last, draft={"price": far}), LIMITS)) == [
        "price 3,500.00 is 18.7 % above the market"
    ]
    for wild in (D("120.1"), D("79.9")):
        told = denied(check(exposure(draft={"price": wild}), LIMITS))
        assert "your limit of 20 %" in told
        assert "Correct the price. To change it: /risk price_band 20%" in told
    assert check(exposure(draft={"price": D(103)}), LIMITS).lines[-1] == "✅ price band"


def test_an_options_price_may_wait_far_away_but_not_fill_there() -> None:
    waits = exposure(CALL, Side.SELL, draft={"price": D(160)})
    fills = exposure(CALL, Side.BUY, draft={"price": D(160)})

    assert cautions(check(waits, LIMITS)) == ["price 160.00 is 60.0 % above the market"]
    assert "60.0 % above the market" in denied(check(fills, LIMITS))


@pytest.mark.parametrize(("side", "good", "bad"), [(Side.BUY, 102, 100), (Side.SELL, 98, 100)])
def test_a_stop_must_not_fire_at_once(side: Side, good: int, bad: int) -> None:
    def stop(trigger: int) -> Exposure:
        terms = {"order_type": OrderType.STOP, "price": None, "trigger": D(trigger)}
        return exposure(side=side, draft=terms)

    assert not check(stop(good), LIMITS).denials
    assert "fires at once" in denied(check(stop(bad), LIMITS))


def test_a_stop_that_risks_much_says_how_much() -> None:
    tight = exposure(draft={"stop_loss": D(81)})
    wide = exposure(draft={"stop_loss": D(69)})

    assert cautions(check(tight, LIMITS)) == []
    assert cautions(check(wide, LIMITS)) == ["the stop risks 3.1 % of capital"]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (None, []),
        ("10", []),
        ("4", ["you hold 4, this opens a short of 6"]),
        ("0", ["you hold none, this opens a short of 10"]),
        ("-5", ["you are short 5, this adds 10"]),
    ],
)
def test_selling_more_than_is_held_says_so(held: str | None, words: list[str]) -> None:
    intraday = {"product": Product.INTRADAY}
    sell = exposure(side=Side.SELL, draft=intraday, held=None if held is None else D(held))

    assert cautions(check(sell, LIMITS)) == words


def test_what_is_not_held_cannot_be_delivered() -> None:
    for held, has in ((D(4), "4"), (D(0), "none"), (D(-3), "none")):
        sell = exposure(side=Side.SELL, held=held)
        assert cautions(check(sell, LIMITS)) == [f"you hold {has}: brokers refuse to deliver more"]


@pytest.mark.parametrize(("side", "held"), [(Side.SELL, D(10)), (Side.BUY, D(-10))])
def test_the_order_value_never_stops_the_way_out(side: Side, held: Decimal) -> None:
    out = check(exposure(side=side, held=held, value=D(6_000_000)), LIMITS)
    beyond = check(exposure(side=side, held=held / 2, value=D(6_000_000)), LIMITS)

    assert cautions(out) == ["worth ₹60,00,000.00, above your limit; it closes a position"]
    assert out.needs_second_confirm
    assert "your limit of" in denied(beyond)


def test_an_old_price_and_a_closed_market_are_said() -> None:
    old = exposure(quote_age=40.0)
    closed = exposure(quote_age=40.0, is_open=False)

    assert cautions(check(old, LIMITS)) == ["the last price is from 40 s ago"]
    assert cautions(check(closed, LIMITS)) == ["market is closed; the order waits"]


@pytest.mark.parametrize("validity", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_order_that_cannot_wait_is_not_said_to_wait(validity: TimeInForce) -> None:
    closed = exposure(draft={"time_in_force": validity}, is_open=False)

    assert cautions(check(closed, LIMITS)) == [
        f"market is closed; brokers refuse {validity} until it opens"
    ]


def test_amounts_are_in_the_instruments_own_currency() -> None:
    assert "5,000,001.00 USDT" in denied(check(exposure(BITCOIN, value=D(5_000_001)), LIMITS))


def test_all_that_is_wrong_is_said_at_once() -> None:
    both = check(exposure(value=D(6_000_000), margin=D(20_000)), LIMITS)

    assert len(both.denials) == 2


def test_intraday_that_the_broker_will_not_close_is_marked_unless_it_only_closes() -> None:
    mis = {"product": Product.INTRADAY}
    told = ["MIS is not squared off here at the close: exit it yourself"]

    assert cautions(check(exposure(draft=mis, squares_off=False), LIMITS)) == told
    assert cautions(check(exposure(draft=mis), LIMITS)) == []
    assert cautions(check(exposure(squares_off=False), LIMITS)) == []
    closing = exposure(side=Side.SELL, draft=mis, held=D(10), squares_off=False)
    assert cautions(check(closing, LIMITS)) == []
