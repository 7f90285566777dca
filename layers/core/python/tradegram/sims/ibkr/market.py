"""Prices, greeks and candles as a simulated TWS says them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from tradegram.sims.ibkr.contracts import Contract
from tradegram.sims.ibkr.messages import Fields, plain

SECONDS = {
    "1 min": 60, "5 mins": 300, "15 mins": 900, "30 mins": 1800, "1 hour": 3600, "1 day": 86_400,
}  # fmt: skip
MOST_BARS = 2000
DELAYED = 65  # added to a tick's number when it is not live


@dataclass
class Ticks:
    """
    unsubscribed: contracts nobody pays prices for. delayed: prices are a quarter of an hour old.

    silent: nothing is said but the end. endless: the end is never said.
    history_error: instead of candles.
    """

    unsubscribed: set[int] = field(default_factory=set)
    delayed: bool = False
    silent: bool = False
    endless: bool = False
    history_error: str = ""

    def of(self, row: Contract, last: Decimal, number: str, now: float) -> Iterator[Fields]:
        if self.silent:
            return
        tick, late = row.instrument.tick_size, DELAYED if self.delayed else 0
        yield ["58", "1", number, "3" if self.delayed else "1"]
        sizes = {1: "300", 2: "400", 4: "10"}
        prices = {1: last - tick, 2: last + tick, 6: last + 2, 7: last - 2, 9: last - 1,
                  14: last + 1}  # fmt: skip
        if row.sec_type != "CASH":
            prices[4] = last
        for kind, price in prices.items():
            shown = str(kind + late)
            yield ["1", "6", number, shown, plain(price), sizes.get(kind, "0"), "0"]
        yield ["46", "6", number, "88" if self.delayed else "45", str(int(now))]
        if row.sec_type == "OPT":
            iv, delta, gamma, theta, vega = row.greeks
            yield ["21", number, str(13 + (70 if late else 0)), "0", iv, delta, plain(last), "0",
                   gamma, vega, theta, "180.0"]  # fmt: skip
            lots = "27" if row.right == "C" else "28"
            yield ["2", "6", number, lots, str(row.open_interest)]


def candles(row: Contract, last: Decimal, fields: Sequence[str], now: float) -> list[Fields]:
    """Bars up to `now`, each a little above the one before; the last one closes at `last`."""
    seconds = SECONDS[fields[16]]
    amount, _, unit = fields[17].partition(" ")
    spans = {"S": 1, "D": 86_400, "W": 7 * 86_400, "M": 30 * 86_400, "Y": 365 * 86_400}
    count = min(int(amount) * spans[unit] // seconds, MOST_BARS)
    bars = []
    for at in range(count):
        began = int(now) // seconds * seconds - (count - 1 - at) * seconds
        close = last - (count - 1 - at) * row.instrument.tick_size
        daily = seconds == SECONDS["1 day"]
        when = datetime.fromtimestamp(began, UTC).strftime("%Y%m%d") if daily else str(began)
        low, high = close - row.instrument.tick_size, close + row.instrument.tick_size
        bars.append([when, plain(low), plain(high), plain(low), plain(close), "100", "0", "7"])
    return bars
