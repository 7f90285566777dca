"""Orders: placing, changing, ending, and what the book says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each, order_number, step, whole_list
from tradegram.brokers.contract import Book
from tradegram.brokers.digits import money
from tradegram.brokers.refusals import meaning
from tradegram.brokers.zerodha.dialect import (
    HELD_AS,
    MEANINGS,
    ORDER_TYPES,
    PRODUCTS,
    SIDES,
    VALIDITIES,
    Dialect,
    seconds,
)
from tradegram.model import ExecutionReport, Fill, OrderIntent, ReportStatus, Side, Terms

STATUSES = {
    "PUT ORDER REQ RECEIVED": ReportStatus.PENDING_NEW,
    "VALIDATION PENDING": ReportStatus.PENDING_NEW,
    "OPEN PENDING": ReportStatus.PENDING_NEW,
    "AMO REQ RECEIVED": ReportStatus.PENDING_NEW,
    "OPEN": ReportStatus.NEW,
    "TRIGGER PENDING": ReportStatus.NEW,
    "MODIFY VALIDATION PENDING": ReportStatus.NEW,
    "MODIFY PENDING": ReportStatus.NEW,
    "MODIFIED": ReportStatus.NEW,
    "CANCEL PENDING": ReportStatus.NEW,
    "COMPLETE": ReportStatus.FILLED,
    "CANCELLED": ReportStatus.CANCELLED,
    "CANCELLED AMO": ReportStatus.CANCELLED,
    "REJECTED": ReportStatus.REJECTED,
}


class Orders(Dialect):
    def place(self, intent: OrderIntent) -> Call[str]:
        listing = self.listed(intent.instrument)
        form = {
            "exchange": listing.segment,
            "tradingsymbol": listing.symbol,
            "transaction_type": SIDES[intent.side],
            "order_type": ORDER_TYPES[intent.order_type],
            "product": PRODUCTS[intent.product],
            "validity": VALIDITIES[intent.time_in_force],
            "quantity": self.counted(intent.quantity, intent.instrument),
            "tag": intent.wire_id,
            **_prices(intent.price, intent.trigger),
        }
        return Call(Request("POST", "/orders/regular", form), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        form = {
            "order_type": ORDER_TYPES[wanted.order_type],
            "validity": VALIDITIES[intent.time_in_force],
            "quantity": self.counted(wanted.quantity, intent.instrument),
            **_prices(wanted.price, wanted.trigger),
        }
        return Call(Request("PUT", f"/orders/regular/{broker_order_id}", form), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        return Call(Request("DELETE", f"/orders/regular/{broker_order_id}"), _taken)

    def order_book(self) -> Steps[Book]:
        return step(Call(Request("GET", "/orders"), each(self.report)))

    def trades(self) -> Steps[Sequence[Fill]]:
        """A trade bears no tag; the book, read after, has that of every order traded."""
        rows = yield Call(Request("GET", "/trades"), whole_list)
        if not rows:
            return []
        tags = yield Call(Request("GET", "/orders"), _tags)
        fills = [self._fill(row, tags) for row in rows]
        return sorted(fills, key=lambda fill: fill.at)

    def report(self, row: Mapping[str, Any]) -> ExecutionReport:
        exchange, symbol = row["exchange"], row["tradingsymbol"]
        # STATUSES[...] and not .get(..., default): a status word we have never seen must raise
        # an alert, never pass for a word we know.
        return ExecutionReport(
            broker_order_id=row["order_id"],
            client_order_id=row["tag"] or "",
            status=STATUSES[row["status"]],
            quantity=self.units(row["quantity"], exchange, symbol),
            cum_quantity=self.units(row["filled_quantity"], exchange, symbol),
            average_price=money(row["average_price"]),
            reported_at=seconds(row["order_timestamp"]),
            text=row["status_message"] or "",
            terms=self._terms(row),
            instrument=f"{exchange}:{symbol}",
            side=row["transaction_type"],
            code=meaning(row["status_message"] or "", MEANINGS),
        )

    def _terms(self, row: Mapping[str, Any]) -> Terms:
        # Kite writes 0 for a price that the order type does not have.
        quantity = self.units(row["quantity"], row["exchange"], row["tradingsymbol"])
        return Terms(quantity, money(row["price"]) or None, money(row["trigger_price"]) or None)

    def _fill(self, row: Mapping[str, Any], tags: Mapping[str, str]) -> Fill:
        exchange, symbol = row["exchange"], row["tradingsymbol"]
        return Fill(
            trade_id=str(row["trade_id"]),
            broker_order_id=row["order_id"],
            client_order_id=tags.get(row["order_id"], ""),  # the list may lag behind the trades
            instrument=self.instrument(exchange, symbol),
            side=Side(row["transaction_type"]),
            product=HELD_AS[row["product"]],
            quantity=self.units(row["quantity"], exchange, symbol),
            price=money(row["average_price"]),
            at=seconds(row["fill_timestamp"]),
        )


def _prices(price: Decimal | None, trigger: Decimal | None) -> dict[str, str]:
    prices = {"price": price, "trigger_price": trigger}
    return {name: f"{one:f}" for name, one in prices.items() if one is not None}


def _tags(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {row["order_id"]: row["tag"] or "" for row in rows}


def _order_id(data: Any) -> str:
    return order_number(data["order_id"])


def _taken(data: Any) -> None:
    _order_id(data)
