"""GTT: LIMIT orders that Kite keeps for a year until a price triggers them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each_trigger, exact_json, step
from tradegram.brokers.digits import money
from tradegram.brokers.triggers import Trigger, TriggerBook, TriggerReport
from tradegram.brokers.zerodha.dialect import HELD_AS, PRODUCTS, SIDES, Dialect, seconds
from tradegram.model import Side

TYPES = {1: "single", 2: "two-leg"}
STATUSES = {
    "active": "active",
    "triggered": "triggered",
    "disabled": "ended",
    "expired": "ended",
    "cancelled": "ended",
    "rejected": "ended",
    "deleted": "ended",
}


class Triggers(Dialect):
    def place_trigger(self, wanted: Trigger) -> Call[str]:
        listing = self.listed(wanted.instrument)
        named = {"exchange": listing.segment, "tradingsymbol": listing.symbol}
        counted = Decimal(self.counted(wanted.quantity, wanted.instrument))
        # Kite pairs them by place; of two the lower comes first.
        legs = sorted(wanted.legs)
        condition = {**named, "trigger_values": [leg[0] for leg in legs], "last_price": wanted.last}
        orders = [
            {
                **named,
                "transaction_type": SIDES[Side(wanted.side)],
                "quantity": counted,
                "order_type": "LIMIT",
                "product": PRODUCTS[wanted.product],
                "price": limit,
            }
            for _, limit in legs
        ]
        form = {
            "type": TYPES[len(legs)],
            "condition": exact_json(condition),
            "orders": exact_json(orders),
        }
        return Call(Request("POST", "/gtt/triggers", form), _trigger_id)

    def cancel_trigger(self, trigger_id: str) -> Call[None]:
        return Call(Request("DELETE", f"/gtt/triggers/{trigger_id}"), _taken)

    def triggers(self) -> Steps[TriggerBook]:
        """Those that are active, and of the others the last seven days'."""
        return step(Call(Request("GET", "/gtt/triggers"), each_trigger(self._trigger)))

    def _trigger(self, row: Mapping[str, Any]) -> TriggerReport:
        condition, orders = row["condition"], row["orders"]
        exchange, symbol = condition["exchange"], condition["tradingsymbol"]
        prices = zip(condition["trigger_values"], orders, strict=True)
        return TriggerReport(
            trigger_id=str(row["id"]),
            instrument=self.instrument(exchange, symbol).key,
            status=STATUSES[row["status"]],
            words=row["status"],
            side=orders[0]["transaction_type"],
            quantity=self.units(orders[0]["quantity"], exchange, symbol),
            product=HELD_AS[orders[0]["product"]],
            legs=[(money(at), money(order["price"])) for at, order in prices],
            at=seconds(row["updated_at"]),
            broker_order_ids=[_sent(leg) for leg in orders],
            refused="; ".join(why for leg in orders if (why := _refused(leg))),
        )


def _sent(leg: Mapping[str, Any]) -> str:
    """The order a leg became; "" while it waits, or when it was refused."""
    result = leg.get("result") or {}
    return (result.get("order_result") or {}).get("order_id") or ""


def _refused(leg: Mapping[str, Any]) -> str:
    result = (leg.get("result") or {}).get("order_result") or {}
    return str(result.get("rejection_reason") or "")


def _trigger_id(data: Any) -> str:
    return str(data["trigger_id"])


def _taken(data: Any) -> None:
    _trigger_id(data)
