"""What needs no key: the clock, the filters, prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tradegram.model import Instrument
from tradegram.sims.binance.account import base
from tradegram.sims.binance.rows import plain
from tradegram.sims.binance.state import Exchange, No

MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "1d": 1440}


def clock(sim: Exchange, asked: Mapping[str, str]) -> Any:
    return {"serverTime": sim.now()}


def rules(sim: Exchange, asked: Mapping[str, str]) -> Any:
    limits = [
        {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    ]
    rows = [_symbol(sim, one) for one in sim.stock.rows if one.exchange == sim.exchange]
    return {"timezone": "UTC", "serverTime": sim.now(), "rateLimits": limits, "symbols": rows}


def day(sim: Exchange, asked: Mapping[str, str]) -> Any:
    if "symbols" in asked:
        return [_day(sim, sim.instrument({"symbol": one})) for one in json.loads(asked["symbols"])]
    if "symbol" in asked:
        return _day(sim, sim.instrument(asked))
    return [_day(sim, one) for one in sim.stock.rows]


def candles(sim: Exchange, asked: Mapping[str, str]) -> Any:
    instrument, interval = sim.instrument(asked), asked.get("interval", "")
    if interval not in MINUTES:
        raise No(-1120, "Invalid interval.")
    since, until = (int(asked[name]) / 1000 for name in ("startTime", "endTime"))
    rows = []
    for at, bar in sim.stock.bars(instrument, MINUTES[interval], since, until):
        closes = int(at * 1000) + MINUTES[interval] * 60_000 - 1
        prices = [plain(one) for one in (bar.open, bar.high, bar.low, bar.last, bar.volume)]
        rows.append([int(at * 1000), *prices, closes, "0", 1, "0", "0", "0"])
    return rows[: int(asked.get("limit", 500))]


def _symbol(sim: Exchange, one: Instrument) -> dict[str, Any]:
    most = plain(one.freeze_quantity) if one.freeze_quantity else "9000.00000000"
    least = "minNotional" if sim.is_spot else "notional"
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(one.tick_size),
            "maxPrice": "1000000.00000000",
            "tickSize": plain(one.tick_size),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": plain(one.lot_size),
            "maxQty": most,
            "stepSize": plain(one.lot_size),
        },
        {"filterType": "NOTIONAL" if sim.is_spot else "MIN_NOTIONAL", least: plain(one.min_value)},
    ]
    row = {
        "symbol": one.symbol,
        "status": "TRADING",
        "baseAsset": base(one),
        "quoteAsset": one.currency,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "orderTypes": ["LIMIT", "MARKET"],
        "filters": filters,
    }
    if sim.is_spot:
        return row | {"isSpotTradingAllowed": True, "isMarginTradingAllowed": False}
    more = {"pair": one.symbol, "contractType": "PERPETUAL", "marginAsset": one.currency}
    return row | more | {"pricePrecision": 2, "quantityPrecision": 3}


def _day(sim: Exchange, one: Instrument) -> dict[str, Any]:
    seen = sim.stock.seen(one)
    row = {
        "symbol": one.symbol,
        "priceChange": plain(seen.last - seen.close),
        "priceChangePercent": "0.1",
        "weightedAvgPrice": plain(seen.last),
        "lastPrice": plain(seen.last),
        "lastQty": plain(one.lot_size),
        "bidPrice": plain(seen.bid),
        "bidQty": plain(seen.size),
        "askPrice": plain(seen.ask),
        "askQty": plain(seen.size),
        "openPrice": plain(seen.close),
        "highPrice": plain(seen.high),
        "lowPrice": plain(seen.low),
        "volume": plain(seen.volume),
        "quoteVolume": plain(seen.volume),
        "openTime": sim.now() - 86_400_000,
        "closeTime": sim.now(),
        "count": 1,
    }
    if not sim.is_spot:
        for name in ("bidPrice", "bidQty", "askPrice", "askQty"):
            row.pop(name)
    return row


def touch(sim: Exchange, asked: Mapping[str, str]) -> Any:
    row = _day(sim, sim.instrument(asked))
    seen = sim.stock.seen(sim.instrument(asked))
    return {
        "symbol": row["symbol"],
        "bidPrice": plain(seen.bid),
        "bidQty": plain(seen.size),
        "askPrice": plain(seen.ask),
        "askQty": plain(seen.size),
        "time": sim.now(),
    }
