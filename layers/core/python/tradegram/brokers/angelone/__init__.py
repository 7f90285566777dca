"""
Angel One SmartAPI, REST v1.

Source: https://smartapi.angelone.in/docs, its forum, and smartapi-python 1.5.5, read 2026-11-21.
Our client order id is `ordertag`, shown in the order book; a second order with the same tag is
not refused.
"""

from __future__ import annotations

from tradegram.brokers.angelone.account import Account
from tradegram.brokers.angelone.instruments import Instruments
from tradegram.brokers.angelone.login import Login
from tradegram.brokers.angelone.market import Market
from tradegram.brokers.angelone.orders import Orders
from tradegram.brokers.angelone.triggers import Triggers

__all__ = ["AngelOne"]


class AngelOne(Orders, Account, Market, Triggers, Login, Instruments):
    """Implements adapter.AbleAdapter."""
