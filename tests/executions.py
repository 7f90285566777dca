"""Trades for tests of what was: short to write, and random ones that obey the market's rules."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tradegram.history.trade import IST, Trade
from tradegram.model import Kind, Product, Side

FIRST = date(2026, 4, 1)


def trade(
    side: str,
    quantity: int | str,
    price: int | str,
    *,
    on: date | int = 0,
    minute: int = 0,
    number: str = "",
    **more: Any,
) -> Trade:
    """on: the day, or days since the year began. minute: since 09:15."""
    day = on if isinstance(on, date) else FIRST + timedelta(days=on)
    at = datetime.combine(day, time(9, 15), IST) + timedelta(minutes=minute)
    terms: dict[str, Any] = {
        "account_id": "paper:main",
        "trade_id": number or f"{day}-{minute}-{side}-{quantity}-{price}",
        "broker_order_id": "",
        "instrument": "NSE:INFY",
        "kind": Kind.SHARE,
        "product": Product.DELIVERY,
        "charges": Decimal(0),
        **more,
    }
    return Trade(
        side=Side(side), quantity=Decimal(quantity), price=Decimal(price), at=at.timestamp(),
        day=day, **terms,
    )  # fmt: skip


PLACES = (
    ("NSE:INFY", Kind.SHARE, Product.DELIVERY),
    ("NSE:INFY", Kind.SHARE, Product.INTRADAY),
    ("NSE:TCS", Kind.SHARE, None),
    ("NFO:NIFTY26NOVFUT", Kind.FUTURE, Product.CARRY_FORWARD),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Trade]:
    """Up to 40 trades within two years, some of them on one day, in the order they were made."""
    made: list[Trade] = []
    for number in range(draw(st.integers(0, 40))):
        instrument, kind, product = draw(st.sampled_from(PLACES))
        made.append(
            trade(
                draw(st.sampled_from(["BUY", "SELL"])),
                draw(st.integers(1, 50)),
                draw(st.integers(1, 5000)),
                on=draw(st.integers(0, 700)) if draw(st.booleans()) else draw(st.integers(0, 3)),
                minute=draw(st.integers(0, 300)),
                number=str(number),
                instrument=instrument,
                kind=kind,
                product=product,
                charges=Decimal(draw(st.integers(0, 100))),
            )
        )
    return made
