"""
A dated sample of instruments that ships with the package, for paper trading.

Names and symbols are real. Index lots are those of the January 2026 series (NIFTY 65, BANKNIFTY
30, FINNIFTY 60, MIDCPNIFTY 120, SENSEX 20). Every other lot, every tick, freeze quantity, strike
step, coin step and start price is a sample value, see the tables' own comments. Derivatives are
made relative to a date, so the sample does not run out. A broker's master replaces all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache

from tradegram.instruments.master import Master
from tradegram.instruments.sample.derivatives import derivatives
from tradegram.instruments.sample.tables import listed, series
from tradegram.model import Instrument

# The day the tables describe.
DATED = date(2026, 11, 21)


def load(today: date | None = None) -> Master:
    """
    The sample as a master, with the derivatives that trade on `today`.

    today: a day of India; the sample's own date when it is not given, so that tests and examples
           see the same expiries for ever.
    """
    day = today or DATED
    rows = [line.instrument for line in listed()]
    aliases = {line.instrument.key: line.aliases for line in listed()}
    return Master([*rows, *derivatives(series(), _levels(), day)], aliases, day)


@cache
def start_prices() -> Mapping[str, Decimal]:
    """Where the simulated feed begins, by instrument key; in the instrument's currency."""
    return {line.instrument.key: line.start for line in listed()}


def start_price(instrument: Instrument) -> Decimal | None:
    """
    Where the simulated feed begins.

    For a derivative it is its underlying's level. None for what the sample does not know.
    """
    if instrument.kind.is_derivative:
        return _levels().get(instrument.underlying)
    return start_prices().get(instrument.key)


@cache
def _levels() -> Mapping[str, Decimal]:
    """By the word derivatives are written on: `NIFTY`, `RELIANCE`, `GOLD`."""
    rupees = [line for line in reversed(listed()) if line.instrument.currency == "INR"]
    return {line.instrument.underlying or line.instrument.symbol: line.start for line in rupees}
