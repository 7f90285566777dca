"""
Interactive Brokers, through the socket of a TWS or IB Gateway where somebody is logged in.

Source: the TWS API's documentation and ib_async 2.1.0, whose client and decoder carry the messages.
What it makes of them is left out: it calls orders cancelled that are not.
"""

from tradegram.brokers.ibkr.broker import Ibkr

__all__ = ["Ibkr"]
