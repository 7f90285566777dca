"""Quotes, and the day's files of instruments."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time
from typing import Any
from urllib.parse import unquote

from tradegram.brokers.indian import IST
from tradegram.model import Instrument, Kind
from tradegram.sims.kotakneo.state import SEGMENTS, Neo, No
from tradegram.sims.wire import Asked, Said, said

FILES = "https://lapi.kotaksecurities.com/wso2-scripmaster/v1/prod"
OPTIONS = {Kind.FUTURE: "XX", Kind.CALL: "CE", Kind.PUT: "PE"}
# As in the files: one heading has a blank behind it, another a semicolon.
COLUMNS = (
    "pSymbol", "pGroup", "pExchSeg", "pInstType", "pSymbolName", "pTrdSymbol", "pOptionType",
    "pScripRefKey", "pISIN", "pAssetCode", "pDesc", "dTickSize ", "lLotSize", "lExpiryDate",
    "lMultiplier", "lPrecision", "dStrikePrice;", "iMaxOrderSize", "lFreezeQty",
)  # fmt: skip
FROM_1970_TO_1980 = 315_513_000


def quotes(neo: Neo, asked: Asked, names: str, part: str) -> Said:
    rows = []
    for name in unquote(names).split(","):
        segment, _, token = name.partition("|")
        found = _named(neo, segment, token)
        if found is None:
            raise No("Invalid instrument/code", 1009)
        row = {"exchange_token": token, "exchange": segment, "display_symbol": token}
        rows.append(row | _prices(neo, found, part))
    return said(rows)


def paths(neo: Neo, asked: Asked) -> Said:
    day = datetime.fromtimestamp(neo.floor.now(), IST).date().isoformat()
    names = [
        f"{FILES}/{day}/transformed-v1/{one}-v1.csv"
        if one.endswith("_cm")
        else f"{FILES}/{day}/transformed/{one}.csv"
        for one in ("cde_fo", *SEGMENTS.values())
    ]
    return said({"data": {"filesPaths": names, "baseFolder": FILES}})


def file(neo: Neo, asked: Asked, segment: str) -> Said:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in neo.stock.rows:
        if SEGMENTS[row.exchange] == segment:
            writer.writerow(_line(neo, row, segment))
    return Said(200, text.getvalue().encode(), "text/csv")


def _named(neo: Neo, segment: str, token: str) -> Instrument | None:
    found = neo.stock.numbered(int(token)) if token.isdecimal() else _index(neo, token)
    return found if found and SEGMENTS[found.exchange] == segment else None


def _index(neo: Neo, name: str) -> Instrument | None:
    """Letter by letter."""
    return next(
        (one for one in neo.stock.rows if one.kind is Kind.INDEX and one.name == name), None
    )


def _prices(neo: Neo, instrument: Instrument, part: str) -> dict[str, Any]:
    seen = neo.stock.seen(instrument)
    if part == "ltp":
        return {"ltp": f"{seen.last:.4f}"}
    return {
        "lstup_time": str(int(neo.floor.now())),
        "ltp": f"{seen.last:.4f}",
        "last_volume": str(int(seen.volume)),
        "ohlc": {
            "open": f"{seen.open:.4f}",
            "high": f"{seen.high:.4f}",
            "low": f"{seen.low:.4f}",
            "close": f"{seen.close:.4f}",
        },
        "depth": {
            "buy": [{"price": f"{seen.bid:.4f}", "quantity": str(int(seen.size)), "orders": "3"}],
            "sell": [{"price": f"{seen.ask:.4f}", "quantity": str(int(seen.size)), "orders": "2"}],
        },
    }


def _line(neo: Neo, row: Instrument, segment: str) -> list[object]:
    is_index = row.kind is Kind.INDEX
    called = row.name if is_index else row.underlying if row.kind.is_derivative else row.symbol
    since = FROM_1970_TO_1980 if segment == "nse_fo" else 0
    expiry = -1
    if row.expiry is not None:
        expiry = int(datetime.combine(row.expiry, time(14, 30), IST).timestamp()) - since
    return [
        neo.stock.number(row), "" if is_index else "EQ", segment, "", called, neo.symbol(row),
        OPTIONS.get(row.kind, ""), "", "" if is_index or row.kind.is_derivative else "INE0SIM01010",
        "", row.name, f"{row.tick_size * 100:f}", f"{row.lot_size:f}", expiry, 1, 2,
        f"{row.strike * 100:f}" if row.strike else -1, -1, row.freeze_quantity or 0,
    ]  # fmt: skip
