"""Rows of Alpaca's lists, with every key it writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.model import OrderType
from tradegram.sims.alpaca.state import asset_id, class_of, name_of, stamp
from tradegram.sims.floor import Entry, Standing, Trade

STATUSES = {
    Standing.RECEIVED: "pending_new",
    Standing.WAITING: "accepted",
    Standing.OPEN: "new",
    Standing.FILLED: "filled",
    Standing.CANCELLED: "canceled",
    Standing.REJECTED: "rejected",
    Standing.EXPIRED: "expired",
}
TYPES = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
}


def status(entry: Entry) -> str:
    if "replaced_by" in entry.more:
        return "replaced"
    word = entry.more.get("status") or STATUSES[entry.standing]
    return "partially_filled" if word == "new" and entry.filled else word


def plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def order_row(entry: Entry) -> dict[str, Any]:
    ended = stamp(entry.updated_at)
    one = entry.instrument
    return {
        "id": entry.order_id,
        "client_order_id": entry.reference,
        "created_at": stamp(entry.placed_at),
        "updated_at": ended,
        "submitted_at": stamp(entry.placed_at),
        "filled_at": ended if entry.standing is Standing.FILLED else None,
        "expired_at": ended if entry.standing is Standing.EXPIRED else None,
        "canceled_at": ended if status(entry) == "canceled" else None,
        "failed_at": ended if entry.standing is Standing.REJECTED else None,
        "replaced_at": ended if "replaced_by" in entry.more else None,
        "replaced_by": entry.more.get("replaced_by"),
        "replaces": entry.more.get("replaces"),
        "asset_id": asset_id(one),
        "symbol": name_of(one),
        "asset_class": class_of(one),
        "notional": None,
        "qty": plain(entry.quantity),
        "filled_qty": plain(entry.filled) or "0",
        "filled_avg_price": plain(entry.average) if entry.filled else None,
        "order_class": "",
        "order_type": TYPES[entry.order_type],
        "type": TYPES[entry.order_type],
        "side": entry.side.value.lower(),
        "time_in_force": entry.validity,
        "limit_price": plain(entry.price),
        "stop_price": plain(entry.trigger),
        "status": status(entry),
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "position_intent": f"{entry.side.value.lower()}_to_open",
        "subtag": None,
        "source": None,
    }


def fill_row(trade: Trade) -> dict[str, Any]:
    entry, one = trade.entry, trade.entry.instrument
    return {
        "id": f"{stamp(trade.at)[:10].replace('-', '')}::{trade.trade_id}",
        "activity_type": "FILL",
        "transaction_time": stamp(trade.at),
        "type": "fill" if entry.filled == entry.quantity else "partial_fill",
        "price": plain(trade.price),
        "qty": plain(trade.quantity),
        "side": entry.side.value.lower(),
        "symbol": name_of(one),
        "leaves_qty": plain(entry.leaves) or "0",
        "order_id": entry.order_id,
        "cum_qty": plain(entry.filled),
        "order_status": status(entry),
    }
