"""Of two brokers' lists one row is the desk's: what counts otherwise is not sent to the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from samples import INTENT

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.alpaca import Alpaca
from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.listings import KnownListings, Listing
from tradegram.errors import Refused
from tradegram.model import Instrument, Kind, Product

D = Decimal
DAY = date(2026, 12, 18)
OIL = Instrument("MCX", "CRUDEOIL26DECFUT", Kind.FUTURE, "Crude", D(1), D(1), "CRUDEOIL", DAY)
CALL = Instrument(
    "OPRA", "AAPL261218C00200000", Kind.CALL, "", D(100), D("0.01"), "AAPL", DAY, D(200),
    currency="USD",
)  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "listed", "ordered"),
    [
        (
            KotakNeo(KnownListings("kotakneo", [Listing(OIL, "mcx_fo", OIL.symbol, "1")])),
            OIL,
            replace(OIL, lot_size=D(100)),
        ),
        (
            AngelOne(KnownListings("angelone", [Listing(OIL, "MCX", OIL.symbol, "1")])),
            OIL,
            replace(OIL, lot_size=D(100)),
        ),
        (
            Alpaca(KnownListings("alpaca", [Listing(CALL, "us_option", CALL.symbol)])),
            CALL,
            replace(CALL, lot_size=D(1), multiplier=D(100)),
        ),
    ],
)
def test_a_lot_that_the_broker_counts_otherwise_is_refused(
    adapter: Adapter, listed: Instrument, ordered: Instrument
) -> None:
    intent = replace(INTENT, product=Product.CARRY_FORWARD, price=D(5), quantity=D(100))
    adapter.place(replace(intent, instrument=listed))

    with pytest.raises(Refused, match="counts a lot"):
        adapter.place(replace(intent, instrument=ordered))
