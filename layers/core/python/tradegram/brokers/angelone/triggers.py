"""
GTT rules: one condition each, kept for a year, for shares only.

A rule is ended by its number, its exchange and the instrument's token together, so our id of it
is made of the three: `1234:NSE:3045`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, each_trigger, list_or_null
from tradegram.brokers.angelone.dialect import HELD_AS, PRODUCTS, SIDES, Dialect
from tradegram.brokers.digits import money
from tradegram.brokers.triggers import Trigger, TriggerBook, TriggerReport
from tradegram.errors import UserError
from tradegram.model import Product, Side

WRITES = "/gtt-service/rest/secure/angelbroking/gtt/v1"
READS = "/rest/secure/angelbroking/gtt/v1"
LASTS = "365"  # days
PAGE = 50
# Words of a rule that is kept, and what they mean; FORALL asks for every one of them.
STATUSES = {
    "NEW": "active",
    "ACTIVE": "active",
    "SENTTOEXCHANGE": "triggered",
    "CANCELLED": "ended",
}


class Triggers(Dialect):
    def place_trigger(self, wanted: Trigger) -> Call[str]:
        if len(wanted.legs) != 1:
            raise UserError("Angel One keeps one price per order: give a stop or a target.")
        if wanted.product is not Product.DELIVERY:
            raise UserError("Angel One keeps such orders for delivery (CNC) only.")
        [(trigger, limit)] = wanted.legs
        named = self.named(wanted.instrument)
        rule = {
            **named,
            "producttype": PRODUCTS[wanted.product],
            "transactiontype": SIDES[Side(wanted.side)],
            "price": f"{limit:f}",
            "qty": self.counted(wanted.quantity, wanted.instrument),
            "disclosedqty": "0",
            "triggerprice": f"{trigger:f}",
            "timeperiod": LASTS,
        }

        def read(data: Any) -> str:
            return _id({**named, "id": data["id"]})

        return Call(Request("POST", f"{WRITES}/createRule", json=rule), read)

    def cancel_trigger(self, trigger_id: str) -> Call[None]:
        number, exchange, token = trigger_id.split(":")
        rule = {"id": number, "symboltoken": token, "exchange": exchange}
        return Call(Request("POST", f"{WRITES}/cancelRule", json=rule), _taken)

    def triggers(self) -> Steps[TriggerBook]:
        found, page = TriggerBook(()), 1
        while True:  # ends with a page that is not full; a walk is bounded
            asked = {"status": ["FORALL"], "page": page, "count": PAGE}
            rows = yield Call(Request("POST", f"{READS}/ruleList", json=asked), list_or_null)
            read = each_trigger(self._rule)(rows)
            found = TriggerBook(
                [*found.reports, *read.reports], [*found.unreadable, *read.unreadable]
            )
            if len(rows) < PAGE:
                return found
            page += 1

    def _rule(self, row: Mapping[str, Any]) -> TriggerReport:
        return TriggerReport(
            trigger_id=_id(row),
            instrument=self.instrument(row).key,
            status=STATUSES[row["status"]],
            words=row["status"],
            side=row["transactiontype"],
            quantity=self.units(row["qty"], row),
            product=HELD_AS[row["producttype"]],
            legs=[(money(row["triggerprice"]), money(row["price"]))],
        )


def _id(row: Mapping[str, Any]) -> str:
    return f"{row['id']}:{row['exchange']}:{row['symboltoken']}"


def _taken(data: Any) -> None:
    str(data["id"])
