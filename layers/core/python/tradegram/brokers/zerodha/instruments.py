"""Kite's daily file of all that it lists: one CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from tradegram.brokers.adapter import Call, Request, Steps, step
from tradegram.brokers.listings import Listing, readable
from tradegram.brokers.zerodha.dialect import Dialect
from tradegram.instruments.naming import WRITTEN_ON
from tradegram.model import Instrument, Kind

KINDS = {"EQ": Kind.SHARE, "FUT": Kind.FUTURE, "CE": Kind.CALL, "PE": Kind.PUT}
INDEX_TICK = Decimal("0.05")  # of what cannot be bought; the file says 0
# Currencies and NSE's commodities are counted in other ways; the desk does not trade them.
KNOWN = frozenset({"NSE", "BSE", "NFO", "BFO", "MCX"})


class Instruments(Dialect):
    def instruments(self) -> Steps[Sequence[Listing]]:
        return step(Call(Request("GET", "/instruments"), _listings))


def _listings(text: str) -> Sequence[Listing]:
    rows = (row for row in csv.DictReader(text.splitlines()) if row["exchange"] in KNOWN)
    return readable(rows, _listing)


def _underlying(row: Mapping[str, str], kind: Kind) -> str:
    if kind is Kind.INDEX:
        return WRITTEN_ON.get(row["tradingsymbol"], "")
    return row["name"] if kind.is_derivative else ""


def _listing(row: Mapping[str, str]) -> Listing:
    kind = Kind.INDEX if row["segment"] == "INDICES" else KINDS[row["instrument_type"]]
    made = Instrument(
        exchange=row["exchange"],
        symbol=row["tradingsymbol"],
        kind=kind,
        name=row["name"] or row["tradingsymbol"],
        lot_size=Decimal(row["lot_size"]) if kind is not Kind.INDEX else Decimal(1),
        tick_size=Decimal(row["tick_size"]) if kind is not Kind.INDEX else INDEX_TICK,
        underlying=_underlying(row, kind),
        expiry=date.fromisoformat(row["expiry"]) if kind.is_derivative else None,
        strike=Decimal(row["strike"]) if kind.is_option else None,
    )
    if made.lot_size <= 0 or made.tick_size <= 0 or not made.symbol:
        raise ValueError(f"no lot, tick or symbol: {row['tradingsymbol']!r}")
    return Listing(made, made.exchange, made.symbol, row["instrument_token"])
