from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from conformance.cases.binance import BTC, ETH, BinanceCase

from tradegram.brokers.binance import BinanceFutures
from tradegram.model import Product
from tradegram.sims.binance.started import perpetual

NOTHING_LIES_THERE = "Futures are positions, from whatever day; nothing is held beside them."


class BinanceFuturesCase(BinanceCase):
    name = "binancefutures"
    exempt: ClassVar[Mapping[str, str]] = {
        **BinanceCase.exempt,
        "holdings_are_what_was_bought_before": NOTHING_LIES_THERE,
    }
    adapter_class = BinanceFutures
    instrument = perpetual(BTC)
    product = Product.CARRY_FORWARD
    listed = (perpetual(BTC), perpetual(ETH))
    ids = "BTCUSDT-order-"
