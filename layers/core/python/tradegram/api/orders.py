"""Endpoints about orders, in the shapes of system E (by account) and of system A (/api/orders)."""

from __future__ import annotations

from decimal import Decimal

from tradegram.api.call import Answer, Call, Scope, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import (
    account_of,
    bad_cursor,
    cursor_of,
    instrument_of,
    order_of,
    place_after,
)
from tradegram.api.placing import Told, change_asked_in_chat, place
from tradegram.api.route import Example, Route
from tradegram.api.shapes import DoneShape
from tradegram.api.shapes_orders import (
    AccountCursor,
    CancelQuery,
    ChangeOrder,
    Cursor,
    OrderAnswer,
    OrdersAnswer,
    OrderTypeWord,
    PlaceOrder,
    PlainOrder,
    TicketAnswer,
)
from tradegram.api.views import order_shape
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.codes import Code
from tradegram.errors import UserError
from tradegram.model import Account, Terms
from tradegram.orders.cancel import want_cancel
from tradegram.orders.replace import check_terms, want_replace
from tradegram.orders.state import Order
from tradegram.risk.changing import check_change

WITH_PRICE = {OrderTypeWord.LIMIT, OrderTypeWord.SL, OrderTypeWord.STOP_LIMIT}
WITH_TRIGGER = {OrderTypeWord.SL, OrderTypeWord.STOP_LIMIT, OrderTypeWord.SL_M, OrderTypeWord.STOP}
CANCELLING = "Order cancel requested; the order says when the broker has done it."
CHANGING = "Change requested; the order says when the broker has done it."


# -- place ---------------------------------------------------------------------------------------


def place_by_account(call: Call) -> Answer:
    account = account_of(call, call.place["account"])
    return place(call, order_asked(call, account, call.body))


def order_asked(call: Call, account: Account, wanted: PlaceOrder) -> Asked:
    """Raises Fault."""
    return asked(
        call, account, wanted.symbol, wanted.exchange, wanted.order_type,
        quantity=wanted.quantity, side=wanted.transaction_type, price=wanted.price,
        trigger=wanted.trigger_price, stop_loss=wanted.stop_loss, target=wanted.target,
        product=wanted.product, time_in_force=wanted.validity, note=wanted.note or "",
    )  # fmt: skip


def place_plain(call: Call) -> Answer:
    wanted: PlainOrder = call.body
    account = account_of(call, wanted.account)
    return place(
        call,
        asked(
            call, account, wanted.symbol, wanted.exchange, wanted.order_type,
            quantity=wanted.qty, side=wanted.side, price=wanted.price, trigger=wanted.trigger,
            stop_loss=wanted.stop_loss, target=wanted.take_profit, product=wanted.product,
            time_in_force=wanted.validity,
        ),
    )  # fmt: skip


def asked(
    call: Call,
    account: Account,
    symbol: str,
    exchange: str | None,
    kind: OrderTypeWord,
    *,
    price: Decimal | None,
    trigger: Decimal | None,
    stop_loss: Decimal | None,
    target: Decimal | None,
    **terms: object,
) -> Asked:
    """What chat would have understood. Raises Fault."""
    price = price if kind in WITH_PRICE else None
    trigger = trigger if kind in WITH_TRIGGER else None
    for word, value, needed in (("price", price, WITH_PRICE), ("trigger", trigger, WITH_TRIGGER)):
        if value is None and kind in needed:
            raise Fault(Code.INVALID_ORDER, f"An order of type {kind} needs a {word}.")
    return Asked(
        instrument=instrument_of(call.desk, symbol, exchange),
        order_type=kind.order_type,
        price=price,
        trigger=trigger,
        stop_loss=level(stop_loss),
        target=level(target),
        account=account.account_id,
        **terms,  # type: ignore[arg-type] # each is a field of Asked, with its own type
    )


def level(price: Decimal | None) -> Level | None:
    return None if price is None else Level(price, Unit.PRICE)


# -- look ----------------------------------------------------------------------------------------


def orders_of(call: Call, account: Account, page: Cursor) -> Answer:
    after = place_after(page.cursor)
    try:
        found = call.desk.store.orders(account.account_id, limit=page.limit, after=after)
    except ValueError:
        raise bad_cursor() from None
    shown = [order_shape(call.desk, order) for order in found.orders]
    return Answer(200, OrdersAnswer(orders=shown, next_cursor=cursor_of(found.after)))


def list_by_account(call: Call) -> Answer:
    return orders_of(call, account_of(call, call.place["account"]), call.query)


def list_plain(call: Call) -> Answer:
    return orders_of(call, account_of(call, call.query.account), call.query)


def meant(call: Call) -> Order:
    account = account_of(call, call.place["account"]) if "account" in call.place else None
    return order_of(call, call.place["order"], account)


def one(call: Call) -> Answer:
    return Answer(200, OrderAnswer(order=order_shape(call.desk, meant(call))))


# -- change and cancel ---------------------------------------------------------------------------


