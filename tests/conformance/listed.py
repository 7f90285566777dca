"""A handful of the sample's instruments: enough for a promise, and quick to list."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from tradegram.instruments import sample
from tradegram.model import Instrument

SHARES = ("NSE:INFY", "NSE:TCS", "NSE:BAJAJ-AUTO", "BSE:INFY", "NSE:NIFTY 50")
FUTURES = ("NFO:NIFTY26NOVFUT", "NFO:NIFTY26DECFUT")
OPTIONS = (
    "NFO:NIFTY26NOV24000CE",
    "NFO:NIFTY26NOV24000PE",
    "NFO:NIFTY26D0124000CE",
    "NFO:NIFTY26D0124000PE",
    "BFO:SENSEX26NOV79000CE",
)


@cache
def few() -> Sequence[Instrument]:
    master = sample.load()
    found = [master.find(key) for key in (*SHARES, *FUTURES, *OPTIONS)]
    return [one for one in found if one is not None]
