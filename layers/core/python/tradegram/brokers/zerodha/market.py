"""Quotes, candles and option chains. There is no chain at Kite: it is the quotes of its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tradegram.brokers.adapter import Call, Request, Steps
from tradegram.brokers.digits import best, money, of_day
from tradegram.brokers.indian import IST
from tradegram.brokers.listings import Listing, unlisted
from tradegram.brokers.spans import check_length, spans
from tradegram.brokers.zerodha.dialect import Dialect, seconds
from tradegram.model import Candle, Instrument, OptionRow, Quote

MOST_QUOTES = 500  # of one request
INTERVALS = {
    1: "minute",
    3: "3minute",
    5: "5minute",
    10: "10minute",
    15: "15minute",
    30: "30minute",
    60: "60minute",
    1440: "day",
}
DAY = 86_400.0
MOST_DAYS = {1440: 2000}  # of one request; of shorter candles 60


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        rows = yield from self._rows(instruments)
        return {key: _quote(key, row) for key, row in rows.items()}

    def option_chain(self, options: Sequence[Instrument]) -> Steps[Sequence[OptionRow]]:
        rows = yield from self._rows(options)
        return [
            OptionRow(one, _quote(one.key, rows[one.key]), money(rows[one.key]["oi"]))
            for one in options
            if one.key in rows
        ]

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]:
        check_length(self.profile.title, minutes, INTERVALS)
        listing = self.listed(instrument)
        if not listing.token:
            raise unlisted(self.profile.name, instrument)
        found: list[Candle] = []
        for start, end in spans(since, until, MOST_DAYS.get(minutes, 60) * DAY):
            asked = {"from": _stamp(start), "to": _stamp(end), "continuous": "0", "oi": "1"}
            path = f"/instruments/historical/{listing.token}/{INTERVALS[minutes]}"
            found += yield Call(Request("GET", path, query=asked), _candles)
        return found

    def _rows(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Mapping[str, Any]]]:
        """By our key; what Kite does not know is absent."""
        found: dict[str, Mapping[str, Any]] = {}
        names = {_name(self.listed(one)): one.key for one in instruments}
        asked = list(names)
        for start in range(0, len(asked), MOST_QUOTES):
            some = urlencode([("i", name) for name in asked[start : start + MOST_QUOTES]])
            rows = yield Call(Request("GET", f"/quote?{some}"), dict)
            found |= {names[name]: row for name, row in rows.items()}
        return found


def _name(listing: Listing) -> str:
    return f"{listing.segment}:{listing.symbol}"


def _quote(key: str, row: Mapping[str, Any]) -> Quote:
    return Quote(
        instrument=key,
        last=money(row["last_price"]),
        **best(row.get("depth")),
        **of_day(row["ohlc"]),
        # Indices are not traded: they have no last trade.
        at=seconds(row.get("last_trade_time") or row["timestamp"]),
        source="zerodha",
    )


def _candles(data: Any) -> list[Candle]:
    return [_candle(*row) for row in data["candles"]]


def _candle(at: str, *numbers: Any) -> Candle:
    first, high, low, last, volume, *interest = (money(one) for one in numbers)
    begun = datetime.strptime(at, "%Y-%m-%dT%H:%M:%S%z").timestamp()
    return Candle(begun, first, high, low, last, volume, interest[0] if interest else None)


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, IST).strftime("%Y-%m-%d %H:%M:%S")
