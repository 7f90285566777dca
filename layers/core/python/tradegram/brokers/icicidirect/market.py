"""Quotes, one call each; candles of v2; and option chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, list_or_null
from tradegram.brokers.digits import money
from tradegram.brokers.icicidirect.dialect import Dialect, Row, name_of
from tradegram.brokers.indian import IST, moment, seconds
from tradegram.brokers.spans import check_length, spans
from tradegram.model import Candle, Instrument, OptionRow, Quote

MOST_QUOTES = 15  # of one read: each is a call, and a minute has a hundred
# By minutes: its name, and the days that the thousand candles of one request span.
INTERVALS = {1: ("1minute", 2), 5: ("5minute", 13), 30: ("30minute", 76), 1440: ("1day", 1000)}
DAY = 86_400.0


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        """Of the first few: what comes behind them is absent, as what is not known."""
        found: dict[str, Quote] = {}
        for one in instruments[:MOST_QUOTES]:
            asked = self.named(one, "product_type")
            rows = yield Call(Request("GET", "/quotes", json=asked), list_or_null)
            # A share of BSE comes behind the same share of NSE.
            alike = [row for row in rows if row["exchange_code"] == asked["exchange_code"]]
            if alike:
                found[one.key] = _quote(one.key, alike[-1])
        return found

    def option_chain(self, options: Sequence[Instrument]) -> Steps[Sequence[OptionRow]]:
        rows: dict[str, Row] = {}
        for one in {option.kind: option for option in options}.values():
            asked = {**self.named(one, "product_type"), "strike_price": ""}
            ask = Request("GET", "/optionchain", json=asked)
            rows |= yield Call(ask, lambda data: {name_of(row): row for row in list_or_null(data)})
        listed = [(option, self.listed(option).symbol) for option in options]
        return [_option(option, rows[called]) for option, called in listed if called in rows]

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]:
        check_length(self.profile.title, minutes, INTERVALS)
        interval, days = INTERVALS[minutes]
        named = self.named(instrument, "product_type")
        asked = {"interval": interval, "exch_code": named.pop("exchange_code"), **named}
        found: list[Candle] = []
        for start, end in spans(since, until, days * DAY):
            query = {**asked, "from_date": _india(start), "to_date": _india(end)}
            ask = Request("GET", "/historicalcharts", query=query, host="history")
            found += yield Call(ask, lambda rows: [_candle(row) for row in list_or_null(rows)])
        return found


def _option(one: Instrument, row: Row) -> OptionRow:
    return OptionRow(one, _quote(one.key, row), money(row["open_interest"] or 0))


def _quote(key: str, row: Row) -> Quote:
    return Quote(
        instrument=key,
        last=money(row["ltp"]),
        bid=money(row["best_bid_price"]),
        ask=money(row["best_offer_price"]),
        bid_size=money(row["best_bid_quantity"]),
        ask_size=money(row["best_offer_quantity"]),
        open=money(row["open"]),
        high=money(row["high"]),
        low=money(row["low"]),
        previous_close=money(row["previous_close"]),
        at=seconds(row["ltt"]) if row["ltt"] else 0.0,  # an option that nobody has traded
        source="icicidirect",
    )


def _candle(row: Row) -> Candle:
    begun = datetime.fromisoformat(row["datetime"]).replace(tzinfo=IST).timestamp()
    first, high, low, last, volume = (
        money(row[name]) for name in ("open", "high", "low", "close", "volume")
    )
    interest: Any = row.get("open_interest")
    held = None if interest is None else money(interest)
    return Candle(begun, first, high, low, last, volume, held)


def _india(at: float) -> str:
    """India's time, though it is written as if it were UTC's: so their own examples have it."""
    return f"{moment(at):%Y-%m-%dT%H:%M:%S}.000Z"
