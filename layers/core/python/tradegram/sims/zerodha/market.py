"""Quotes, candles and the file of instruments."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tradegram.brokers.indian import IST
from tradegram.model import Instrument, Kind
from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha.state import Kite, No, done

MOST_QUOTES = 500
MINUTES = {
    "minute": 1,
    "3minute": 3,
    "5minute": 5,
    "10minute": 10,
    "15minute": 15,
    "30minute": 30,
    "60minute": 60,
    "day": 1440,
}
COLUMNS = (
    "instrument_token", "exchange_token", "tradingsymbol", "name", "last_price", "expiry",
    "strike", "tick_size", "lot_size", "instrument_type", "segment", "exchange",
)  # fmt: skip
TYPES = {Kind.FUTURE: "FUT", Kind.CALL: "CE", Kind.PUT: "PE"}
OPEN_INTEREST = 125_000


def quotes(kite: Kite, asked: Asked, part: str) -> Said:
    names = [value for name, value in parse_qsl(asked.raw_query) if name == "i"]
    if len(names) > MOST_QUOTES:
        raise No(400, "InputException", "Too many instruments.")
    found = {name: kite.stock.find(name) for name in names}
    return done({name: _row(kite, one) for name, one in found.items() if one is not None})


def candles(kite: Kite, asked: Asked, token: str, interval: str) -> Said:
    instrument = kite.stock.numbered(int(token))
    if instrument is None or interval not in MINUTES:
        raise No(400, "InputException", "invalid token or interval")
    since, until = (_seconds(asked.query[name]) for name in ("from", "to"))
    rows = []
    for at, bar in kite.stock.bars(instrument, MINUTES[interval], since, until):
        stamp = datetime.fromtimestamp(at, IST).strftime("%Y-%m-%dT%H:%M:%S%z")
        prices = [float(one) for one in (bar.open, bar.high, bar.low, bar.last)]
        rows.append([stamp, *prices, int(bar.volume), 0])
    return done({"candles": rows})


def instruments(kite: Kite, asked: Asked) -> Said:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_line(kite, row) for row in kite.stock.rows)
    return Said(200, text.getvalue().encode(), "text/csv")


def _row(kite: Kite, instrument: Instrument) -> dict[str, Any]:
    seen, now = kite.stock.seen(instrument), kite.stamp(kite.floor.now())
    row = {
        "instrument_token": kite.stock.number(instrument),
        "timestamp": now,
        "last_price": float(seen.last),
        "net_change": 0,
        "ohlc": {
            "open": float(seen.open),
            "high": float(seen.high),
            "low": float(seen.low),
            "close": float(seen.close),
        },
    }
    if instrument.kind is Kind.INDEX:
        return row
    size = int(seen.size)
    more = {
        "last_trade_time": now,
        "last_quantity": 1,
        "volume": int(seen.volume),
        "average_price": float(seen.last),
        "oi": OPEN_INTEREST if instrument.kind.is_derivative else 0,
        "depth": {
            "buy": [{"quantity": size, "price": float(seen.bid), "orders": 3}],
            "sell": [{"quantity": size, "price": float(seen.ask), "orders": 2}],
        },
    }
    return row | more


def _line(kite: Kite, row: Instrument) -> list[object]:
    number, kind = kite.stock.number(row), TYPES.get(row.kind, "EQ")
    segment = "INDICES" if row.kind is Kind.INDEX else row.exchange
    if row.kind.is_derivative:
        segment = f"{row.exchange}-{'FUT' if row.kind is Kind.FUTURE else 'OPT'}"
    called = row.underlying if row.kind.is_derivative else row.name
    return [
        number, number // 256, row.symbol, called, "0.0", row.expiry or "",
        f"{row.strike:f}" if row.strike else "0.0", f"{row.tick_size:f}", f"{row.lot_size:f}",
        kind, segment, row.exchange,
    ]  # fmt: skip


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).replace(tzinfo=IST).timestamp()
