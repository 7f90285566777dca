"""Triggers: looked at whenever somebody asks for anything."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from tradegram.model import OrderType, Side
from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha.state import Gtt, Kite, No, done

LEGS = {"single": 1, "two-leg": 2}


def place(kite: Kite, asked: Asked) -> Said:
    form = asked.form
    condition, orders = json.loads(form["condition"]), json.loads(form["orders"])
    legs = LEGS.get(form["type"])
    if legs is None or len(condition["trigger_values"]) != legs or len(orders) != legs:
        raise No(400, "InputException", "Invalid trigger.")
    if any(order["order_type"] != "LIMIT" for order in orders) or not condition["last_price"]:
        raise No(400, "InputException", "Invalid `orders`.")
    if kite.stock.find(_key(condition)) is None:
        raise No(400, "InputException", "Invalid `tradingsymbol`.")
    number, now = len(kite.gtts) + 1, kite.floor.now()
    kite.gtts[number] = Gtt(number, form["type"], condition, orders, now, now)
    return done({"trigger_id": number})


def cancel(kite: Kite, asked: Asked, number: str) -> Said:
    found = kite.gtts.get(int(number))
    if found is None or found.status != "active":
        raise No(404, "GeneralException", "Trigger not found or not active.")
    found.status, found.changed_at = "deleted", kite.floor.now()
    return done({"trigger_id": found.number})


def listed(kite: Kite, asked: Asked) -> Said:
    return done([_row(kite, one) for one in kite.gtts.values()])


def look(kite: Kite) -> None:
    """Send what was triggered."""
    for one in kite.gtts.values():
        instrument = kite.stock.find(_key(one.condition))
        if one.status != "active" or instrument is None:
            continue
        last, was = kite.floor.price(instrument), Decimal(str(one.condition["last_price"]))
        for place_, value in enumerate(one.condition["trigger_values"]):
            wanted = Decimal(str(value))
            if (last >= wanted) if wanted >= was else (last <= wanted):
                _send(kite, one, place_)
                break


def _send(kite: Kite, one: Gtt, place_: int) -> None:
    order, instrument = one.orders[place_], kite.stock.find(_key(one.condition))
    assert instrument is not None  # noqa: S101
    one.status, one.changed_at = "triggered", kite.floor.now()
    worth = Decimal(str(order["quantity"])) * Decimal(str(order["price"]))
    if order["transaction_type"] == "BUY" and kite.floor.used() + worth > kite.floor.cash:
        one.refused = "Insufficient funds."
        return
    one.sent[place_] = kite.floor.take(
        instrument, Side(order["transaction_type"]), OrderType.LIMIT,
        Decimal(str(order["quantity"])), price=Decimal(str(order["price"])),
        product=order["product"], validity="DAY",
    )  # fmt: skip


def _row(kite: Kite, one: Gtt) -> dict[str, Any]:
    orders = []
    for place_, order in enumerate(one.orders):
        result = None
        if sent := one.sent.get(place_):
            result = {"order_result": {"order_id": sent.order_id, "status": "success"}}
        elif one.refused:
            words = {"rejection_reason": one.refused}
            result = {"order_result": {"order_id": "", "status": "failed", **words}}
        orders.append({**order, "result": result})
    return {
        "id": one.number,
        "user_id": kite.user,
        "type": one.kind,
        "created_at": kite.stamp(one.made_at),
        "updated_at": kite.stamp(one.changed_at),
        "status": one.status,
        "condition": {**one.condition, "instrument_token": 0},
        "orders": orders,
        "meta": {},
    }


def _key(condition: dict[str, Any]) -> str:
    return f"{condition['exchange']}:{condition['tradingsymbol']}"
