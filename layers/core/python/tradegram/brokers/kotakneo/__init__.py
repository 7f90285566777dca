"""
Kotak Neo's Trade API, the generation with a base address per client.

Source: Kotak's documentation of the Trade API as it was in 2026-11. The broker keeps no name of
ours that anybody has seen come back, so orders are known by their terms and their time.
"""

from __future__ import annotations

from tradegram.brokers.kotakneo.account import Account
from tradegram.brokers.kotakneo.instruments import Instruments
from tradegram.brokers.kotakneo.login import Login
from tradegram.brokers.kotakneo.market import Market
from tradegram.brokers.kotakneo.orders import Orders
from tradegram.brokers.kotakneo.updates import Updates

__all__ = ["KotakNeo"]


class KotakNeo(Orders, Account, Market, Updates, Login, Instruments):
    """Implements adapter.Adapter, MarginAdapter, StreamAdapter and quotes of MarketAdapter."""