def cancel(call: Call) -> Answer:
    why = f"{call.caller.name}: {call.query.reason or 'asked by API'}"
    asked_for = Answer(200, DoneShape(message=CANCELLING))
    told = Told[Order](call, lambda wanted: asked_for)
    try:
        want_cancel(
            call.desk, meant(call).key, user_id=call.caller.user_id, why=why, along=told
        )  # fmt: skip
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    return told.answer or asked_for


def change(call: Call) -> Answer:
    order, wanted = meant(call), call.body.new_params
    terms = Terms(
        order.quantity if wanted.qty is None else wanted.qty,
        order.price if wanted.price is None else wanted.price,
        order.trigger if wanted.trigger is None else wanted.trigger,
    )
    try:
        check_terms(order, terms, call.desk.brokers.profile(order.account_id))
        check_change(call.desk, order, terms, call.caller.user_id)
        if not call.caller.alone:
            return change_asked_in_chat(call, order, terms)
        told = Told[Order](call, lambda changed: _changing(call, changed))
        changed = want_replace(
            call.desk, order.key, terms, user_id=call.caller.user_id, along=told
        )  # fmt: skip
    except UserError as error:
        raise fault_of(error, Code.INVALID_ORDER) from error
    return told.answer or _changing(call, changed)


def _changing(call: Call, order: Order) -> Answer:
    return Answer(200, OrderAnswer(order=order_shape(call.desk, order), message=CHANGING))


ACCOUNT = "/api/brokers/accounts/{account}"
PLACED: dict[int, type[Shape]] = {201: OrderAnswer, 202: TicketAnswer}
CHANGED: dict[int, type[Shape]] = {200: OrderAnswer, 202: OrderAnswer}
CHANGED_OR_ASKED = (
    "200: the broker is asked. 202: its holder was asked in chat; it is changed when that is "
    "confirmed."
)
SENT_OR_ASKED = (
    "201: it is staged and goes to the broker at once, for a key that may send alone. 202: its "
    "holder was sent a ticket in chat, and it goes when that is confirmed. Send an Idempotency-Key "
    "and the same request twice is one order."
)

ROWS = (
    Route(
        "POST", f"{ACCOUNT}/orders", "placeOrder", "Place an order in an account.",
        place_by_account, PLACED, scope=Scope.TRADE, body=PlaceOrder, details=SENT_OR_ASKED,
        example=Example(201, {"account": "1"}, body={
            "symbol": "RELIANCE", "exchange": "NSE", "transactionType": "BUY",
            "orderType": "LIMIT", "quantity": 10, "price": 2950.50, "product": "MIS",
            "validity": "DAY",
        }),
    ),
    Route(
        "GET", f"{ACCOUNT}/orders", "listOrders", "The account's orders, newest first.",
        list_by_account, {200: OrdersAnswer}, query=Cursor,
        example=Example(200, {"account": "1"}, {"limit": "20"}),
    ),
    Route(
        "GET", f"{ACCOUNT}/orders/{{order}}", "getOrder", "One order of the account.",
        one, {200: OrderAnswer}, example=Example(200, {"account": "1", "order": "{order}"}),
    ),
    Route(
        "PATCH", f"{ACCOUNT}/orders/{{order}}", "changeOrder", "Change a working order.",
        change, CHANGED, scope=Scope.TRADE, body=ChangeOrder, details=CHANGED_OR_ASKED,
        example=Example(200, {"account": "1", "order": "{order}"},
                        body={"new_params": {"qty": 4, "price": 2940}}),
    ),
    Route(
        "DELETE", f"{ACCOUNT}/orders/{{order}}", "cancelOrder", "Cancel a working order.",
        cancel, {200: DoneShape}, scope=Scope.TRADE, query=CancelQuery,
        example=Example(200, {"account": "1", "order": "{order}"}, {"reason": "too late"}),
    ),
    Route(
        "POST", "/api/orders", "placePlainOrder", "Place an order in the shape of system A.",
        place_plain, PLACED, scope=Scope.TRADE, body=PlainOrder, details=SENT_OR_ASKED,
        example=Example(201, body={
            "symbol": "INFY", "side": "BUY", "qty": 5, "order_type": "MARKET", "product": "MIS",
        }),
    ),
    Route(
        "GET", "/api/orders", "listPlainOrders", "Orders of one account, newest first.",
        list_plain, {200: OrdersAnswer}, query=AccountCursor,
        example=Example(200, query={"account": "main", "limit": "5"}),
    ),
    Route(
        "GET", "/api/orders/{order}", "getPlainOrder", "One order, whatever its account.",
        one, {200: OrderAnswer}, example=Example(200, {"order": "{order}"}),
    ),
    Route(
        "PATCH", "/api/orders/{order}", "changePlainOrder", "Change a working order.",
        change, CHANGED, scope=Scope.TRADE, body=ChangeOrder, details=CHANGED_OR_ASKED,
        example=Example(200, {"order": "{order}"}, body={"new_params": {"price": 2945.5}}),
    ),
    Route(
        "DELETE", "/api/orders/{order}", "cancelPlainOrder", "Cancel a working order.",
        cancel, {200: DoneShape}, scope=Scope.TRADE, query=CancelQuery,
        example=Example(200, {"order": "{order}"}),
    ),
)  # fmt: skip
