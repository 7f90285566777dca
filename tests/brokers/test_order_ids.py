"""An answer without the broker's id of the order is no answer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from samples import INTENT

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.alpaca import Alpaca
from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.client import UNREADABLE
from tradegram.brokers.icicidirect import IciciDirect
from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.listings import KnownListings, Listing
from tradegram.brokers.zerodha import Zerodha
from tradegram.model import Product

LIMIT = replace(INTENT, price=Decimal(1499), product=Product.DELIVERY)
TABLE = KnownListings("kotakneo", [Listing(LIMIT.instrument, "nse_cm", "INFY-EQ", "1594")])


@pytest.mark.parametrize("nothing", [None, "", 0])
@pytest.mark.parametrize(
    ("adapter", "field"),
    [
        (Zerodha(), "order_id"),
        (AngelOne(), "orderid"),
        (KotakNeo(TABLE), "nOrdNo"),
        (IciciDirect(), "order_id"),
        (Alpaca(), "id"),
    ],
)
def test_an_order_that_the_answer_does_not_name_is_not_taken_for_placed(
    adapter: Adapter, field: str, nothing: Any
) -> None:
    read = adapter.place(LIMIT).read

    with pytest.raises(UNREADABLE):
        read({field: nothing})
