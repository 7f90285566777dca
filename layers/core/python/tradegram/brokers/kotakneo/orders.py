"""Orders: placing, changing, ending, and what the books say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each, order_number, step
from tradegram.brokers.contract import Book
from tradegram.brokers.digits import money
from tradegram.brokers.indian import seconds
from tradegram.brokers.kotakneo.dialect import (
    BOUGHT_OR_SOLD,
    HELD_AS,
    MEANINGS,
    ORDER_TYPES,
    PRODUCTS,
    SIDES,
    VALIDITIES,
    Dialect,
    jdata,
    plain,
)
from tradegram.brokers.listings import check_counted
from tradegram.brokers.refusals import meaning
from tradegram.model import ExecutionReport, Fill, OrderIntent, ReportStatus, Terms

STATUSES = {
    "put order req received": ReportStatus.PENDING_NEW,
    "validation pending": ReportStatus.PENDING_NEW,
    "open pending": ReportStatus.PENDING_NEW,
    "after market order req received": ReportStatus.PENDING_NEW,
    "modify after market order req received": ReportStatus.PENDING_NEW,
    "open": ReportStatus.NEW,
    "trigger pending": ReportStatus.NEW,
    "modified": ReportStatus.NEW,
    "modify validation pending": ReportStatus.NEW,
    "modify pending": ReportStatus.NEW,
    "cancel pending": ReportStatus.NEW,
    "complete": ReportStatus.FILLED,
    "traded": ReportStatus.FILLED,
    "cancelled": ReportStatus.CANCELLED,
    "canceled": ReportStatus.CANCELLED,
    "cancelled after market order": ReportStatus.CANCELLED,
    "rejected": ReportStatus.REJECTED,
}
NO_WORDS = ("--", "NA")
COMMODITIES = "mcx_fo"


class Orders(Dialect):
    def place(self, intent: OrderIntent) -> Call[str]:
        listing = self.listed(intent.instrument)
        if listing.segment == COMMODITIES:
            # The quantity is sent as it is: nowhere else do lists differ in what they count.
            check_counted(self.profile.name, listing.instrument, intent.instrument)
        fields = {
            "am": "NO",
            "dq": "0",
            "es": listing.segment,
            "mp": "0",
            "pc": PRODUCTS[intent.product],
            "pf": "N",
            "pr": plain(intent.price),
            "pt": ORDER_TYPES[intent.order_type],
            "qt": plain(intent.quantity),
            "rt": VALIDITIES[intent.time_in_force],
            "tp": plain(intent.trigger),
            "ts": listing.symbol,
            "tt": SIDES[intent.side],
        }
        return Call(jdata("/quick/order/rule/ms/place", fields), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        listing = self.listed(intent.instrument)
        fields = {
            "am": "NO",
            "no": broker_order_id,
            "tk": listing.token,
            "es": listing.segment,
            "ts": listing.symbol,
            "tt": SIDES[intent.side],
            "pc": PRODUCTS[intent.product],
            "pt": ORDER_TYPES[wanted.order_type],
            "pr": plain(wanted.price),
            "qt": plain(wanted.quantity),
            "tp": plain(wanted.trigger),
            "dq": "0",
            "mp": "0",
            "vd": VALIDITIES[intent.time_in_force],
            "dd": "NA",
        }
        return Call(jdata("/quick/order/vr/modify", fields), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        return Call(jdata("/quick/order/cancel", {"on": broker_order_id, "am": "NO"}), _taken)

    def order_book(self) -> Steps[Book]:
        read = each(self.report, "nOrdNo")
        return step(Call(Request("GET", "/quick/user/orders"), lambda body: read(body["data"])))

    def trades(self) -> Steps[Sequence[Fill]]:
        rows = yield Call(Request("GET", "/quick/user/trades"), lambda body: body["data"])
        return sorted((self._fill(row) for row in rows), key=lambda fill: fill.at)

    def report(self, row: Mapping[str, Any]) -> ExecutionReport:
        words = "" if row["rejRsn"] in NO_WORDS else row["rejRsn"] or ""
        quantity = money(row["qty"])
        # Zero stands for a price that the order type does not have.
        terms = Terms(quantity, money(row["prc"]) or None, money(row["trgPrc"]) or None)
        return ExecutionReport(
            broker_order_id=row["nOrdNo"],
            client_order_id="",
            # Never .get(..., default): an unknown word must raise an alert.
            status=STATUSES[row["ordSt"].lower()],
            quantity=quantity,
            cum_quantity=money(row["fldQty"]),
            average_price=money(row["avgPrc"]),
            reported_at=seconds(row["ordDtTm"]),
            text=words,
            terms=terms,
            instrument=self.instrument(row["exSeg"], row["trdSym"]).key,
            side=BOUGHT_OR_SOLD[row["trnsTp"]],
            code=meaning(words, MEANINGS),
        )

    def _fill(self, row: Mapping[str, Any]) -> Fill:
        return Fill(
            trade_id=str(row["flId"]),
            broker_order_id=row["nOrdNo"],
            client_order_id="",
            instrument=self.instrument(row["exSeg"], row["trdSym"]),
            side=BOUGHT_OR_SOLD[row["trnsTp"]],
            product=HELD_AS[row["prod"]],
            quantity=money(row["fldQty"]),
            price=money(row["avgPrc"]),
            at=seconds(row["exTm"]),
        )


def _order_id(body: Any) -> str:
    return order_number(body["nOrdNo"])


def _taken(body: Any) -> None:
    _order_id(body)
