"""
Zerodha Kite Connect v3.

Source: https://kite.trade/docs/connect/v3/orders, read 2026-11-20; forum threads by number.
Kite keeps our client order id as `tag`, shows it in the order book, and does not refuse a
second order with the same tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tradegram.brokers.adapter import Call, Reply, Request, Steps, each, step
from tradegram.brokers.contract import Book, Identity, Login, Profile
from tradegram.codes import Code
from tradegram.errors import Refused, SessionExpired, Throttled
from tradegram.model import (
    ExecutionReport,
    OrderIntent,
    OrderType,
    Product,
    ReportStatus,
    Session,
    Side,
    Terms,
    TimeInForce,
)

IST = ZoneInfo("Asia/Kolkata")

SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
ORDER_TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP_LIMIT: "SL",
    OrderType.STOP: "SL-M",
}
PRODUCTS = {Product.DELIVERY: "CNC", Product.INTRADAY: "MIS", Product.CARRY_FORWARD: "NRML"}
VALIDITIES = {TimeInForce.DAY: "DAY", TimeInForce.IOC: "IOC"}

STATUSES = {
    "PUT ORDER REQ RECEIVED": ReportStatus.PENDING_NEW,
    "VALIDATION PENDING": ReportStatus.PENDING_NEW,
    "OPEN PENDING": ReportStatus.PENDING_NEW,
    "AMO REQ RECEIVED": ReportStatus.PENDING_NEW,
    "OPEN": ReportStatus.NEW,
    "TRIGGER PENDING": ReportStatus.NEW,
    "MODIFY VALIDATION PENDING": ReportStatus.NEW,
    "MODIFY PENDING": ReportStatus.NEW,
    "MODIFIED": ReportStatus.NEW,
    "CANCEL PENDING": ReportStatus.NEW,
    "COMPLETE": ReportStatus.FILLED,
    "CANCELLED": ReportStatus.CANCELLED,
    "CANCELLED AMO": ReportStatus.CANCELLED,
    "REJECTED": ReportStatus.REJECTED,
}

# Only these error types prove that no order exists, and only where the status blames the request
# (after any other "check orderbook", forum comment 41029). NetworkException, DataException and
# GeneralException do not: Kite raises them when its own order system did not answer.
REFUSALS = {
    "InputException": Code.INVALID_ORDER,
    "MarginException": Code.INSUFFICIENT_FUNDS,
    "HoldingException": Code.INSUFFICIENT_FUNDS,
    "OrderException": Code.ORDER_REJECTED,
}

# Words that say more than the type beside them, in lower case. The order of the rows decides.
MEANINGS = (
    ("no ips configured for this app", Code.IP_NOT_REGISTERED),
    ("allowed to place orders for this app", Code.IP_NOT_REGISTERED),
    ("has either expired or does not exist", Code.INVALID_SYMBOL),
    ("insufficient funds", Code.INSUFFICIENT_FUNDS),
    ("margin exceeds", Code.INSUFFICIENT_FUNDS),
)

# A 400 OrderException with this text was followed, 8 seconds later, by a live order
# (forum comment 35732), so here the text outranks both the type and the status code.
NOT_A_REFUSAL = ("timed out", "timeout", "time out")


class Zerodha:
    profile = Profile(
        name="zerodha",
        title="Zerodha",
        identity=Identity.ECHO,
        tag_length=20,
        orders_per_second=10,
        listing_lag=120.0,
        # A request may be 60 s on its way, and one that "timed out" was placed 8 s later.
        receive_window=150.0,
        # MARKET and SL-M are refused without a protection of the broker's choosing (forum
        # discussion 15912); we send the worst price that the ticket showed instead.
        order_types=frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT}),
        products=frozenset(PRODUCTS),
        times_in_force=frozenset(VALIDITIES),
        plain_market=False,
        source="https://kite.trade/docs/connect/v3",
        login=Login.REDIRECT,
        hosts={"api": "https://api.kite.trade", "login": "https://kite.zerodha.com"},
        modifications_per_order=25,
        replaces_type=True,
    )

    def sign(self, request: Request, session: Session, at: float) -> Request:
        token = f"token {session.secrets['api_key']}:{session.secrets['access_token']}"
        ours = {"X-Kite-Version": "3", "Authorization": token}
        return replace(request, headers={**request.headers, **ours})

    def unwrap(self, reply: Reply) -> Any:
        return reply.body["data"]

    def refusal(self, reply: Reply) -> Refused | None:
        if reply.status == 429:
            return Throttled("zerodha", "order rate limit", retry_after=1.0)
        kind, text = reply.body.get("error_type", ""), reply.body.get("message", "")
        if kind == "TokenException":
            return SessionExpired("zerodha", text, code=kind)
        in_doubt = reply.status >= 500 or any(words in text.lower() for words in NOT_A_REFUSAL)
        if kind in REFUSALS and not in_doubt:
            return Refused("zerodha", text, code=kind, means=meaning(text) or REFUSALS[kind])
        if meaning(text) == Code.IP_NOT_REGISTERED and not in_doubt:
            # Said under several types; the check of the address comes before that of the order.
            return Refused("zerodha", text, code=kind, means=Code.IP_NOT_REGISTERED)
        return None

    def place(self, intent: OrderIntent) -> Call[str]:
        form = {
            "exchange": intent.instrument.exchange,
            "tradingsymbol": intent.instrument.symbol,
            "transaction_type": SIDES[intent.side],
            "order_type": ORDER_TYPES[intent.order_type],
            "product": PRODUCTS[intent.product],
            "validity": VALIDITIES[intent.time_in_force],
            "quantity": f"{intent.quantity:f}",
            "tag": intent.wire_id,
        }
        if intent.price is not None:
            form["price"] = f"{intent.price:f}"
        if intent.trigger is not None:
            form["trigger_price"] = f"{intent.trigger:f}"
        return Call(Request("POST", "/orders/regular", form), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        form = {
            "order_type": ORDER_TYPES[wanted.order_type],
            "validity": VALIDITIES[intent.time_in_force],
            "quantity": f"{wanted.quantity:f}",
        }
        if wanted.price is not None:
            form["price"] = f"{wanted.price:f}"
        if wanted.trigger is not None:
            form["trigger_price"] = f"{wanted.trigger:f}"
        return Call(Request("PUT", f"/orders/regular/{broker_order_id}", form), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        return Call(Request("DELETE", f"/orders/regular/{broker_order_id}"), _taken)

    def order_book(self) -> Steps[Book]:
        return step(Call(Request("GET", "/orders"), each(_report)))


def meaning(words: str) -> str:
    """What the broker's own words mean, where this table knows them; else ""."""
    said = words.lower()
    return next((code for known, code in MEANINGS if known in said), "")


def _order_id(data: Any) -> str:
    return str(data["order_id"])


def _taken(data: Any) -> None:
    _order_id(data)


def _report(row: Mapping[str, Any]) -> ExecutionReport:
    # STATUSES[...] and not .get(..., default): a status word we have never seen must raise an
    # alert, never pass for a word we know.
    return ExecutionReport(
        broker_order_id=row["order_id"],
        client_order_id=row["tag"] or "",
        status=STATUSES[row["status"]],
        quantity=Decimal(row["quantity"]),
        cum_quantity=Decimal(row["filled_quantity"]),
        average_price=Decimal(str(row["average_price"])),
        reported_at=datetime.fromisoformat(row["order_timestamp"]).replace(tzinfo=IST).timestamp(),
        text=row["status_message"] or "",
        terms=_terms(row),
        instrument=f"{row['exchange']}:{row['tradingsymbol']}",
        side=row["transaction_type"],
        code=meaning(row["status_message"] or ""),
    )


def _terms(row: Mapping[str, Any]) -> Terms:
    # Kite writes 0 for a price that the order type does not have.
    price, trigger = Decimal(str(row["price"])), Decimal(str(row["trigger_price"]))
    return Terms(Decimal(row["quantity"]), price or None, trigger or None)
