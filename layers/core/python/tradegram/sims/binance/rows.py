"""Rows of Binance's lists, spot and futures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.model import OrderType, Side
from tradegram.sims.binance.state import Exchange, number
from tradegram.sims.floor import Entry, Standing, Stored, Trade

STATUSES = {
    Standing.RECEIVED: "PENDING_NEW",
    Standing.WAITING: "NEW",
    Standing.OPEN: "NEW",
    Standing.FILLED: "FILLED",
    Standing.CANCELLED: "CANCELED",
    Standing.REJECTED: "REJECTED",
    Standing.EXPIRED: "EXPIRED",
}
SPOT_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
ALGO_TYPES = {OrderType.STOP: "STOP_MARKET", OrderType.STOP_LIMIT: "STOP"}
FEE = Decimal("0.001")


def status(entry: Entry) -> str:
    word = entry.more.get("status") or STATUSES[entry.standing]
    return "PARTIALLY_FILLED" if word == "NEW" and entry.filled else word


def stamp(at: float) -> int:
    return int(at * 1000)


def plain(number_: Decimal | None) -> str:
    return f"{number_ or 0:.8f}"


def order_row(sim: Exchange, entry: Entry) -> dict[str, Any]:
    spent, is_spot = entry.filled * entry.average, sim.is_spot
    row: dict[str, Any] = {
        "symbol": entry.instrument.symbol,
        "orderId": number(entry),
        "clientOrderId": entry.reference,
        "price": plain(entry.price),
        "origQty": plain(entry.quantity),
        "executedQty": plain(entry.filled),
        "status": status(entry),
        "timeInForce": entry.validity,
        "type": SPOT_TYPES[entry.order_type] if is_spot else _plain_type(entry),
        "side": entry.side.value,
        "stopPrice": plain(entry.trigger if is_spot else None),
        "time": stamp(entry.placed_at),
        "updateTime": stamp(entry.updated_at),
    }
    if is_spot:
        more = {
            "orderListId": -1,
            "cummulativeQuoteQty": plain(spent),
            "icebergQty": "0.00000000",
            "isWorking": entry.standing is not Standing.WAITING,
            "workingTime": stamp(entry.placed_at),
            "origQuoteOrderQty": "0.00000000",
            "selfTradePreventionMode": "NONE",
        }
    else:
        more = {
            "avgPrice": plain(entry.average),
            "cumQuote": plain(spent),
            "reduceOnly": False,
            "closePosition": False,
            "positionSide": "BOTH",
            "workingType": "CONTRACT_PRICE",
            "priceProtect": False,
            "origType": _plain_type(entry),
        }
    return row | more


def child_row(sim: Exchange, entry: Entry) -> dict[str, Any]:
    """The order that a triggered stop became; its name is the exchange's."""
    return order_row(sim, entry) | {"clientOrderId": f"algo_child_{number(entry)}"}


def algo_row(entry: Entry) -> dict[str, Any]:
    word = entry.more.get("algo_status") or _algo_status(entry)
    return {
        "algoId": number(entry),
        "clientAlgoId": entry.reference,
        "algoType": "CONDITIONAL",
        "orderType": ALGO_TYPES[entry.order_type],
        "symbol": entry.instrument.symbol,
        "side": entry.side.value,
        "positionSide": "BOTH",
        "timeInForce": entry.validity,
        "quantity": plain(entry.quantity),
        "algoStatus": word,
        "triggerPrice": plain(entry.trigger),
        "price": plain(entry.price),
        "actualOrderId": str(number(entry)) if triggered(entry) else "",
        "actualPrice": plain(entry.average),
        "workingType": entry.more.get("working", "CONTRACT_PRICE"),
        "createTime": stamp(entry.placed_at),
        "updateTime": stamp(entry.updated_at),
        "triggerTime": stamp(entry.updated_at) if triggered(entry) else 0,
    }


def is_algo(entry: Entry) -> bool:
    return "algo" in entry.more


def triggered(entry: Entry) -> bool:
    """A stop that made an order."""
    if "algo_status" in entry.more or not is_algo(entry):
        return False
    woke = entry.standing in (Standing.OPEN, Standing.FILLED) or entry.filled
    return bool(woke) or "woke" in entry.more


def trade_row(sim: Exchange, trade: Trade) -> dict[str, Any]:
    entry = trade.entry
    row = {
        "symbol": entry.instrument.symbol,
        "id": int(trade.trade_id[1:]),
        "orderId": number(entry),
        "price": plain(trade.price),
        "qty": plain(trade.quantity),
        "quoteQty": plain(trade.price * trade.quantity),
        "commission": plain(trade.price * trade.quantity * FEE),
        "commissionAsset": entry.instrument.currency,
        "time": stamp(trade.at),
    }
    buys = entry.side is Side.BUY
    if sim.is_spot:
        return row | {"isBuyer": buys, "isMaker": False, "isBestMatch": True, "orderListId": -1}
    more = {"side": entry.side.value, "buyer": buys, "maker": False, "realizedPnl": "0"}
    return row | more | {"positionSide": "BOTH"}


def stored_row(sim: Exchange, one: Stored) -> dict[str, Any]:
    """The buy, two days ago, of what lay in the wallet before today."""
    return {
        "symbol": one.instrument.symbol,
        "id": 0,
        "orderId": 0,
        "price": plain(one.average),
        "qty": plain(one.quantity),
        "quoteQty": plain(one.average * one.quantity),
        "commission": "0",
        "commissionAsset": one.instrument.currency,
        "time": sim.now() - 2 * 86_400_000,
        "isBuyer": True,
    }


def _algo_status(entry: Entry) -> str:
    if triggered(entry):
        return "TRIGGERED" if entry.standing.is_live else "FINISHED"
    return {Standing.WAITING: "NEW"}.get(entry.standing, STATUSES[entry.standing])


def _plain_type(entry: Entry) -> str:
    """A stop that woke is a plain order."""
    return "MARKET" if entry.price is None else "LIMIT"
