"""Brokers for programs of your own, see `tradegram.brokers.open`."""

from tradegram.library.broker import OpenBroker, Placed

__all__ = ["OpenBroker", "Placed"]
