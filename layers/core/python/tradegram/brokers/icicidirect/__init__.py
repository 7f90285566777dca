"""
ICICI Direct Breeze API, v1, and v2 of its history.

Source: https://api.icicidirect.com/breezeapi/documents and breeze-connect 1.0.69, read 2026-11-21.
Our client order id is `user_remark`, shown in the order list; a second order with the same remark
is not refused. An order is named by the broker's short code, expiry, strike and right: see
`dialect.name`.
"""

from __future__ import annotations

from tradegram.brokers.icicidirect.account import Account
from tradegram.brokers.icicidirect.instruments import Instruments
from tradegram.brokers.icicidirect.login import Login
from tradegram.brokers.icicidirect.market import Market
from tradegram.brokers.icicidirect.orders import Orders
from tradegram.brokers.icicidirect.updates import Updates

__all__ = ["IciciDirect"]


class IciciDirect(Orders, Account, Market, Updates, Login, Instruments):
    """Implements adapter.Adapter, MarginAdapter, MarketAdapter, StreamAdapter and PriceAdapter."""
