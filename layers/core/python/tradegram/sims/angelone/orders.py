"""Orders, as Angel One takes and lists them."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brokers.angelone.dialect import ORDER_TYPES, SIDES
from tradegram.brokers.indian import moment, stamp
from tradegram.sims.angelone.door import Door, No, Row
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.wire import Asked

TYPES = {word: order_type for order_type, word in ORDER_TYPES.items()}
BOUGHT = {word: side for side, word in SIDES.items()}
STATUSES = {
    Standing.RECEIVED: "open pending",
    Standing.WAITING: "trigger pending",
    Standing.OPEN: "open",
    Standing.FILLED: "complete",
    Standing.CANCELLED: "cancelled",
    Standing.REJECTED: "rejected",
    Standing.EXPIRED: "cancelled",  # there is no word of its own
}
LONGEST_TAG = 20


class Orders(Door):
    def place(self, asked: Asked) -> Row:
        order = asked.json
        one = self._named(order)
        if len(order.get("ordertag", "")) > LONGEST_TAG:
            raise No("AB4008", "ordertag length should be less than 20")
        if order["ordertype"] not in TYPES or order["duration"] != "DAY":
            raise No("AB1012", "Market orders and IOC are not allowed")
        trigger = Decimal(order["triggerprice"]) or None
        if (order["variety"] == "STOPLOSS") is (trigger is None):
            raise No("AB1008", "Invalid Order Variety")
        entry = self.floor.take(
            one, BOUGHT[order["transactiontype"]], TYPES[order["ordertype"]],
            self._units(order["quantity"], one),
            price=Decimal(order["price"]) or None, trigger=trigger,
            reference=order.get("ordertag", ""), product=order["producttype"],
            validity=order["duration"], more=self._kept(order),
        )  # fmt: skip
        if self.floor.used() > self.floor.cash:
            self.floor.end(entry, Standing.REJECTED, "RMS:Margin Exceeds, Required 1, Available 0")
        script = self._symbol(one)
        return {"script": script, "orderid": entry.order_id, "uniqueorderid": _unique(entry)}

    def modify(self, asked: Asked) -> Row:
        order = asked.json
        entry = self._entry(order)
        if self._named(order) != entry.instrument:
            raise No("AB1009", "Invalid symboltoken")
        self._alive(
            lambda: self.floor.change(
                entry,
                quantity=self._units(order["quantity"], entry.instrument),
                price=Decimal(order["price"]) or None,
                trigger=Decimal(order["triggerprice"]) or None,
                order_type=TYPES[order["ordertype"]],
            )
        )
        return {"orderid": entry.order_id, "uniqueorderid": _unique(entry)}

    def cancel(self, asked: Asked) -> Row:
        entry = self._entry(asked.json)
        self._alive(lambda: self.floor.cancel(entry))
        if "status" in entry.more:
            entry.more["status"] = "cancelled after market order"
        return {"orderid": entry.order_id, "uniqueorderid": _unique(entry)}

    def _kept(self, order: Row) -> dict[str, str]:
        if not self.after_hours:
            return {"variety": order["variety"]}
        return {"variety": "AMO", "status": "after market order req received"}

    def book(self, asked: Asked) -> list[Row] | None:
        return [self._order(entry) for entry in self.floor.entries.values()] or None

    def trades(self, asked: Asked) -> list[Row] | None:
        rows = []
        for trade in self.floor.trades:
            entry = trade.entry
            rows.append(
                {
                    "exchange": entry.instrument.exchange,
                    "producttype": entry.product,
                    "tradingsymbol": self._symbol(entry.instrument),
                    "transactiontype": entry.side.value,
                    "fillprice": f"{trade.price:f}",
                    "fillsize": self._lots(trade.quantity, entry.instrument),
                    "orderid": entry.order_id,
                    "fillid": trade.trade_id,
                    "filltime": f"{moment(trade.at):%H:%M:%S}",
                }
            )
        return rows or None

    def _order(self, entry: Entry) -> Row:
        one = entry.instrument
        status = entry.more.get("status") or STATUSES[entry.standing]
        return {
            "variety": entry.more["variety"],
            "ordertype": ORDER_TYPES[entry.order_type],
            "producttype": entry.product,
            "duration": entry.validity,
            "price": float(entry.price or 0),
            "triggerprice": float(entry.trigger or 0),
            "quantity": self._lots(entry.quantity, one),
            "disclosedquantity": "0",
            "tradingsymbol": self._symbol(one),
            "transactiontype": entry.side.value,
            "exchange": one.exchange,
            "symboltoken": self.token(one),
            "ordertag": entry.reference,
            "lotsize": f"{one.lot_size:f}",
            "averageprice": float(entry.average),
            "filledshares": self._lots(entry.filled, one),
            "unfilledshares": self._lots(entry.leaves, one),
            "orderid": entry.order_id,
            "uniqueorderid": _unique(entry),
            "text": entry.words,
            "status": status,
            "orderstatus": status,
            "updatetime": stamp(entry.updated_at),
        }


def _unique(entry: Entry) -> str:
    return f"5f0c7d10-6a7b-4a9d-9a55-{int(entry.order_id) % 10**12:012d}"
