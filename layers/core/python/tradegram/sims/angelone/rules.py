"""GTT rules: looked at whenever somebody asks for anything. What they send bears no tag."""

from __future__ import annotations

from decimal import Decimal

from tradegram.brokers.indian import moment
from tradegram.model import Instrument, OrderType
from tradegram.sims.angelone.door import Door, No, Row
from tradegram.sims.angelone.orders import BOUGHT
from tradegram.sims.wire import Asked


class Rules(Door):
    def create_rule(self, asked: Asked) -> Row:
        one, number = self._named(asked.json), str(len(self.rules) + 1)
        self.rules[number] = {
            **asked.json, "id": number, "status": "NEW", "clientid": self.client,
            "createddate": self._written(), "updateddate": self._written(),
        }  # fmt: skip
        self.rises[number] = Decimal(asked.json["triggerprice"]) >= self.floor.price(one)
        return {"id": number}

    def cancel_rule(self, asked: Asked) -> Row:
        number = str(asked.json["id"])
        if number not in self.rules or self.rules[number]["status"] != "NEW":
            raise No("AB1013", "Rule not found")
        self._now(self.rules[number], "CANCELLED")
        return {"id": number}

    def list_rules(self, asked: Asked) -> list[Row] | None:
        page, count = int(asked.json["page"]), int(asked.json["count"])
        return list(self.rules.values())[(page - 1) * count : page * count] or None

    def look_at_rules(self) -> None:
        """Send what was reached."""
        for number, rule in self.rules.items():
            if rule["status"] != "NEW":
                continue
            one, wanted = self._named(rule), Decimal(rule["triggerprice"])
            last = self.floor.price(one)
            if (last >= wanted) if self.rises[number] else (last <= wanted):
                self._now(rule, "SENTTOEXCHANGE")
                self._send(rule, one)

    def _send(self, rule: Row, one: Instrument) -> None:
        self.floor.take(
            one, BOUGHT[rule["transactiontype"]], OrderType.LIMIT, self._units(rule["qty"], one),
            price=Decimal(rule["price"]), product=rule["producttype"], validity="DAY",
            more={"variety": "NORMAL"},
        )  # fmt: skip

    def _now(self, rule: Row, status: str) -> None:
        rule |= {"status": status, "updateddate": self._written()}

    def _written(self) -> str:
        return moment(self.floor.now()).isoformat()
