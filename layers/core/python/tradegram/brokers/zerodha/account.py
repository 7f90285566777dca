"""What the account holds: positions, holdings, money, and the margin of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, step
from tradegram.brokers.digits import money
from tradegram.brokers.zerodha.dialect import HELD_AS, ORDER_TYPES, PRODUCTS, SIDES, Dialect
from tradegram.model import Funds, Holding, OrderIntent, Position

BASKET = {"consider_positions": "true", "mode": "compact"}


class Account(Dialect):
    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        def read(data: Any) -> Sequence[Position]:
            return [self._position(account_id, row) for row in data["net"]]

        return step(Call(Request("GET", "/portfolio/positions"), read))

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        def read(rows: Any) -> Sequence[Holding]:
            return [self._holding(account_id, row) for row in rows]

        return step(Call(Request("GET", "/portfolio/holdings"), read))

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        def read(data: Any) -> Sequence[Funds]:
            return [_funds(account_id, data)]

        return step(Call(Request("GET", "/user/margins"), read))

    def margin_for(self, account_id: str, intents: Sequence[OrderIntent]) -> Steps[Funds]:
        orders = [self._priced(intent) for intent in intents]
        ask = Request("POST", "/margins/basket", json=orders, query=BASKET)
        used: Decimal = yield Call(ask, lambda data: money(data["final"]["total"]))
        [free] = yield from self.funds(account_id)
        return Funds(account_id, free.currency, free.available, free.available, used)

    def _position(self, account_id: str, row: Mapping[str, Any]) -> Position:
        exchange, symbol = row["exchange"], row["tradingsymbol"]
        counted, average = money(row["quantity"]), money(row["average_price"])
        times, last = money(row["multiplier"]), money(row["last_price"])
        # Its own `realised` and `unrealised` are not kept up during the day.
        earned = money(row["sell_value"]) - money(row["buy_value"])
        return Position(
            account_id=account_id,
            instrument=self.instrument(exchange, symbol),
            product=HELD_AS[row["product"]],
            quantity=self.units(counted, exchange, symbol),
            average_price=average,
            last_price=last or None,
            realised=earned + counted * average * times,
            unrealised=(last - average) * counted * times if last else None,
        )

    def _holding(self, account_id: str, row: Mapping[str, Any]) -> Holding:
        exchange, symbol = row["exchange"], row["tradingsymbol"]
        return Holding(
            account_id=account_id,
            instrument=self.instrument(exchange, symbol),
            # What was bought yesterday is counted apart until the depository has it.
            quantity=money(row["quantity"]) + money(row["t1_quantity"]),
            average_price=money(row["average_price"]),
            last_price=money(row["last_price"]) or None,
        )

    def _priced(self, intent: OrderIntent) -> dict[str, Any]:
        listing = self.listed(intent.instrument)
        return {
            "exchange": listing.segment,
            "tradingsymbol": listing.symbol,
            "transaction_type": SIDES[intent.side],
            "variety": "regular",
            "product": PRODUCTS[intent.product],
            "order_type": ORDER_TYPES[intent.order_type],
            "quantity": Decimal(self.counted(intent.quantity, intent.instrument)),
            "price": intent.price or Decimal(0),
            "trigger_price": intent.trigger or Decimal(0),
        }


def _funds(account_id: str, data: Mapping[str, Any]) -> Funds:
    """
    Shares' and commodities' money together.

    `available.cash` has been seen as 0 where `net` was right, so it is not read.
    """
    segments = [one for one in (data["equity"], data["commodity"]) if one["enabled"]]
    free = sum((money(one["net"]) for one in segments), Decimal(0))
    used = sum((money(one["utilised"]["debits"]) for one in segments), Decimal(0))
    return Funds(account_id, "INR", free + used, free, used)
