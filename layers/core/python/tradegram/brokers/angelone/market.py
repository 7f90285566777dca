"""Quotes, candles and option chains. There is no chain: it is the quotes of its options."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, list_or_null
from tradegram.brokers.angelone.dialect import Dialect
from tradegram.brokers.digits import best, money, of_day
from tradegram.brokers.indian import moment, seconds
from tradegram.brokers.spans import check_length, spans
from tradegram.errors import OutcomeUnknown, Refused, SessionExpired
from tradegram.instruments.naming import MONTHS
from tradegram.model import Candle, Instrument, Kind, OptionRow, Quote

SECURE = "/rest/secure/angelbroking"

MOST_QUOTES = 50  # of one request
# By minutes: its name, and the days that one request may span.
INTERVALS = {
    1: ("ONE_MINUTE", 30),
    3: ("THREE_MINUTE", 60),
    5: ("FIVE_MINUTE", 100),
    10: ("TEN_MINUTE", 100),
    15: ("FIFTEEN_MINUTE", 200),
    30: ("THIRTY_MINUTE", 200),
    60: ("ONE_HOUR", 400),
    1440: ("ONE_DAY", 2000),
}
DAY = 86_400.0
GREEKS = ("delta", "gamma", "theta", "vega")
PERCENT = Decimal(100)

Row = Mapping[str, Any]


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        rows = yield from self._rows(instruments)
        return {key: _quote(key, row) for key, row in rows.items()}

    def option_chain(self, options: Sequence[Instrument]) -> Steps[Sequence[OptionRow]]:
        rows = yield from self._rows(options)
        found = [one for one in options if one.key in rows]
        if not found:
            return []
        greeks = yield from self._greeks(found[0])
        return [_option(one, rows[one.key], greeks) for one in found]

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]:
        check_length(self.profile.title, minutes, INTERVALS)
        interval, days = INTERVALS[minutes]
        named = self.named(instrument)
        asked = {"exchange": named["exchange"], "symboltoken": named["symboltoken"]}
        found: list[Candle] = []
        for start, end in spans(since, until, days * DAY, grain=60):
            span = {"fromdate": _minute(start), "todate": _minute(end)}
            body = {**asked, "interval": interval, **span}
            path = f"{SECURE}/historical/v1/getCandleData"
            found += yield Call(Request("POST", path, json=body), _candles)
        # Requests are of whole minutes.
        return [candle for candle in found if since <= candle.at <= until]

    def _rows(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Row]]:
        """By our key; what Angel One does not know is absent."""
        listed = [self.listed(one) for one in instruments]
        keys = {(one.segment, one.token): one.instrument.key for one in listed}
        found: dict[str, Row] = {}
        for some in _some(list(keys)):
            tokens: defaultdict[str, list[str]] = defaultdict(list)
            for segment, token in some:
                tokens[segment].append(token)
            asked = {"mode": "FULL", "exchangeTokens": tokens}
            ask = Request("POST", f"{SECURE}/market/v1/quote", json=asked)
            rows = yield Call(ask, lambda data: data["fetched"])
            found |= {keys[row["exchange"], str(row["symbolToken"])]: row for row in rows}
        return found

    def _greeks(self, option: Instrument) -> Steps[Mapping[tuple[Decimal, Kind], Row]]:
        """Of all options of its underlying and expiry; none outside market hours."""
        expiry = option.expiry
        if expiry is None:
            return {}
        written = f"{expiry.day:02d}{MONTHS[expiry.month - 1]}{expiry.year}"
        asked = {"name": option.underlying, "expirydate": written}
        try:
            found: Mapping[tuple[Decimal, Kind], Row] = yield Call(
                Request("POST", f"{SECURE}/marketData/v1/optionGreek", json=asked), _by_strike
            )
        except SessionExpired:
            raise
        except (Refused, OutcomeUnknown):
            return {}  # prices are worth showing without them
        return found


def _by_strike(rows: Any) -> Mapping[tuple[Decimal, Kind], Row]:
    return {(money(row["strikePrice"]), Kind(row["optionType"])): row for row in list_or_null(rows)}


def _option(one: Instrument, row: Row, greeks: Mapping[tuple[Decimal, Kind], Row]) -> OptionRow:
    said = greeks.get((one.strike or Decimal(0), one.kind))
    made = OptionRow(one, _quote(one.key, row), money(row["opnInterest"]))
    if said is None:
        return made
    iv = money(said["impliedVolatility"]) / PERCENT
    delta, gamma, theta, vega = (money(said[name]) for name in GREEKS)
    return OptionRow(one, made.quote, made.open_interest, iv, delta, gamma, theta, vega)


def _quote(key: str, row: Row) -> Quote:
    return Quote(
        instrument=key,
        last=money(row["ltp"]),
        **best(row.get("depth")),
        **of_day(row),
        at=seconds(row["exchTradeTime"] or row["exchFeedTime"]),
        source="angelone",
    )


def _candles(rows: Any) -> list[Candle]:
    return [_candle(*row) for row in list_or_null(rows)]


def _candle(at: str, *numbers: Any) -> Candle:
    first, high, low, last, volume = (money(one) for one in numbers)
    return Candle(datetime.fromisoformat(at).timestamp(), first, high, low, last, volume)


def _some(keys: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    source = iter(keys)
    while some := list(islice(source, MOST_QUOTES)):  # ends with the source
        yield some


def _minute(at: float) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M")
