"""Quotes, option chains and candles."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tradegram.brokers.icicidirect.dialect import kind_of, name
from tradegram.brokers.icicidirect.market import INTERVALS
from tradegram.brokers.indian import IST, moment, stamp
from tradegram.model import Instrument
from tradegram.sims.icicidirect.login import known
from tradegram.sims.icicidirect.orders import contract
from tradegram.sims.icicidirect.state import Breeze, No
from tradegram.sims.wire import Asked

Row = dict[str, Any]
MINUTES = {word: minutes for minutes, (word, _) in INTERVALS.items()}


def quotes(breeze: Breeze, asked: Asked) -> list[Row]:
    """A share of BSE comes behind the same share of NSE."""
    given = asked.json
    one = _found(breeze, given, given["exchange_code"])
    if one.exchange != "BSE":
        return [_quote(breeze, one)]
    twin = breeze.stock.find(f"NSE:{one.symbol}")
    first = _quote(breeze, twin) if twin else {**_quote(breeze, one), "exchange_code": "NSE"}
    return [first, _quote(breeze, one)]


def chain(breeze: Breeze, asked: Asked) -> list[Row]:
    given = asked.json
    if not (given.get("expiry_date") and given.get("right")):
        raise No(500, "Either Right or Strike-Price cannot be empty.")
    expiry, right = date.fromisoformat(given["expiry_date"][:10]), given["right"][0].upper()
    return [
        {**_quote(breeze, one), "open_interest": 125_000.0}
        for one in breeze.stock.rows
        if one.exchange == given["exchange_code"]
        and breeze.code(one) == given["stock_code"]
        and one.expiry == expiry
        and one.kind.is_option
        and one.kind.value[0] == right
    ]


def candles(breeze: Breeze, asked: Asked) -> list[Row]:
    known(breeze, asked.headers.get("x-sessiontoken", ""), asked.headers.get("apikey", ""))
    given = dict(asked.query)
    one = _found(breeze, given, given["exch_code"])
    since, until = (_local(given[field]) for field in ("from_date", "to_date"))
    minutes = MINUTES[given["interval"]]
    return [
        {
            "datetime": f"{moment(at):%Y-%m-%d %H:%M:%S}",
            "stock_code": given["stock_code"],
            "exchange_code": one.exchange,
            "open": float(bar.open),
            "high": float(bar.high),
            "low": float(bar.low),
            "close": float(bar.last),
            "volume": int(bar.volume),
        }
        for at, bar in breeze.stock.bars(one, minutes, since, until)
    ]


def _found(breeze: Breeze, given: Row, exchange: str) -> Instrument:
    expiry = date.fromisoformat(given["expiry_date"][:10]) if given.get("expiry_date") else None
    right = str(given.get("right", "")).upper()[:1]
    right = right if right in ("C", "P") else ""
    strike = Decimal(given["strike_price"]) if right else None
    return breeze.find(exchange, name(given["stock_code"], expiry, strike, right))


def _quote(breeze: Breeze, one: Instrument) -> Row:
    seen = breeze.stock.seen(one)
    return {
        "exchange_code": one.exchange,
        "product_type": kind_of(one).title(),
        "stock_code": breeze.code(one),
        **contract(one),
        "ltp": float(seen.last),
        "ltt": stamp(breeze.floor.now()),
        "best_bid_price": float(seen.bid),
        "best_bid_quantity": f"{seen.size:f}",
        "best_offer_price": float(seen.ask),
        "best_offer_quantity": f"{seen.size:f}",
        "open": float(seen.open),
        "high": float(seen.high),
        "low": float(seen.low),
        "previous_close": float(seen.close),
        "upper_circuit": float(seen.last * 2),
        "lower_circuit": float(seen.last / 2),
        "total_quantity_traded": f"{seen.volume:f}",
    }


def _local(text: str) -> float:
    """India's time, whatever the letter behind it says."""
    return datetime.fromisoformat(text[:19]).replace(tzinfo=IST).timestamp()
