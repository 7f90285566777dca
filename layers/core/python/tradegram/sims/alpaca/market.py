"""Assets, contracts, snapshots and bars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradegram.model import Instrument, Kind
from tradegram.sims.alpaca.rows import plain
from tradegram.sims.alpaca.state import Brokerage, No, asset_id, class_of, name_of, stamp
from tradegram.sims.wire import Asked, Said, said

FRAMES = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60, "1Day": 1440}
RIGHTS = {Kind.CALL: "call", Kind.PUT: "put"}
GREEKS = {"delta": 0.51, "gamma": 0.02, "theta": -0.11, "vega": 0.09, "rho": 0.01}


def assets(sim: Brokerage, asked: Asked) -> Said:
    wanted = asked.query.get("asset_class", "us_equity")
    return said([_asset(one) for one in sim.stock.rows if class_of(one) == wanted])


def contracts(sim: Brokerage, asked: Asked) -> Said:
    most, start = int(asked.query.get("limit", 100)), int(asked.query.get("page_token") or 0)
    rows = [_contract(one) for one in sim.stock.rows if one.kind.is_option]
    more = str(start + most) if start + most < len(rows) else None
    return said({"option_contracts": rows[start : start + most], "next_page_token": more})


def shares(sim: Brokerage, asked: Asked) -> Said:
    """Without an envelope."""
    return said(_snapshots(sim, asked))


def others(sim: Brokerage, asked: Asked) -> Said:
    return said({"snapshots": _snapshots(sim, asked), "next_page_token": None})


def chain(sim: Brokerage, asked: Asked, underlying: str) -> Said:
    day, most = asked.query.get("expiration_date"), int(asked.query.get("limit", 100))
    start = int(asked.query.get("page_token") or 0)
    found = [
        one
        for one in sim.stock.rows
        if one.kind.is_option and one.underlying == underlying and day in (None, str(one.expiry))
    ]
    some = found[start : start + most]
    rows = {one.symbol: _snapshot(sim, one) for one in some}
    more = str(start + most) if start + most < len(found) else None
    return said({"snapshots": rows, "next_page_token": more})


def bars(sim: Brokerage, asked: Asked) -> Said:
    frame = asked.query.get("timeframe", "")
    if frame not in FRAMES:
        raise No(400, 40010001, f"invalid timeframe: {frame}")
    since, until = (_seconds(asked.query[name]) for name in ("start", "end"))
    found: dict[str, Any] = {}
    for name in asked.query["symbols"].split(","):
        one = sim.known(name)
        if one is not None:
            found[name] = [
                {"t": stamp(at), "o": float(bar.open), "h": float(bar.high), "l": float(bar.low),
                 "c": float(bar.last), "v": int(bar.volume), "n": 3, "vw": float(bar.last)}
                for at, bar in sim.stock.bars(one, FRAMES[frame], since, until)
            ]  # fmt: skip
    return said({"bars": found, "next_page_token": None})


def _snapshots(sim: Brokerage, asked: Asked) -> dict[str, Any]:
    known = ((name, sim.known(name)) for name in asked.query.get("symbols", "").split(","))
    return {name: _snapshot(sim, one) for name, one in known if one is not None}


def _snapshot(sim: Brokerage, one: Instrument) -> dict[str, Any]:
    seen, now = sim.stock.seen(one), stamp(sim.floor.now())
    last, size = float(seen.last), float(seen.size)
    row: dict[str, Any] = {
        "latestTrade": {"t": now, "p": last, "s": 1, "x": "V"},
        "latestQuote": {
            "t": now, "bp": float(seen.bid), "bs": size, "ap": float(seen.ask), "as": size,
        },
        "dailyBar": _bar(seen.open, seen.high, seen.low, seen.last, now),
        "prevDailyBar": _bar(seen.close, seen.close, seen.close, seen.close, now),
    }  # fmt: skip
    return row | {"greeks": GREEKS, "impliedVolatility": 0.24} if one.kind.is_option else row


def _bar(first: Any, high: Any, low: Any, last: Any, at: str) -> dict[str, Any]:
    prices = {"o": float(first), "h": float(high), "l": float(low), "c": float(last)}
    return {"t": at, **prices, "v": 1000}


def _asset(one: Instrument) -> dict[str, Any]:
    coin = one.exchange == "ALPACA"
    row: dict[str, Any] = {
        "id": asset_id(one),
        "class": class_of(one),
        "exchange": "CRYPTO" if coin else one.exchange,
        "symbol": name_of(one),
        "name": one.name,
        "status": "active",
        "tradable": True,
        "marginable": not coin,
        "shortable": not coin,
        "easy_to_borrow": not coin,
        "fractionable": one.lot_size < 1,
    }
    if not coin:
        return row
    step = plain(one.lot_size)
    more = {"min_order_size": step, "min_trade_increment": step}
    return row | more | {"price_increment": plain(one.tick_size)}


def _contract(one: Instrument) -> dict[str, Any]:
    return {
        "id": asset_id(one),
        "symbol": one.symbol,
        "name": one.name,
        "status": "active",
        "tradable": True,
        "expiration_date": str(one.expiry),
        "root_symbol": one.underlying,
        "underlying_symbol": one.underlying,
        "type": RIGHTS[one.kind],
        "style": "american",
        "strike_price": plain(one.strike),
        "multiplier": plain(one.multiplier),
        "size": plain(one.multiplier),
        "open_interest": "125",
        "close_price": "1",
    }


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
