"""
Orders: placing, changing, ending, and what the book says of them.

What the broker keeps for the next session is of a third variety, and is changed and cancelled by
that alone. The book says which it is, and the id that we keep says it too (`AMO:2611...`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each, list_or_null, order_number, step
from tradegram.brokers.angelone.dialect import (
    HELD_AS,
    MEANINGS,
    ORDER_TYPES,
    PRODUCTS,
    SIDES,
    VALIDITIES,
    Dialect,
)
from tradegram.brokers.contract import Book
from tradegram.brokers.digits import money
from tradegram.brokers.indian import IST, moment, seconds
from tradegram.brokers.refusals import meaning
from tradegram.model import (
    ExecutionReport,
    Fill,
    OrderIntent,
    OrderType,
    ReportStatus,
    Side,
    Terms,
)

ORDERS = "/rest/secure/angelbroking/order/v1"

NORMAL, STOPLOSS, AFTER_HOURS = "NORMAL", "STOPLOSS", "AMO"
VARIETIES = {OrderType.LIMIT: NORMAL, OrderType.STOP_LIMIT: STOPLOSS}

STATUSES = {
    "validation pending": ReportStatus.PENDING_NEW,
    "put order req received": ReportStatus.PENDING_NEW,
    "open pending": ReportStatus.PENDING_NEW,
    "after market order req received": ReportStatus.PENDING_NEW,
    "modify after market order req received": ReportStatus.PENDING_NEW,
    "modify amo req received": ReportStatus.PENDING_NEW,
    "open": ReportStatus.NEW,
    "trigger pending": ReportStatus.NEW,
    "modified": ReportStatus.NEW,
    "modify pending": ReportStatus.NEW,
    "complete": ReportStatus.FILLED,
    "cancelled": ReportStatus.CANCELLED,
    "cancelled after market order": ReportStatus.CANCELLED,
    "rejected": ReportStatus.REJECTED,
}

Row = Mapping[str, Any]


class Orders(Dialect):
    def place(self, intent: OrderIntent) -> Call[str]:
        order = {
            "variety": VARIETIES[intent.order_type],
            **self.named(intent.instrument),
            "transactiontype": SIDES[intent.side],
            "producttype": PRODUCTS[intent.product],
            "duration": VALIDITIES[intent.time_in_force],
            **self._terms_asked(intent, Terms(intent.quantity, intent.price, intent.trigger)),
            "squareoff": "0",
            "stoploss": "0",
            "ordertag": intent.wire_id,
        }
        return Call(Request("POST", f"{ORDERS}/placeOrder", json=order), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        order = {
            **_which(intent, broker_order_id),
            **self.named(intent.instrument),
            "producttype": PRODUCTS[intent.product],
            "duration": VALIDITIES[intent.time_in_force],
            **self._terms_asked(intent, wanted),
        }
        return Call(Request("POST", f"{ORDERS}/modifyOrder", json=order), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        order = _which(intent, broker_order_id)
        return Call(Request("POST", f"{ORDERS}/cancelOrder", json=order), _taken)

    def order_book(self) -> Steps[Book]:
        read = each(self.report, "orderid")
        ask = Request("GET", f"{ORDERS}/getOrderBook")
        return step(Call(ask, lambda data: read(list_or_null(data))))

    def trades(self) -> Steps[Sequence[Fill]]:
        """A trade has no tag and no day; the book, read after, has both of every order traded."""
        rows = yield Call(Request("GET", f"{ORDERS}/getTradeBook"), list_or_null)
        if not rows:
            return []
        book = yield Call(Request("GET", f"{ORDERS}/getOrderBook"), list_or_null)
        placed = {row["orderid"]: row for row in book}
        fills = [self._fill(row, placed[row["orderid"]]) for row in rows]
        return sorted(fills, key=lambda fill: fill.at)

    def report(self, row: Row) -> ExecutionReport:
        # STATUSES[...] and not .get(..., default): a status word we have never seen must raise
        # an alert, never pass for a word we know.
        return ExecutionReport(
            broker_order_id=_id(row),
            client_order_id=row["ordertag"] or "",
            status=STATUSES[row["status"].lower()],
            quantity=self.units(row["quantity"], row),
            cum_quantity=self.units(row["filledshares"], row),
            average_price=money(row["averageprice"]),
            reported_at=seconds(row["updatetime"]),
            text=row["text"] or "",
            terms=Terms(
                self.units(row["quantity"], row),
                money(row["price"]) or None,  # 0 for a price that the order type does not have
                money(row["triggerprice"]) or None,
            ),
            instrument=self.instrument(row).key,
            side=row["transactiontype"],
            code=meaning(row["text"] or "", MEANINGS),
        )

    def _terms_asked(self, intent: OrderIntent, wanted: Terms) -> dict[str, str]:
        return {
            "ordertype": ORDER_TYPES[wanted.order_type],
            "price": _price(wanted.price),
            "triggerprice": _price(wanted.trigger),
            "quantity": self.counted(wanted.quantity, intent.instrument),
        }

    def _fill(self, row: Row, order: Row) -> Fill:
        on = moment(seconds(order["updatetime"])).date()
        traded = datetime.combine(on, time.fromisoformat(row["filltime"]), IST)
        where = {**row, "symboltoken": order["symboltoken"]}
        return Fill(
            trade_id=str(row["fillid"]),
            broker_order_id=_id(order),
            client_order_id=order["ordertag"] or "",
            instrument=self.instrument(where),
            side=Side(row["transactiontype"]),
            product=HELD_AS[row["producttype"]],
            quantity=self.units(row["fillsize"], where),
            price=money(row["fillprice"]),
            at=traded.timestamp(),
        )


def _id(row: Row) -> str:
    # Letters come after digits, so that of two ids of one order this one stays (orders.state.fold).
    number: str = row["orderid"]
    return f"{AFTER_HOURS}:{number}" if row["variety"] == AFTER_HOURS else number


def _which(intent: OrderIntent, broker_order_id: str) -> dict[str, str]:
    variety, _, number = broker_order_id.rpartition(":")
    return {"variety": variety or VARIETIES[intent.order_type], "orderid": number}


def _price(price: Decimal | None) -> str:
    return "0" if price is None else f"{price:f}"


def _order_id(data: Any) -> str:
    return order_number(data["orderid"])


def _taken(data: Any) -> None:
    _order_id(data)
