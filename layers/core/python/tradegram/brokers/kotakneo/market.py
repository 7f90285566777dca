"""Quotes. The API has no candles and no option chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote as quoted

from tradegram.brokers.adapter import Call, Request, Steps, whole_list
from tradegram.brokers.digits import best, money, of_day
from tradegram.brokers.kotakneo.dialect import Dialect
from tradegram.brokers.listings import Listing
from tradegram.model import Instrument, Quote

QUOTES = "/script-details/1.0/quotes/neosymbol"
MOST = 50  # of one address; nobody says how many are too many


class Market(Dialect):
    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]:
        found = yield from _rows([self.listed(one) for one in instruments], "all")
        return {key: _quote(key, row) for key, row in found.items()}


def last_prices(listings: Sequence[Listing]) -> Steps[Mapping[str, Decimal]]:
    """By our key; what the broker does not know is absent."""
    found = yield from _rows(listings, "ltp")
    return {key: money(row["ltp"]) for key, row in found.items()}


def _rows(listings: Sequence[Listing], part: str) -> Steps[Mapping[str, Mapping[str, Any]]]:
    names = {(one.segment, one.token): one.instrument.key for one in listings}
    asked = list(names)
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(asked), MOST):
        some = ",".join(f"{segment}|{token}" for segment, token in asked[start : start + MOST])
        rows = yield Call(Request("GET", f"{QUOTES}/{quoted(some, safe=',')}/{part}"), whole_list)
        for row in rows:
            found[names[row["exchange"], str(row["exchange_token"])]] = row
    return found


def _quote(key: str, row: Mapping[str, Any]) -> Quote:
    return Quote(
        instrument=key,
        last=money(row["ltp"]),
        **best(row["depth"]),
        **of_day(row["ohlc"]),
        at=float(row["lstup_time"]),
        source="kotakneo",
    )
