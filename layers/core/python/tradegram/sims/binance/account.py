"""Balances, positions and income."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradegram.model import Instrument
from tradegram.sims.binance.orders import coins
from tradegram.sims.binance.rows import FEE, plain, stamp
from tradegram.sims.binance.state import Exchange

USER = 354937868


def spot(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """The instruments of the stock are all priced in USDT."""
    blocked = sim.floor.blocked()
    free = sim.floor.cash - sim.floor.used()
    rows = [_balance("USDT", free, blocked)]
    for one in sim.stock.rows:
        if amount := coins(sim, one):
            rows.append(_balance(base(one), amount, Decimal(0)))
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": True,
        "accountType": "SPOT",
        "updateTime": sim.now(),
        "uid": USER,
        "permissions": ["SPOT"],
        "balances": rows,
    }


def balance(sim: Exchange, asked: Mapping[str, str]) -> Any:
    free = sim.floor.cash - sim.floor.used()
    return [
        {
            "accountAlias": "SgsR",
            "asset": "USDT",
            "balance": plain(sim.floor.cash),
            "crossWalletBalance": plain(sim.floor.cash),
            "crossUnPnl": "0.00000000",
            "availableBalance": plain(free),
            "maxWithdrawAmount": plain(free),
            "marginAvailable": True,
            "updateTime": sim.now(),
        }
    ]


def positions(sim: Exchange, asked: Mapping[str, str]) -> Any:
    rows: list[dict[str, Any]] = []
    for held in sim.floor.held():
        if not held.quantity:
            continue
        last = sim.floor.price(held.instrument)
        rows.append(
            {
                "symbol": held.instrument.symbol,
                "positionSide": "BOTH",
                "positionAmt": plain(held.quantity),
                "entryPrice": plain(held.average),
                "breakEvenPrice": plain(held.average),
                "markPrice": plain(last),
                "unRealizedProfit": plain((last - held.average) * held.quantity),
                "liquidationPrice": "0",
                "notional": plain(last * held.quantity),
                "marginAsset": "USDT",
                "updateTime": sim.now(),
            }
        )
    return rows


def income(sim: Exchange, asked: Mapping[str, str]) -> Any:
    since, kind = int(asked.get("startTime", 0)), asked.get("incomeType")
    rows = []
    if kind == "COMMISSION":
        for trade in sim.floor.trades:
            paid = trade.price * trade.quantity * FEE
            rows.append(_income(trade.entry.instrument, kind, -paid, trade.at))
    if kind == "REALIZED_PNL":
        for held in sim.floor.held():
            closed = min(held.bought, held.sold)
            if closed:
                gained = closed * (held.sell_value / held.sold - held.buy_value / held.bought)
                rows.append(_income(held.instrument, kind, gained, sim.floor.now()))
    return [row for row in rows if row["time"] >= since]


def base(one: Instrument) -> str:
    """`BTC` of BTCUSDT."""
    return one.symbol.removesuffix(one.currency)


def _balance(asset: str, free: Decimal, locked: Decimal) -> dict[str, str]:
    return {"asset": asset, "free": plain(free), "locked": plain(locked)}


def _income(one: Instrument, kind: str, amount: Decimal, at: float) -> dict[str, Any]:
    row = {"symbol": one.symbol, "incomeType": kind, "income": plain(amount), "asset": "USDT"}
    return row | {"info": "", "time": stamp(at), "tranId": 1, "tradeId": ""}
