"""
The brokers that there are, by name. A module is loaded when one of its accounts is used.

An eighth broker is a module of its own, and a row here and in `vault.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.contract import Profile
from tradegram.brokers.listings import Listings

# An adapter's class; made of the broker's listings.
ADAPTERS: Mapping[str, str] = {
    "alpaca": "tradegram.brokers.alpaca:Alpaca",
    "angelone": "tradegram.brokers.angelone:AngelOne",
    "binance": "tradegram.brokers.binance:Binance",
    "binancefutures": "tradegram.brokers.binance:BinanceFutures",
    "icicidirect": "tradegram.brokers.icicidirect:IciciDirect",
    "kotakneo": "tradegram.brokers.kotakneo:KotakNeo",
    "zerodha": "tradegram.brokers.zerodha:Zerodha",
}
# What is reached otherwise implements the contract itself: made of a session, a clock, listings.
GATEWAYS: Mapping[str, str] = {"ibkr": "tradegram.brokers.ibkr:Ibkr"}


def adapter_of(broker: str, listings: Listings) -> Adapter:
    """Raises KeyError."""
    made: Adapter = loaded(ADAPTERS[broker])(listings)
    return made


def profile_of(broker: str) -> Profile:
    """Raises KeyError."""
    found = loaded(ADAPTERS.get(broker) or GATEWAYS[broker])
    profile: Profile = found.profile
    return profile


def loaded(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
