"""
A trade: one execution as we keep it, for good, with what a report needs to know of it.

Kept as documents of kind `trade`. The key is made of what identifies an execution (account, day,
instrument, side, the exchange's trade id) and of nothing else, so that the broker's trade book
and a file of the same day name the same trade by the same key: keeping it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tradegram.model import Fill, Kind, Product, Side
from tradegram.ports import Document

KIND = "trade"
IST = ZoneInfo("Asia/Kolkata")
DAY_BEGINS = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Trade:
    """
    instrument: `NSE:INFY`. multiplier: money per unit and point.
    product:    None where the source does not say (a tradebook file does not).
    at:         seconds since the epoch. day: the trading day, see `day_of`.
    expiry:     of a derivative, where the source says.
    charges:    what the broker says it cost, in currency; None: unknown, to be estimated.
    source:     `book` (the broker's trade book) or `file`.
    """

    account_id: str
    trade_id: str
    broker_order_id: str
    instrument: str
    kind: Kind
    side: Side
    product: Product | None
    quantity: Decimal
    price: Decimal
    at: float
    day: date
    currency: str = "INR"
    multiplier: Decimal = Decimal(1)
    charges: Decimal | None = None
    source: str = "book"
    expiry: date | None = None

    @property
    def key(self) -> str:
        return f"{self.account_id}|{self.day}|{self.instrument}|{self.side}|{self.trade_id}"

    @property
    def value(self) -> Decimal:
        """Price x quantity x multiplier, in currency; always positive."""
        return self.price * self.quantity * self.multiplier

    @property
    def cash(self) -> Decimal:
        """What came in, negative when it went out; before charges."""
        return -self.value if self.side is Side.BUY else self.value

    @property
    def signed(self) -> Decimal:
        return self.quantity if self.side is Side.BUY else -self.quantity


def day_of(at: float) -> date:
    """
    The trading day of a moment: from 06:00 in Mumbai to 06:00 of the next day.

    Every exchange here closes before and opens after it, so that no session is divided, and it
    is the exchange's own date: New York's session ends at 02:30, MCX's before midnight.
    """
    return (datetime.fromtimestamp(at, IST) - DAY_BEGINS).date()


def trade_of(account_id: str, fill: Fill) -> Trade:
    """charges: brokers whose trade book has none leave them 0, which no trade costs."""
    one = fill.instrument
    return Trade(
        account_id=account_id,
        trade_id=fill.trade_id,
        broker_order_id=fill.broker_order_id,
        instrument=one.key,
        kind=one.kind,
        side=fill.side,
        product=fill.product,
        quantity=fill.quantity,
        price=fill.price,
        at=fill.at,
        day=day_of(fill.at),
        currency=one.currency,
        multiplier=one.multiplier,
        charges=fill.charges or None,
        expiry=one.expiry,
    )


def document(trade: Trade) -> Document:
    body: dict[str, Any] = {
        "account": trade.account_id,
        "trade": trade.trade_id,
        "order": trade.broker_order_id,
        "instrument": trade.instrument,
        "kind": trade.kind,
        "side": trade.side,
        "product": trade.product,
        "quantity": str(trade.quantity),
        "price": str(trade.price),
        "at": trade.at,
        "day": trade.day.isoformat(),
        "currency": trade.currency,
        "multiplier": str(trade.multiplier),
        "charges": None if trade.charges is None else str(trade.charges),
        "source": trade.source,
        "expiry": None if trade.expiry is None else trade.expiry.isoformat(),
    }
    return Document(KIND, trade.key, body)


def read(body: Mapping[str, Any]) -> Trade:
    return Trade(
        account_id=body["account"],
        trade_id=body["trade"],
        broker_order_id=body["order"],
        instrument=body["instrument"],
        kind=Kind(body["kind"]),
        side=Side(body["side"]),
        product=None if body["product"] is None else Product(body["product"]),
        quantity=Decimal(body["quantity"]),
        price=Decimal(body["price"]),
        at=body["at"],
        day=date.fromisoformat(body["day"]),
        currency=body["currency"],
        multiplier=Decimal(body["multiplier"]),
        charges=None if body["charges"] is None else Decimal(body["charges"]),
        source=body["source"],
        expiry=None if body["expiry"] is None else date.fromisoformat(body["expiry"]),
    )


def in_words(trade: Trade) -> str:
    """For the audit chain: `BUY 10 NSE:INFY @ 1500.5 (trade 123)`."""
    return (
        f"{trade.side} {trade.quantity:f} {trade.instrument} @ {trade.price:f} "
        f"(trade {trade.trade_id})"
    )


def symbol_of(trade: Trade) -> str:
    return trade.instrument.partition(":")[2]


def exchange_of(trade: Trade) -> str:
    return trade.instrument.partition(":")[0]
