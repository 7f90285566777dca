"""
Binance: spot, and USD-M futures as a broker of its own.

Source: developers.binance.com, spot and derivatives documents and change logs, read 2026-11-20.
Every call is signed with the account's keys; there is no session. Our client order id is refused
a second time only while its order works, so after a lost answer it is looked up.
"""

from __future__ import annotations

from tradegram.brokers.binance.instruments import Instruments
from tradegram.brokers.binance.spot import Spot
from tradegram.brokers.binance.stops import Stops
from tradegram.brokers.binance.user_stream import FuturesStream, SpotStream
from tradegram.model import Kind

__all__ = ["Binance", "BinanceFutures"]


class Binance(Spot, SpotStream, Instruments):
    """Implements adapter.Adapter, MarketAdapter, LookupAdapter, TimedAdapter, StreamAdapter."""

    KIND = Kind.COIN


class BinanceFutures(Stops, FuturesStream, Instruments):
    """The same."""

    KIND = Kind.PERPETUAL
