"""Orders: placing, changing, ending, and what the lists of each exchange say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each, list_or_null, order_number
from tradegram.brokers.contract import Book
from tradegram.brokers.digits import money
from tradegram.brokers.icicidirect.dialect import (
    HELD_AS,
    ORDER_TYPES,
    SIDES,
    VALIDITIES,
    Dialect,
    Row,
)
from tradegram.brokers.indian import seconds
from tradegram.model import (
    ExecutionReport,
    Fill,
    OrderIntent,
    ReportStatus,
    Side,
    Terms,
)

# A stop that waits has no word of its own: it is Ordered.
STATUSES = {
    "requested": ReportStatus.PENDING_NEW,
    "queued": ReportStatus.PENDING_NEW,
    "freezed": ReportStatus.PENDING_NEW,
    "ordered": ReportStatus.NEW,
    "partially executed": ReportStatus.NEW,
    "executed": ReportStatus.FILLED,
    "rejected": ReportStatus.REJECTED,
    "cancelled": ReportStatus.CANCELLED,
    "partially executed and cancelled": ReportStatus.CANCELLED,
    "expired": ReportStatus.EXPIRED,
    "partially executed and expired": ReportStatus.EXPIRED,
}
PARTLY = "partially executed"
# Each has another word as soon as a part of it is filled.
UNFILLED = frozenset(STATUSES) - {"executed"} - {one for one in STATUSES if one.startswith(PARTLY)}


class Orders(Dialect):
    def place(self, intent: OrderIntent) -> Call[str]:
        named = self.named(intent.instrument, "product")
        wanted = Terms(intent.quantity, intent.price, intent.trigger)
        order = {
            **named,
            "action": SIDES[intent.side],
            "order_type": ORDER_TYPES[intent.order_type],
            "validity": VALIDITIES[intent.time_in_force],
            **_terms_asked(wanted),
            "settlement_id": "",
            "order_segment_code": "",
            "lots": "",
            "user_remark": intent.wire_id,
        }
        return Call(Request("POST", "/order", json=order), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        order = {
            "order_id": broker_order_id,
            "exchange_code": self.listed(intent.instrument).segment,
            "order_type": ORDER_TYPES[wanted.order_type],
            "validity": VALIDITIES[intent.time_in_force],
            **_terms_asked(wanted),
        }
        return Call(Request("PUT", "/order", json=order), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        order = {
            "exchange_code": self.listed(intent.instrument).segment,
            "order_id": broker_order_id,
        }
        return Call(Request("DELETE", "/order", json=order), _taken)

    def order_book(self) -> Steps[Book]:
        rows = yield from self._orders()
        return each(self.report)(rows)

    def trades(self) -> Steps[Sequence[Fill]]:
        """
        A row of the list of trades has no number, no time and no remark of its own: it has those
        of its order, and counts within it.
        """
        traded = yield from self._of_each_exchange("/trades")
        if not traded:
            return []
        placed = {row["order_id"]: row for row in (yield from self._orders())}
        counts: Counter[str] = Counter()
        fills = []
        for row in traded:
            counts[row["order_id"]] += 1
            fills.append(self._fill(row, placed[row["order_id"]], counts[row["order_id"]]))
        return sorted(fills, key=lambda fill: fill.at)

    def report(self, row: Row) -> ExecutionReport:
        # STATUSES[...] and not .get(..., default): a status word we have never seen must raise
        # an alert, never pass for a word we know.
        quantity = money(row["quantity"])
        return ExecutionReport(
            broker_order_id=row["order_id"],
            client_order_id=row["user_remark"] or "",
            status=STATUSES[row["status"].lower()],
            quantity=quantity,
            cum_quantity=_filled(row, quantity),
            average_price=money(row["average_price"] or 0),
            reported_at=seconds(row["order_datetime"]),
            terms=Terms(quantity, _price(row["price"]), _price(row["stoploss"])),
            instrument=self.instrument(row).key,
            side=row["action"].upper(),
        )

    def _orders(self) -> Steps[Sequence[Row]]:
        rows = yield from self._of_each_exchange("/order")
        return rows

    def _of_each_exchange(self, path: str) -> Steps[Sequence[Row]]:
        found: list[Row] = []
        for exchange in self._exchanges:
            asked = {"exchange_code": exchange}
            found += yield Call(Request("GET", path, json=asked), list_or_null)
        return found

    def _fill(self, row: Row, order: Row, count: int) -> Fill:
        return Fill(
            trade_id=f"{row['order_id']}-{count}",
            broker_order_id=row["order_id"],
            client_order_id=order["user_remark"] or "",
            instrument=self.instrument(row),
            side=Side(row["action"].upper()),
            product=HELD_AS[row["product_type"].lower()],
            quantity=money(row["quantity"]),
            price=money(row["average_cost"]),
            at=seconds(order["order_datetime"]),
        )


def _terms_asked(wanted: Terms) -> dict[str, str]:
    asked = {"quantity": f"{wanted.quantity:f}", "price": f"{wanted.price or 0:f}"}
    return asked if wanted.trigger is None else {**asked, "stoploss": f"{wanted.trigger:f}"}


def _filled(row: Row, quantity: Decimal) -> Decimal:
    """
    What is neither pending nor cancelled. Of an order that was rejected, expired or is not at the
    exchange yet that may be all of it, and none is filled: the word outranks the sum.

    Raises ValueError where they contradict each other.
    """
    word, paid = row["status"].lower(), money(row["average_price"] or 0)
    if word in UNFILLED:
        if paid:
            raise ValueError(f"{word}, and yet it has an average price")
        return Decimal(0)
    filled = quantity - money(row["pending_quantity"]) - money(row["cancelled_quantity"])
    if word.startswith(PARTLY) and not (paid and 0 < filled < quantity):
        raise ValueError(f"{word}, and yet {filled} of {quantity} at {paid}")
    return filled


def _price(number: Any) -> Decimal | None:
    """0 or null for a price that the order type does not have."""
    return money(number or 0) or None


def _order_id(data: Mapping[str, Any]) -> str:
    return order_number(data["order_id"])


def _taken(data: Mapping[str, Any]) -> None:
    _order_id(data)
