"""Rows of Kite's lists, with every key it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradegram.model import OrderType
from tradegram.sims.floor import Entry, Held, Standing, Stored, Trade

if TYPE_CHECKING:
    from tradegram.sims.zerodha.state import Kite

STATUSES = {
    Standing.RECEIVED: "OPEN PENDING",
    Standing.WAITING: "TRIGGER PENDING",
    Standing.OPEN: "OPEN",
    Standing.FILLED: "COMPLETE",
    Standing.CANCELLED: "CANCELLED",
    Standing.REJECTED: "REJECTED",
    Standing.EXPIRED: "CANCELLED",  # what the day leaves open ends so
}
# A protected market order is a limit order in the book.
TYPES = {
    OrderType.MARKET: "LIMIT",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_LIMIT: "SL",
    OrderType.STOP: "SL",
}


def order_row(kite: Kite, entry: Entry) -> dict[str, Any]:
    at = kite.stamp(entry.placed_at)
    instrument = entry.instrument
    cancelled = entry.quantity - entry.filled if entry.standing is Standing.CANCELLED else 0
    return {
        "placed_by": kite.user,
        "order_id": entry.order_id,
        "exchange_order_id": f"11{entry.order_id}",
        "parent_order_id": None,
        "status": entry.more.get("status") or STATUSES[entry.standing],
        "status_message": entry.words or None,
        "status_message_raw": entry.words or None,
        "order_timestamp": at,
        "exchange_update_timestamp": kite.stamp(entry.updated_at),
        "exchange_timestamp": at,
        "variety": entry.more.get("variety", "regular"),
        "modified": bool(entry.changes),
        "exchange": instrument.exchange,
        "tradingsymbol": instrument.symbol,
        "instrument_token": kite.stock.number(instrument),
        "order_type": TYPES[entry.order_type],
        "transaction_type": entry.side.value,
        "validity": entry.validity,
        "validity_ttl": 0,
        "product": entry.product,
        "quantity": int(entry.quantity),
        "disclosed_quantity": 0,
        "price": float(entry.price or 0),
        "trigger_price": float(entry.trigger or 0),
        "average_price": float(entry.average),
        "filled_quantity": int(entry.filled),
        "pending_quantity": int(entry.quantity - entry.filled),
        "cancelled_quantity": int(cancelled),
        "market_protection": float(entry.more.get("protection", "0")),
        "meta": {},
        "tag": entry.reference or None,
        "tags": [entry.reference] if entry.reference else [],
        "guid": f"sim{entry.order_id}",
    }


def trade_row(kite: Kite, trade: Trade) -> dict[str, Any]:
    entry, at = trade.entry, kite.stamp(trade.at)
    return {
        "trade_id": trade.trade_id,
        "order_id": entry.order_id,
        "exchange": entry.instrument.exchange,
        "tradingsymbol": entry.instrument.symbol,
        "instrument_token": kite.stock.number(entry.instrument),
        "product": entry.product,
        "average_price": float(trade.price),
        "quantity": int(trade.quantity),
        "exchange_order_id": f"11{entry.order_id}",
        "transaction_type": entry.side.value,
        "fill_timestamp": at,
        "order_timestamp": at.partition(" ")[2],
        "exchange_timestamp": at,
    }


def position_row(kite: Kite, held: Held) -> dict[str, Any]:
    last = kite.floor.price(held.instrument)
    pnl = held.sell_value - held.buy_value + held.quantity * last
    return {
        "tradingsymbol": held.instrument.symbol,
        "exchange": held.instrument.exchange,
        "instrument_token": kite.stock.number(held.instrument),
        "product": held.product,
        "quantity": int(held.quantity),
        "overnight_quantity": 0,
        "multiplier": 1,
        "average_price": float(held.average),
        "close_price": 0,
        "last_price": float(last),
        "value": float(held.sell_value - held.buy_value),
        "pnl": float(pnl),
        "m2m": float(pnl),
        "unrealised": float(pnl),
        "realised": 0,
        "buy_quantity": int(held.bought),
        "buy_value": float(held.buy_value),
        "buy_price": float(held.buy_value / held.bought) if held.bought else 0,
        "sell_quantity": int(held.sold),
        "sell_value": float(held.sell_value),
        "sell_price": float(held.sell_value / held.sold) if held.sold else 0,
        "day_buy_quantity": int(held.bought),
        "day_buy_value": float(held.buy_value),
        "day_sell_quantity": int(held.sold),
        "day_sell_value": float(held.sell_value),
    }


def holding_row(kite: Kite, stored: Stored) -> dict[str, Any]:
    last = kite.floor.price(stored.instrument)
    return {
        "tradingsymbol": stored.instrument.symbol,
        "exchange": stored.instrument.exchange,
        "instrument_token": kite.stock.number(stored.instrument),
        "isin": "INE000A01000",
        "product": "CNC",
        "quantity": int(stored.quantity),
        "t1_quantity": 0,
        "realised_quantity": int(stored.quantity),
        "used_quantity": 0,
        "authorised_quantity": 0,
        "collateral_quantity": 0,
        "average_price": float(stored.average),
        "last_price": float(last),
        "close_price": float(last),
        "pnl": float((last - stored.average) * stored.quantity),
        "day_change": 0.0,
        "mtf": {"quantity": 0, "used_quantity": 0, "average_price": 0, "value": 0},
    }
