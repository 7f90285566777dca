"""Orders, as Breeze takes and lists them: by exchange and by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.brokers.icicidirect.dialect import (
    ORDER_TYPES,
    RIGHTS,
    SEGMENTS,
    SIDES,
    kind_of,
    name,
)
from tradegram.brokers.indian import moment, stamp, written
from tradegram.model import Instrument, Kind
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.icicidirect.account import free
from tradegram.sims.icicidirect.state import Breeze, No
from tradegram.sims.wire import Asked

Row = dict[str, Any]

TYPES = {word: order_type for order_type, word in ORDER_TYPES.items()}
BOUGHT = {word: side for side, word in SIDES.items()}
STATUSES = {
    Standing.RECEIVED: "Requested",
    Standing.WAITING: "Ordered",
    Standing.OPEN: "Ordered",
    Standing.FILLED: "Executed",
    Standing.CANCELLED: "Cancelled",
    Standing.REJECTED: "Rejected",
    Standing.EXPIRED: "Expired",
}
PARTLY = {
    Standing.OPEN: "Partially Executed",
    Standing.CANCELLED: "Partially Executed And Cancelled",
    Standing.EXPIRED: "Partially Executed And Expired",
}


def place(breeze: Breeze, asked: Asked) -> Row:
    order = asked.json
    for field in ("stock_code", "exchange_code", "product", "action", "order_type", "quantity"):
        if not order.get(field):
            raise No(500, f"{field.replace('_', '-').capitalize()} cannot be empty")
    if order["order_type"] not in TYPES:
        raise No(500, "Order-type should be either 'limit' or 'stoploss'")
    one = _found(breeze, order)
    if order["product"] != kind_of(one):
        raise No(500, "Product should be either 'futures', 'options', 'cash', 'btst' or 'mtf'")
    trigger = Decimal(order.get("stoploss") or 0) or None
    quantity, price = Decimal(order["quantity"]), Decimal(order["price"]) or None
    side = BOUGHT[order["action"]]
    segment = SEGMENTS[one.exchange]
    if order["action"] == "buy" and quantity * (price or 0) > free(breeze, segment):
        raise No(500, "Insufficient limit : Please allocate funds")
    entry = breeze.floor.take(
        one, side, TYPES[order["order_type"]], quantity, price=price, trigger=trigger,
        reference=order.get("user_remark", ""), product=order["product"],
        validity=order["validity"],
    )  # fmt: skip
    return {
        "order_id": entry.order_id,
        "message": "Successfully Placed the order",
        "user_remark": entry.reference,
    }


def change(breeze: Breeze, asked: Asked) -> Row:
    order = asked.json
    entry = _entry(breeze, order)
    _alive(
        lambda: breeze.floor.change(
            entry,
            quantity=Decimal(order["quantity"]),
            price=Decimal(order["price"]) or None,
            trigger=Decimal(order.get("stoploss") or 0) or None,
            order_type=TYPES[order["order_type"]],
        )
    )
    return {"message": "Successfully Modified the order", "order_id": entry.order_id}


def cancel(breeze: Breeze, asked: Asked) -> Row:
    entry = _entry(breeze, asked.json)
    _alive(lambda: breeze.floor.cancel(entry))
    return {"order_id": entry.order_id, "message": "Your Order Canceled successfully."}


def listed(breeze: Breeze, asked: Asked) -> list[Row]:
    given = asked.json
    if given.get("order_id"):
        return [_order(breeze, _entry(breeze, given))]
    entries = breeze.floor.entries.values()
    days = _days(given)
    return [_order(breeze, one) for one in entries if _is_asked(one, given, days)]


def trades(breeze: Breeze, asked: Asked) -> list[Row]:
    given = asked.json
    days = _days(given)
    return [
        {
            "book_type": "Trade-Book",
            "trade_date": written(moment(trade.at).date()),
            "stock_code": breeze.code(trade.entry.instrument),
            "action": trade.entry.side.value.title(),
            "quantity": f"{trade.quantity:f}",
            "average_cost": f"{trade.price:f}",
            "product_type": trade.entry.product.title(),
            "exchange_code": trade.entry.instrument.exchange,
            "order_id": trade.entry.order_id,
            **contract(trade.entry.instrument),
        }
        for trade in breeze.floor.trades
        if _is_asked(trade.entry, given, days)
    ]


def contract(one: Instrument) -> Row:
    """What rows of lists say of a derivative."""
    if one.expiry is None:
        return {"expiry_date": None, "right": None, "strike_price": 0.0}
    right = "Others" if one.kind is Kind.FUTURE else RIGHTS[one.kind].title()
    strike = float(one.strike or 0)
    return {"expiry_date": written(one.expiry), "right": right, "strike_price": strike}


def _order(breeze: Breeze, entry: Entry) -> Row:
    gone = Decimal(0) if entry.standing.is_live else entry.quantity - entry.filled
    return {
        "order_id": entry.order_id,
        "exchange_order_id": None,
        "exchange_code": entry.instrument.exchange,
        "stock_code": breeze.code(entry.instrument),
        "product_type": entry.product.title(),
        "action": entry.side.value.title(),
        "order_type": ORDER_TYPES[entry.order_type].title(),
        "stoploss": f"{entry.trigger or 0:.2f}",
        "quantity": f"{entry.quantity:f}",
        "price": f"{entry.price or 0:.2f}",
        "validity": entry.validity.title(),
        "disclosed_quantity": "0",
        **contract(entry.instrument),
        "average_price": f"{entry.average:f}",
        "cancelled_quantity": f"{gone:f}",
        "pending_quantity": f"{entry.leaves:f}",
        "status": entry.more.get("status") or _status(entry),
        "user_remark": entry.reference,
        "order_datetime": stamp(entry.placed_at)[:-3],
        "parent_order_id": None,
        "validity_date": "",
    }


def _status(entry: Entry) -> str:
    words = {**STATUSES, **PARTLY} if entry.filled else STATUSES
    return words[entry.standing]


def _days(given: Row) -> tuple[date, date]:
    first, last = (date.fromisoformat(given[one][:10]) for one in ("from_date", "to_date"))
    return first, last


def _is_asked(entry: Entry, given: Row, days: tuple[date, date]) -> bool:
    placed = moment(entry.placed_at).date()
    same = entry.instrument.exchange == given["exchange_code"].upper()
    return same and days[0] <= placed <= days[1]


def _found(breeze: Breeze, order: Row) -> Instrument:
    expiry = date.fromisoformat(order["expiry_date"][:10]) if order.get("expiry_date") else None
    right = str(order.get("right", "")).upper()[:1]
    right = right if right in ("C", "P") else ""
    strike = Decimal(order["strike_price"]) if right else None
    return breeze.find(order["exchange_code"], name(order["stock_code"], expiry, strike, right))


def _entry(breeze: Breeze, given: Row) -> Entry:
    found = breeze.floor.entries.get(given["order_id"])
    if found is None or found.instrument.exchange != given["exchange_code"].upper():
        raise No(500, "No Data Found")
    return found


def _alive(act: Callable[[], None]) -> None:
    try:
        act()
    except ValueError:
        raise No(500, "Order has already been executed and cannot be modified.") from None
