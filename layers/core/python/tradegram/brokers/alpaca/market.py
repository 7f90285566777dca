"""Quotes, candles and option chains, each from the part of the broker that has that kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps
from tradegram.brokers.alpaca.dialect import DATA, Dialect, seconds, some, stamp
from tradegram.brokers.digits import money
from tradegram.brokers.spans import check_length
from tradegram.model import Candle, Instrument, OptionRow, Quote

Row = Mapping[str, Any]

FRAMES = {1: "1Min", 5: "5Min", 15: "15Min", 30: "30Min", 60: "1Hour", 1440: "1Day"}
MOST_QUOTES = 100  # of one request
MOST_BARS, MOST_PAGES = 10_000, 20
NO_TOUCH: Row = {"bp": 0, "ap": 0, "bs": 0, "as": 0}


@dataclass(frozen=True, slots=True)
class Part:
    """Where one kind's prices are. has_feed: which exchanges they come from may be said."""

    path: str
    has_feed: bool = False


PARTS = {
    "OPRA": Part("/v1beta1/options"),
    "ALPACA": Part("/v1beta3/crypto/us"),
    "NASDAQ": Part("/v2/stocks", has_feed=True),
    "NYSE": Part("/v2/stocks", has_feed=True),
}


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        found: dict[str, Quote] = {}
        for part in dict.fromkeys(PARTS[one.exchange] for one in instruments):
            keys = {
                self.listed(one).symbol: one.key
                for one in instruments
                if PARTS[one.exchange] == part
            }
            names = list(keys)
            for at in range(0, len(names), MOST_QUOTES):
                asked = {"symbols": ",".join(names[at : at + MOST_QUOTES])}
                rows = yield Call(self._ask(part, "snapshots", asked), _snapshots)
                known = ((keys[name], row) for name, row in rows.items() if name in keys)
                found |= {key: quote for key, row in known if (quote := self._quote(key, row))}
        return found

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]:
        check_length(self.profile.title, minutes, FRAMES)
        symbol, part = self.listed(instrument).symbol, PARTS[instrument.exchange]
        asked = {
            "symbols": symbol,
            "timeframe": FRAMES[minutes],
            "start": stamp(since),
            "end": stamp(until),
            "limit": str(MOST_BARS),
        }
        found: list[Candle] = []
        for _ in range(MOST_PAGES):
            page = yield Call(self._ask(part, "bars", asked), dict)
            found += [_candle(row) for row in (page["bars"] or {}).get(symbol, [])]
            if not page.get("next_page_token"):
                break
            asked = {**asked, "page_token": page["next_page_token"]}
        return found

    def option_chain(self, options: Sequence[Instrument]) -> Steps[Sequence[OptionRow]]:
        """Of one underlying and expiry; asked for as a whole, with its Greeks."""
        wanted = {self.listed(one).symbol: one for one in options}
        if not options:
            return []
        of, day = options[0].underlying, options[0].expiry
        asked = {"expiration_date": str(day), "limit": "1000"}
        found: dict[str, Row] = {}
        for _ in range(MOST_PAGES):
            ask = Request("GET", f"/v1beta1/options/snapshots/{of}", query=asked, host=DATA)
            page = yield Call(ask, dict)
            found |= page["snapshots"]
            if not page.get("next_page_token"):
                break
            asked = {**asked, "page_token": page["next_page_token"]}
        rows = ((one, found[name]) for name, one in wanted.items() if name in found)
        return [
            _option(one, quote, row) for one, row in rows if (quote := self._quote(one.key, row))
        ]

    def _ask(self, part: Part, what: str, asked: Mapping[str, str]) -> Request:
        feed = {"feed": self.feed} if part.has_feed else {}
        return Request("GET", f"{part.path}/{what}", query={**asked, **feed}, host=DATA)

    def _quote(self, key: str, row: Row) -> Quote | None:
        """None without a single price: nobody has traded it, and nobody offers."""
        touch, trade = row.get("latestQuote") or NO_TOUCH, row.get("latestTrade")
        bid, ask = money(touch["bp"]), money(touch["ap"])
        last = money(trade["p"]) if trade else (bid + ask) / 2
        moment = (trade or touch).get("t")
        if not last or moment is None:
            return None
        day, before = row.get("dailyBar") or {}, row.get("prevDailyBar") or {}
        return Quote(
            instrument=key,
            last=last,
            bid=bid,
            ask=ask,
            bid_size=money(touch["bs"]),
            ask_size=money(touch["as"]),
            open=money(day.get("o", last)),
            high=money(day.get("h", last)),
            low=money(day.get("l", last)),
            previous_close=money(before.get("c", 0)),
            at=seconds(moment),
            source="alpaca",
        )


def _snapshots(told: Row) -> Mapping[str, Row]:
    """Those of shares have no envelope."""
    found: Mapping[str, Row] = told.get("snapshots", told)
    return found


def _candle(row: Row) -> Candle:
    numbers: list[Decimal] = [money(row[name]) for name in ("o", "h", "l", "c", "v")]
    return Candle(seconds(row["t"]), *numbers)


def _option(one: Instrument, quote: Quote, row: Row) -> OptionRow:
    greeks = row.get("greeks") or {}
    return OptionRow(
        instrument=one,
        quote=quote,
        iv=some(row.get("impliedVolatility")),
        delta=some(greeks.get("delta")),
        gamma=some(greeks.get("gamma")),
        theta=some(greeks.get("theta")),
        vega=some(greeks.get("vega")),
    )
