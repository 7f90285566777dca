"""The shapes of orders and tickets."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tradegram.api.call import Shape
from tradegram.api.shapes import AccountWord, Amount, Done, Number, Time, Word
from tradegram.chat.states import Listed, Unified
from tradegram.model import OrderType, Product, Side, TimeInForce


class OrderTypeWord(StrEnum):
    """SL is STOP_LIMIT and SL-M is STOP; both words are taken, and the first two are given."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    SL = "SL"
    SL_M = "SL-M"
    STOP_LIMIT = "STOP_LIMIT"
    STOP = "STOP"

    @property
    def order_type(self) -> OrderType:
        return OUR_TYPE[self]


OUR_TYPE = {
    OrderTypeWord.MARKET: OrderType.MARKET,
    OrderTypeWord.LIMIT: OrderType.LIMIT,
    OrderTypeWord.SL: OrderType.STOP_LIMIT,
    OrderTypeWord.SL_M: OrderType.STOP,
    OrderTypeWord.STOP_LIMIT: OrderType.STOP_LIMIT,
    OrderTypeWord.STOP: OrderType.STOP,
}
TYPE_WORD = {
    OrderType.MARKET: OrderTypeWord.MARKET,
    OrderType.LIMIT: OrderTypeWord.LIMIT,
    OrderType.STOP_LIMIT: OrderTypeWord.SL,
    OrderType.STOP: OrderTypeWord.SL_M,
}


class ReasonShape(Shape):
    """Why an order did not go through; message in the broker's own words or in ours."""

    code: str
    message: str
    hint: str


class OrderShape(Shape):
    """
    orderId: ours; the broker's is brokerOrderId, once it has one. status: system E's word, state:
    this desk's. quantity, filledQuantity: units; prices: per unit.
    """

    order_id: str
    broker_order_id: str | None = None
    account_id: str
    broker: str
    symbol: str
    exchange: str
    transaction_type: Side
    order_type: OrderTypeWord
    quantity: Number
    price: Number
    trigger_price: Number | None = None
    product: Product
    validity: TimeInForce
    status: Listed
    state: Unified
    filled_quantity: Number
    average_price: Number
    order_time: Time
    ticket_id: str | None = None
    cancel_wanted: bool = False
    change_wanted: bool = False
    reason: ReasonShape | None = None


class OrderAnswer(Done):
    order: OrderShape
    message: str | None = None


class OrdersAnswer(Done):
    """nextCursor: the parameter `cursor` of the next page; missing on the last."""

    orders: list[OrderShape]
    next_cursor: str | None = None


class Cursor(Shape):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class AccountCursor(Cursor):
    """account: its number, id or name; without it your usual one."""

    account: AccountWord | None = None


class PlaceOrder(Shape):
    """
    As system E posts it. price counts for LIMIT and SL, triggerPrice for SL and SL-M; where they
    do not count they are not looked at. stopLoss, target: prices at which the desk exits later.
    """

    symbol: Word
    exchange: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    transaction_type: Side
    order_type: OrderTypeWord
    quantity: Amount
    price: Amount | None = None
    trigger_price: Amount | None = None
    product: Product | None = None
    validity: TimeInForce | None = None
    stop_loss: Amount | None = None
    target: Amount | None = None
    note: Annotated[str, Field(max_length=100)] | None = None


class PlainOrder(Shape):
    """As system A posts it, with price and trigger for the order types that want them."""

    symbol: Word
    side: Side
    qty: Amount
    order_type: Annotated[OrderTypeWord, Field(alias="order_type")]
    take_profit: Annotated[Amount | None, Field(alias="TP")] = None
    stop_loss: Annotated[Amount | None, Field(alias="SL")] = None
    price: Amount | None = None
    trigger: Amount | None = None
    product: Product | None = None
    validity: TimeInForce | None = None
    exchange: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    account: AccountWord | None = None


class OpenTicket(PlaceOrder):
    """As placeOrder takes it, with the account in the body."""

    account: AccountWord | None = None


class TicketVersion(Shape):
    """version: the one that was looked at; with an older one nothing is done."""

    version: Annotated[int, Field(ge=1, le=10**6)]


class EditTicket(TicketVersion):
    """
    What is not said stays as it is; a stopLoss or target of null is taken off. price makes it a
    LIMIT, or an SL where there is a triggerPrice, unless orderType says something else.
    """

    quantity: Amount | None = None
    order_type: OrderTypeWord | None = None
    price: Amount | None = None
    trigger_price: Amount | None = None
    product: Product | None = None
    validity: TimeInForce | None = None
    stop_loss: Amount | None = None
    target: Amount | None = None


class NewTerms(Shape):
    """What is not said stays as it is."""

    qty: Amount | None = None
    price: Amount | None = None
    trigger: Amount | None = None


class ChangeOrder(Shape):
    """As system A posts it."""

    new_params: Annotated[NewTerms, Field(alias="new_params")]


class CancelQuery(Shape):
    """reason: kept in the audit."""

    reason: Annotated[str, Field(max_length=100)] | None = None


class TicketShape(Shape):
    """
    An order that waits for Confirm. state: OPEN, CONFIRMED, CANCELLED or EXPIRED. value, margin:
    what it comes to; worstPrice: the most a BUY may pay, the least a SELL may get.
    """

    ticket_id: str
    version: int
    state: str
    account_id: str
    symbol: str
    exchange: str
    transaction_type: Side
    order_type: OrderTypeWord
    quantity: Number
    price: Number | None = None
    trigger_price: Number | None = None
    stop_loss: Number | None = None
    target: Number | None = None
    product: Product
    validity: TimeInForce
    currency: str
    worst_price: Number | None = None
    last_price: Number
    value: Number
    margin: Number
    charges: Number
    checks: list[str]
    expires_at: Time
    orders: list[OrderShape]


class TicketAnswer(Done):
    ticket: TicketShape
    message: str | None = None
