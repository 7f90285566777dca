"""Perpetual futures: held on margin, counted in small steps, never closed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from paper_market import BITCOIN
from samples import DRAFT, INTENT

from tradegram.brokers.binance import Binance, BinanceFutures
from tradegram.brokers.paper.door import check_order
from tradegram.brokers.protection import worst_price
from tradegram.errors import Refused, UserError
from tradegram.market.calendar import TradingCalendar
from tradegram.market.charges import estimate
from tradegram.model import Kind, Product, Quote, Side, TimeInForce
from tradegram.tickets.terms import check_broker, products_at, usual_time_in_force

D = Decimal
PERPETUAL = replace(BITCOIN, exchange="BINANCEFUT", kind=Kind.PERPETUAL, underlying="BTC")
FUTURES = BinanceFutures.profile


def test_it_is_held_on_margin_until_it_is_closed() -> None:
    assert list(products_at(FUTURES, PERPETUAL)) == [Product.CARRY_FORWARD]
    assert usual_time_in_force(PERPETUAL, FUTURES) is TimeInForce.GTC
    assert TradingCalendar().is_open(PERPETUAL, 1_795_149_000.0)
    assert TradingCalendar().book_closed_after(PERPETUAL, 1_795_149_000.0) is None


@pytest.mark.parametrize(
    ("instrument", "product", "profile"),
    [
        (PERPETUAL, Product.INTRADAY, FUTURES),
        (PERPETUAL, Product.DELIVERY, FUTURES),
        (BITCOIN, Product.CARRY_FORWARD, Binance.profile),
        (PERPETUAL, Product.CARRY_FORWARD, Binance.profile),
    ],
)
def test_it_is_held_in_no_other_way(instrument: object, product: Product, profile: object) -> None:
    draft = replace(DRAFT, instrument=instrument, product=product, time_in_force=TimeInForce.GTC)  # type: ignore[arg-type]

    with pytest.raises(UserError):
        check_broker(draft, profile)  # type: ignore[arg-type]


def test_a_day_order_is_refused_where_there_are_no_days() -> None:
    draft = replace(DRAFT, instrument=PERPETUAL, product=Product.CARRY_FORWARD)

    with pytest.raises(UserError, match="does not take the validity DAY"):
        check_broker(draft, FUTURES)


def test_paper_has_none_and_says_so() -> None:
    intent = replace(
        INTENT, instrument=PERPETUAL, product=Product.CARRY_FORWARD, quantity=D("0.01"),
        price=D("91250.00"), time_in_force=TimeInForce.GTC,
    )  # fmt: skip

    with pytest.raises(Refused, match="perpetual future"):
        check_order(intent)


def test_a_market_order_is_protected_and_its_fee_is_the_futures() -> None:
    price = D("91250.00")
    quote = Quote(
        PERPETUAL.key, price, price, price, D(1), D(1), price, price, price, price, 0.0, "a test"
    )

    assert price < worst_price(PERPETUAL, Side.BUY, quote) <= price * D("1.006")
    paid = estimate(PERPETUAL, Side.BUY, Product.CARRY_FORWARD, D(1), D(10_000)).total
    assert paid == 5
