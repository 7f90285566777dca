"""
Alpaca: US shares, options and coins, on paper and live.

Source: docs.alpaca.markets, read 2026-11-20. A client order id is good once, for ever: a second
order with it is refused, and what became of the first is looked up.
"""

from __future__ import annotations

from tradegram.brokers.alpaca.account import Account
from tradegram.brokers.alpaca.instruments import Instruments
from tradegram.brokers.alpaca.market import Market
from tradegram.brokers.alpaca.orders import Orders
from tradegram.brokers.alpaca.updates import Updates
from tradegram.brokers.keys import Keys

__all__ = ["Alpaca"]


class Alpaca(Orders, Account, Market, Updates, Keys, Instruments):
    """Implements adapter.Adapter, MarketAdapter, LookupAdapter and StreamAdapter."""
