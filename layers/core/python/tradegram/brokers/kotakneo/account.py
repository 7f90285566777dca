"""What the account holds: positions, holdings, money, and the margin of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, step
from tradegram.brokers.digits import money
from tradegram.brokers.kotakneo.dialect import (
    EXCHANGES,
    HELD_AS,
    ORDER_TYPES,
    PRODUCTS,
    SIDES,
    Dialect,
    jdata,
    plain,
)
from tradegram.brokers.kotakneo.login import LIMITS
from tradegram.brokers.kotakneo.market import last_prices
from tradegram.brokers.listings import stranger
from tradegram.errors import BrokerError
from tradegram.model import Funds, Holding, OrderIntent, Position


class Account(Dialect):
    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        """Its rows have no prices; they are asked for, and may be missing."""
        rows = yield Call(Request("GET", "/quick/user/positions"), lambda body: body["data"])
        held = [(self._position(account_id, row), _times(row)) for row in rows]
        wanted = [self._listings.of(one.instrument) for one, _ in held if self._is_listed(one)]
        try:
            prices = yield from last_prices(wanted)
        except BrokerError:
            prices = {}
        return [_priced(one, prices.get(one.instrument.key), times) for one, times in held]

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        def read(body: Any) -> Sequence[Holding]:
            return [self._holding(account_id, row) for row in body["data"]]

        return step(Call(Request("GET", "/portfolio/v1/holdings"), read))

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        def read(body: Any) -> Sequence[Funds]:
            free, used = money(body["Net"]), money(body["MarginUsed"])
            return [Funds(account_id, "INR", free + used, free, used)]

        return step(Call(jdata("/quick/user/limits", LIMITS), read))

    def margin_for(self, account_id: str, intents: Sequence[OrderIntent]) -> Steps[Funds]:
        """One order at a time: the sum, which no hedge makes smaller."""
        used = Decimal(0)
        for intent in intents:
            ask = jdata("/quick/user/check-margin", self._margin_fields(intent))
            used += yield Call(ask, lambda body: money(body["ordMrgn"]))
        [free] = yield from self.funds(account_id)
        return Funds(account_id, free.currency, free.available, free.available, used)

    def _is_listed(self, one: Position) -> bool:
        known = one.instrument != stranger(one.instrument.exchange, one.instrument.symbol)
        return known and bool(one.quantity)

    def _position(self, account_id: str, row: Mapping[str, Any]) -> Position:
        bought, paid = _both(row, "BuyQty"), _both(row, "BuyAmt", "buyAmt")
        sold, got = _both(row, "SellQty"), _both(row, "SellAmt", "sellAmt")
        quantity, times = bought - sold, _times(row)
        cost, units = (paid, bought) if quantity > 0 else (got, sold)
        average = cost / units / times if quantity else Decimal(0)
        return Position(
            account_id=account_id,
            instrument=self.instrument(row["exSeg"], row["trdSym"]),
            product=HELD_AS[row["prod"]],
            quantity=quantity,
            average_price=average,
            last_price=None,
            realised=got - paid + quantity * average * times,
            unrealised=None,
        )

    def _holding(self, account_id: str, row: Mapping[str, Any]) -> Holding:
        segment, token = row["exchangeSegment"], str(row["exchangeIdentifier"])
        try:
            instrument = self._listings.by_token(segment, token)
        except KeyError:
            instrument = stranger(EXCHANGES.get(segment) or segment, row["symbol"])
        return Holding(
            account_id=account_id,
            instrument=instrument,
            quantity=money(row["quantity"]),
            average_price=money(row["averagePrice"]),
            last_price=money(row["closingPrice"]) or None,
        )

    def _margin_fields(self, intent: OrderIntent) -> Mapping[str, str]:
        listing = self.listed(intent.instrument)
        return {
            "brkName": "KOTAK",
            "brnchId": "ONLINE",
            "exSeg": listing.segment,
            "prc": plain(intent.price),
            "prcTp": ORDER_TYPES[intent.order_type],
            "prod": PRODUCTS[intent.product],
            "qty": plain(intent.quantity),
            "tok": listing.token,
            "trgPrc": plain(intent.trigger),
            "trnsTp": SIDES[intent.side],
        }


def _both(row: Mapping[str, Any], name: str, today: str = "") -> Decimal:
    """Of today and carried forward."""
    return money(row[today or f"fl{name}"]) + money(row[f"cf{name}"])


def _times(row: Mapping[str, Any]) -> Decimal:
    """Money per unit and point."""
    above = money(row["multiplier"]) * money(row["genNum"]) * money(row["prcNum"])
    return above / (money(row["genDen"]) * money(row["prcDen"]))


def _priced(one: Position, last: Decimal | None, times: Decimal) -> Position:
    if last is None:
        return one
    gain = (last - one.average_price) * one.quantity * times
    return replace(one, last_price=last, unrealised=gain)
