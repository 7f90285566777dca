"""What the account holds: positions, holdings, money, and the margin of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, list_or_null, step
from tradegram.brokers.angelone.dialect import HELD_AS, ORDER_TYPES, PRODUCTS, SIDES, Dialect
from tradegram.brokers.digits import money
from tradegram.model import Funds, Holding, OrderIntent, Position

SECURE = "/rest/secure/angelbroking"

Row = Mapping[str, Any]


class Account(Dialect):
    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        def read(rows: Any) -> Sequence[Position]:
            return [self._position(account_id, row) for row in list_or_null(rows)]

        return step(Call(Request("GET", f"{SECURE}/order/v1/getPosition"), read))

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        def read(data: Any) -> Sequence[Holding]:
            # Without holdings it is null or an empty list, not a list in an object.
            return [
                self._holding(account_id, row) for row in (data or {"holdings": ()})["holdings"]
            ]

        return step(Call(Request("GET", f"{SECURE}/portfolio/v1/getAllHolding"), read))

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        def read(data: Any) -> Sequence[Funds]:
            free, used = money(data["net"]), money(data["utiliseddebits"])
            return [Funds(account_id, "INR", free + used, free, used)]

        return step(Call(Request("GET", f"{SECURE}/user/v1/getRMS"), read))

    def margin_for(self, account_id: str, intents: Sequence[OrderIntent]) -> Steps[Funds]:
        asked = {"positions": [self._priced(intent) for intent in intents]}
        ask = Request("POST", f"{SECURE}/margin/v1/batch", json=asked)
        used: Decimal = yield Call(ask, lambda data: money(data["totalMarginRequired"]))
        [free] = yield from self.funds(account_id)
        return Funds(account_id, free.currency, free.available, free.available, used)

    def _position(self, account_id: str, row: Row) -> Position:
        quantity, average = self.units(row["netqty"], row), money(row["avgnetprice"])
        instrument, last = self.instrument(row), money(row["ltp"])
        worth = (last - average) * quantity * instrument.multiplier
        return Position(
            account_id=account_id,
            instrument=instrument,
            product=HELD_AS[row["producttype"]],
            quantity=quantity,
            average_price=average if quantity else Decimal(0),
            last_price=last or None,
            realised=money(row["realised"]),
            unrealised=worth if last else None,
        )

    def _holding(self, account_id: str, row: Row) -> Holding:
        return Holding(
            account_id=account_id,
            instrument=self.instrument(row),
            # What was bought yesterday is counted apart until the depository has it.
            quantity=money(row["quantity"]) + money(row["t1quantity"]),
            average_price=money(row["averageprice"]),
            last_price=money(row["ltp"]) or None,
        )

    def _priced(self, intent: OrderIntent) -> dict[str, Any]:
        listing = self.listed(intent.instrument)
        return {
            "exchange": listing.segment,
            "qty": Decimal(self.counted(intent.quantity, intent.instrument)),
            "price": intent.price or Decimal(0),
            "productType": PRODUCTS[intent.product],
            "token": listing.token,
            "tradeType": SIDES[intent.side],
            "orderType": ORDER_TYPES[intent.order_type],
        }
