"""Quotes and candles; they need no key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Steps, whole_list
from tradegram.brokers.binance.dialect import Dialect, seconds
from tradegram.brokers.digits import money
from tradegram.brokers.spans import check_length
from tradegram.model import Candle, Instrument, Quote

INTERVALS = {1: "1m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 1440: "1d"}
MOST_CANDLES = 1000  # of one request
MOST_REQUESTS = 40
MOST_QUOTES = 20  # of one request; more weigh much more


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        keys = {self.symbol(one): one.key for one in instruments}
        found: dict[str, Quote] = {}
        for row in (yield from self.tickers(list(keys))):
            found[keys[row["symbol"]]] = self._quote(keys[row["symbol"]], row)
        return found

    def tickers(self, symbols: Sequence[str]) -> Steps[Sequence[Mapping[str, Any]]]:
        """A row of the last 24 hours for each, with bid and ask."""
        found: list[Mapping[str, Any]] = []
        for at in range(0, len(symbols), MOST_QUOTES):
            asked = json.dumps(symbols[at : at + MOST_QUOTES], separators=(",", ":"))
            found += yield Call(self.request("GET", "ticker/24hr", symbols=asked), whole_list)
        return found

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]:
        check_length(self.profile.title, minutes, INTERVALS)
        found: list[Candle] = []
        for _ in range(MOST_REQUESTS):
            asked = self.request(
                "GET",
                "klines",
                symbol=self.symbol(instrument),
                interval=INTERVALS[minutes],
                startTime=int(since * 1000),
                endTime=int(until * 1000),
                limit=MOST_CANDLES,
            )
            some = yield Call(asked, _candles)
            found += some
            if len(some) < MOST_CANDLES:
                break
            since = some[-1].at + 0.001
        return found

    def _quote(self, key: str, row: Mapping[str, Any]) -> Quote:
        last = money(row["lastPrice"])
        return Quote(
            instrument=key,
            last=last,
            bid=money(row["bidPrice"]),
            ask=money(row["askPrice"]),
            bid_size=money(row["bidQty"]),
            ask_size=money(row["askQty"]),
            open=money(row["openPrice"]),
            high=money(row["highPrice"]),
            low=money(row["lowPrice"]),
            previous_close=last - money(row["priceChange"]),
            at=seconds(row["closeTime"]),
            source=self.profile.name,
        )


def _candles(rows: Sequence[Sequence[Any]]) -> list[Candle]:
    return [Candle(seconds(row[0]), *_numbers(row)) for row in rows]


def _numbers(row: Sequence[Any]) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
    first, high, low, last, volume = (money(one) for one in row[1:6])
    return first, high, low, last, volume
