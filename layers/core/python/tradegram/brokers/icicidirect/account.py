"""
What the account holds: positions, holdings, money, and the margin of an order.

Money lies at the bank until the holder allocates it to a segment; an order takes what its own
segment has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, list_or_null, step
from tradegram.brokers.digits import money
from tradegram.brokers.icicidirect.dialect import (
    HELD_AS,
    SEGMENTS,
    SIDES,
    Dialect,
    Row,
    kind_of,
    name_of,
)
from tradegram.brokers.indian import written
from tradegram.brokers.listings import stranger
from tradegram.errors import OutcomeUnknown, Refused, SessionExpired
from tradegram.model import Funds, Holding, Instrument, OrderIntent, Position, Side

SEGMENT_NAMES = ("equity", "fno", "commodity", "currency")
SHARES = ("NSE", "BSE")
SIGNS = {"BUY": 1, "SELL": -1, "NA": 0}  # NA: it is flat


class Account(Dialect):
    def positions(self, account_id: str) -> Steps[Sequence[Position]]:
        """What was made or lost today is not said; it follows from the day's trades."""
        rows = yield Call(Request("GET", "/portfoliopositions"), list_or_null)
        traded: list[Row] = []
        for exchange in sorted({row["exchange_code"] for row in rows}):
            asked = {"exchange_code": exchange}
            ask = Request("GET", "/trades", json=asked)
            traded += yield Call(ask, list_or_null)
        return [self._position(account_id, row, _realised(row, traded)) for row in rows]

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]:
        """The depository says how many; the portfolio, where it answers, at what price."""
        rows = yield Call(Request("GET", "/dematholdings"), list_or_null)
        if not rows:
            return []
        priced = yield from self._portfolio()
        return [self._holding(account_id, row, priced) for row in rows if money(row["quantity"])]

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]:
        free = yield from self._money(account_id, SEGMENT_NAMES)
        return [free]

    def margin_for(self, account_id: str, intents: Sequence[OrderIntent]) -> Steps[Funds]:
        """Of several segments together it says what all of them have."""
        segments = {SEGMENTS[self.listed(one.instrument).segment] for one in intents}
        used = sum((_value(one) for one in intents if not one.instrument.expiry), Decimal(0))
        derivatives: defaultdict[str, list[OrderIntent]] = defaultdict(list)
        for one in intents:
            if one.instrument.expiry:
                derivatives[self.listed(one.instrument).segment].append(one)
        for exchange, some in derivatives.items():
            used += yield from self._margin(exchange, some)
        free = yield from self._money(account_id, sorted(segments))
        return Funds(account_id, free.currency, free.available, free.available, used)

    def _margin(self, exchange: str, intents: Sequence[OrderIntent]) -> Steps[Decimal]:
        asked = {
            "list_of_positions": [self._priced(one) for one in intents],
            "exchange_code": exchange,
        }
        ask = Request("POST", "/margincalculator", json=asked)
        said: Decimal = yield Call(ask, _margin)
        # Whether premiums are in it is not written; a premium is paid whatever the margin.
        premiums = sum(
            (_value(one) for one in intents if one.instrument.kind.is_option), Decimal(0)
        )
        return max(said, premiums)

    def _money(self, account_id: str, segments: Sequence[str]) -> Steps[Funds]:
        def read(data: Any) -> Funds:
            balance = sum((money(data[f"allocated_{one}"]) for one in segments), Decimal(0))
            used = sum((money(data[f"block_by_trade_{one}"]) for one in segments), Decimal(0))
            return Funds(account_id, "INR", balance, balance - used, used)

        return step(Call(Request("GET", "/funds"), read))

    def _portfolio(self) -> Steps[Mapping[str, Row]]:
        asked = {"exchange_code": "NSE", "from_date": "", "to_date": "", "stock_code": "",
                 "portfolio_type": ""}  # fmt: skip
        try:
            rows: Mapping[str, Row] = yield Call(
                Request("GET", "/portfolioholdings", json=asked),
                lambda data: {row["stock_code"]: row for row in list_or_null(data)},
            )
        except SessionExpired:
            raise
        except (Refused, OutcomeUnknown):
            return {}  # the number of shares is worth showing without
        return rows

    def _position(self, account_id: str, row: Row, realised: Decimal) -> Position:
        quantity = money(row["quantity"]) * SIGNS[str(row["action"]).upper()]
        instrument, last = self.instrument(row), money(row["ltp"] or 0)
        average = money(row["average_price"] or 0)
        return Position(
            account_id=account_id,
            instrument=instrument,
            product=HELD_AS[row["product_type"].lower()],
            quantity=quantity,
            average_price=average if quantity else Decimal(0),
            last_price=last or None,
            realised=realised,
            unrealised=(last - average) * quantity if last else None,
        )

    def _holding(self, account_id: str, row: Row, priced: Mapping[str, Row]) -> Holding:
        said = priced.get(row["stock_code"])
        return Holding(
            account_id=account_id,
            instrument=self._share(row["stock_code"]),
            quantity=money(row["quantity"]),
            average_price=money(said["average_price"] or 0) if said else Decimal(0),
            last_price=money(said["current_market_price"] or 0) or None if said else None,
        )

    def _share(self, code: str) -> Instrument:
        """The depository does not say where it was bought."""
        found = (self.known(exchange, code) for exchange in SHARES)
        return next(filter(None, found), None) or stranger(SHARES[0], code)

    def _priced(self, intent: OrderIntent) -> dict[str, str]:
        one, expiry = self.named(intent.instrument, "product"), intent.instrument.expiry
        return {
            "strike_price": one["strike_price"],
            "quantity": f"{intent.quantity:f}",
            "right": one["right"],
            "product": kind_of(intent.instrument),
            "action": SIDES[intent.side],
            "price": f"{intent.price or 0:f}",
            "expiry_date": written(expiry) if expiry else "",
            "stock_code": one["stock_code"],
            "cover_order_flow": "N",
            "fresh_order_type": "N",
            "cover_limit_rate": "0",
            "cover_sltp_price": "0",
            "fresh_limit_rate": "0",
            "open_quantity": "0",
        }


def _realised(row: Row, traded: Sequence[Row]) -> Decimal:
    """Of as much as was both bought and sold today, at the averages of the day."""
    what = (row["exchange_code"], name_of(row), row["product_type"].lower())
    quantity, value = (
        {"buy": Decimal(0), "sell": Decimal(0)},
        {"buy": Decimal(0), "sell": Decimal(0)},
    )
    for trade in traded:
        if (trade["exchange_code"], name_of(trade), trade["product_type"].lower()) == what:
            side, count = trade["action"].lower(), money(trade["quantity"])
            quantity[side] += count
            value[side] += count * money(trade["average_cost"])
    closed = min(quantity.values())
    if not closed:
        return Decimal(0)
    return closed * (value["sell"] / quantity["sell"] - value["buy"] / quantity["buy"])


def _value(intent: OrderIntent) -> Decimal:
    """What a buy costs; a sale of what one has costs nothing."""
    if intent.side is Side.SELL:
        return Decimal(0)
    return intent.quantity * (intent.price or Decimal(0))


def _margin(data: Any) -> Decimal:
    return money(data["span_margin_required"]) + money(data["non_span_margin_required"])
