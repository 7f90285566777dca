from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_market import APPLE, BITCOIN, CALL, FUTURE
from samples import INFY

from tradegram.market.charges import estimate
from tradegram.model import Instrument, Kind, Product, Side

D = Decimal
ETF = replace(INFY, kind=Kind.ETF)
CRUDE = replace(FUTURE, exchange="MCX", underlying="CRUDEOIL")


@pytest.mark.parametrize(
    ("instrument", "side", "product", "quantity", "price", "parts"),
    [
        # 100,000 rupees of shares for delivery: no brokerage; STT 0.1 % both ways.
        (INFY, Side.BUY, Product.DELIVERY, 100, "1000",
         {"STT": "100.00", "exchange": "3.07", "SEBI": "0.10", "stamp duty": "15.00",
          "GST": "0.57"}),
        (INFY, Side.SELL, Product.DELIVERY, 100, "1000",
         {"STT": "100.00", "exchange": "3.07", "SEBI": "0.10", "GST": "0.57"}),
        # Intraday: 0.03 % or 20; STT 0.025 % on sales only.
        (INFY, Side.BUY, Product.INTRADAY, 10, "1000",
         {"brokerage": "3.00", "exchange": "0.31", "SEBI": "0.01", "stamp duty": "0.30",
          "GST": "0.60"}),
        (INFY, Side.SELL, Product.INTRADAY, 100, "1000",
         {"brokerage": "20.00", "STT": "25.00", "exchange": "3.07", "SEBI": "0.10",
          "GST": "4.17"}),
        (ETF, Side.SELL, Product.DELIVERY, 100, "1000",
         {"STT": "1.00", "exchange": "3.07", "SEBI": "0.10", "GST": "0.57"}),
        # One lot of the index future, 1,560,000: STT 0.05 % on sales.
        (FUTURE, Side.SELL, Product.CARRY_FORWARD, 65, "24000",
         {"brokerage": "20.00", "STT": "780.00", "exchange": "28.55", "SEBI": "1.56",
          "GST": "9.02"}),
        # One lot of an option, premium 13,000: 20 flat, STT 0.15 % on sales.
        (CALL, Side.SELL, Product.CARRY_FORWARD, 65, "200",
         {"brokerage": "20.00", "STT": "19.50", "exchange": "4.62", "SEBI": "0.01",
          "GST": "4.43"}),
        (CRUDE, Side.SELL, Product.CARRY_FORWARD, 100, "5400",
         {"brokerage": "20.00", "CTT": "54.00", "exchange": "11.34", "SEBI": "0.54",
          "GST": "5.74"}),
        (BITCOIN, Side.BUY, Product.DELIVERY, "0.01", "95000", {"fee": "0.95"}),
        (APPLE, Side.BUY, Product.DELIVERY, 10, "230", {}),
        (APPLE, Side.SELL, Product.DELIVERY, 100, "230", {"SEC fee": "0.64", "TAF": "0.02"}),
    ],
)  # fmt: skip
def test_each_segment_is_charged_by_its_row(
    instrument: Instrument,
    side: Side,
    product: Product,
    quantity: int | str,
    price: str,
    parts: dict[str, str],
) -> None:
    charges = estimate(instrument, side, product, D(quantity), D(price))
    assert charges.parts == {name: D(amount) for name, amount in parts.items()}
    assert charges.total == sum((D(amount) for amount in parts.values()), D(0))


@given(
    instrument=st.sampled_from([INFY, ETF, FUTURE, CALL, BITCOIN, APPLE]),
    side=st.sampled_from(list(Side)),
    product=st.sampled_from(list(Product)),
    lots=st.integers(1, 10_000),
    more=st.integers(0, 10_000),
)
def test_more_never_costs_less_and_nothing_is_ever_refunded(
    instrument: Instrument, side: Side, product: Product, lots: int, more: int
) -> None:
    some = estimate(instrument, side, product, lots * instrument.lot_size, D(100))
    all_ = estimate(instrument, side, product, (lots + more) * instrument.lot_size, D(100))
    assert all(amount >= 0 for amount in some.parts.values())
    assert all_.total >= some.total


@pytest.mark.parametrize("exchange", ["OPRA", "CME", "IDEALPRO"])
def test_what_only_a_broker_can_say_is_not_charged_as_in_india(exchange: str) -> None:
    far = replace(INFY, exchange=exchange, kind=Kind.FUTURE, currency="USD")
    found = estimate(far, Side.BUY, Product.CARRY_FORWARD, Decimal(1), Decimal(5000))
    assert found.total == 0
