"""
Zerodha Kite Connect v3.

Source: https://kite.trade/docs/connect/v3, read 2026-11-20; forum threads by number.
Kite keeps our client order id as `tag`, shows it in the order book, and does not refuse a
second order with the same tag.
"""

from __future__ import annotations

from tradegram.brokers.zerodha.account import Account
from tradegram.brokers.zerodha.instruments import Instruments
from tradegram.brokers.zerodha.login import Login
from tradegram.brokers.zerodha.market import Market
from tradegram.brokers.zerodha.orders import Orders
from tradegram.brokers.zerodha.ticker import Ticker
from tradegram.brokers.zerodha.triggers import Triggers

__all__ = ["Zerodha"]


class Zerodha(Orders, Account, Market, Triggers, Ticker, Login, Instruments):
    """Implements adapter.AbleAdapter."""
