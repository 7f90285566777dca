"""Endpoints about tickets: what an order would be, before anybody confirms it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tradegram.api.call import Answer, Call, Scope
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, permitted
from tradegram.api.orders import level, order_asked
from tradegram.api.placing import Told, asked_in_chat, drafted, written
from tradegram.api.route import Example, Route
from tradegram.api.shapes_orders import EditTicket, OpenTicket, TicketAnswer, TicketVersion
from tradegram.api.views import ticket_shape
from tradegram.codes import Code
from tradegram.errors import NotFound, UserError
from tradegram.orders.stage import order_ids
from tradegram.orders.state import Order
from tradegram.tickets.by_program import save_for
from tradegram.tickets.desk import (
    Confirmed,
    Edit,
    LookAgain,
    cancel_ticket,
    confirm_ticket,
    edit_ticket,
    requote,
)
from tradegram.tickets.errors import AlreadyConfirmed, TicketGone
from tradegram.tickets.ticket import Ticket, TicketState
from tradegram.tickets.versions import Along

UNKNOWN = "There is no ticket of that id."


def open_(call: Call) -> Answer:
    """Priced and saved; its holder is shown it in chat where he must confirm it there."""
    wanted: OpenTicket = call.body
    account = account_of(call, wanted.account)
    ticket = drafted(call, order_asked(call, account, wanted))
    return _saved(call, ticket) if call.caller.alone else asked_in_chat(call, ticket)


def _saved(call: Call, ticket: Ticket) -> Answer:
    shown = ticket_shape(call.desk, replace(ticket, version=ticket.version + 1))
    answer = Answer(201, TicketAnswer(ticket=shown), kept=True)
    by = call.caller.by
    return written(call, answer, lambda kept: save_for(call.desk, ticket, kept, by))


def one(call: Call) -> Answer:
    return _shown(call, own(call))


def _shown(
    call: Call,
    ticket: Ticket,
    status: int = 200,
    message: str | None = None,
    orders: Sequence[Order] = (),
) -> Answer:
    """orders: of a ticket that is confirmed just now; else those on record."""
    if ticket.state is TicketState.CONFIRMED and not orders:
        orders = [call.desk.store.order(key) for key in order_ids(ticket)]
    shape = ticket_shape(call.desk, ticket, orders)
    return Answer(status, TicketAnswer(ticket=shape, message=message))


def own(call: Call) -> Ticket:
    """Of the caller's own holder, in accounts that the key may touch. Raises Fault."""
    try:
        ticket = call.desk.store.ticket(call.place["ticket"])
    except NotFound:
        raise Fault(ApiCode.NOT_FOUND, UNKNOWN) from None
    accounts = {leg.account_id for leg in ticket.all_legs}
    mine = ticket.user_id == call.caller.user_id
    if not mine or not all(permitted(call, call.desk.brokers.account(one)) for one in accounts):
        raise Fault(ApiCode.NOT_FOUND, UNKNOWN)
    return ticket


def edit(call: Call) -> Answer:
    """The next version, changed and priced afresh. Raises Fault, StoreError."""
    wanted: EditTicket = call.body
    said = wanted.model_fields_set
    change = Edit(
        quantity=wanted.quantity,
        price=wanted.price,
        trigger=wanted.trigger_price,
        order_type=None if wanted.order_type is None else wanted.order_type.order_type,
        product=wanted.product,
        time_in_force=wanted.validity,
        stop_loss=level(wanted.stop_loss),
        no_stop_loss="stop_loss" in said and wanted.stop_loss is None,
        target=level(wanted.target),
        no_target="target" in said and wanted.target is None,
    )
    return _next(call, lambda ticket, told: edit_ticket(
        call.desk, user_id=ticket.user_id, ticket_id=ticket.ticket_id, version=wanted.version,
        change=change, along=told,
    ))  # fmt: skip


def requoted(call: Call) -> Answer:
    """The next version at the market of now, also of one that expired. Raises Fault, StoreError."""
    return _next(call, lambda ticket, told: requote(
        call.desk, user_id=ticket.user_id, ticket_id=ticket.ticket_id, version=call.body.version,
        along=told,
    ))  # fmt: skip


def _next(call: Call, make: Callable[[Ticket, Along], Ticket]) -> Answer:
    """Whatever was shown of it before, in chat too, confirms nothing any more."""
    ticket, told = own(call), _telling(call)
    try:
        after = make(ticket, told)
        return told.answer or _shown(call, after)
    except TicketGone as gone:
        raise Fault(ApiCode.NOT_OPEN, str(gone)) from gone
    except UserError as error:
        raise fault_of(error, Code.INVALID_ORDER) from error


def _telling(call: Call) -> Told[Ticket]:
    return Told(call, lambda ticket: _shown(call, ticket))


def confirm(call: Call) -> Answer:
    """
    200: its orders are staged. 202: nothing was sent, because something changed or wants a second
    look: confirm the version in the answer.
    """
    if not call.caller.alone:
        raise Fault(ApiCode.NOT_ALLOWED, "This key's orders are confirmed in chat, by its holder.")
    ticket = own(call)
    told = Told[Confirmed | LookAgain](call, lambda done: _done(call, done))
    try:
        done = confirm_ticket(
            call.desk, user_id=call.caller.user_id, ticket_id=ticket.ticket_id,
            version=call.body.version, message="", by=call.caller.by, along=told,
        )  # fmt: skip
    except AlreadyConfirmed as gone:
        return _shown(call, gone.ticket, message="It was confirmed already; no second order.")
    except TicketGone as gone:
        raise Fault(ApiCode.NOT_OPEN, str(gone)) from gone
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    return told.answer or _done(call, done)


def _done(call: Call, done: Confirmed | LookAgain) -> Answer:
    if isinstance(done, Confirmed):
        return _shown(call, done.ticket, message=done.note or None, orders=done.orders)
    return _shown(call, done.ticket, 202, f"Nothing was sent: {done.why}.")


def cancel(call: Call) -> Answer:
    ticket, told = own(call), _telling(call)
    try:
        done = cancel_ticket(
            call.desk, user_id=call.caller.user_id, ticket_id=ticket.ticket_id,
            version=ticket.version, along=told,
        )  # fmt: skip
    except TicketGone as gone:
        raise Fault(ApiCode.NOT_OPEN, str(gone)) from gone
    return told.answer or _shown(call, done)


ROWS = (
    Route(
        "POST", "/api/tickets", "openTicket", "Price an order and have it wait for Confirm.",
        open_, {201: TicketAnswer, 202: TicketAnswer}, scope=Scope.TRADE, body=OpenTicket,
        tag="tickets",
        details="201 for a caller who may confirm it here; 202: it was shown to its holder in "
        "chat, who confirms it there.",
        example=Example(201, body={
            "symbol": "TCS", "transactionType": "BUY", "orderType": "LIMIT", "quantity": 2,
            "price": 3500, "product": "CNC",
        }),
    ),
    Route(
        "GET", "/api/tickets/{ticket}", "getTicket", "One ticket, and the orders it became.",
        one, {200: TicketAnswer}, tag="tickets", example=Example(200, {"ticket": "{ticket}"}),
    ),
    Route(
        "POST", "/api/tickets/{ticket}/confirm", "confirmTicket", "Send a ticket's orders.",
        confirm, {200: TicketAnswer, 202: TicketAnswer}, scope=Scope.TRADE, body=TicketVersion,
        tag="tickets",
        details="200: confirmed. 202: nothing was sent, because the market moved or something "
        "wants a second look, which `message` names; confirm the version in the answer.",
        example=Example(200, {"ticket": "{ticket}"}, body={"version": 1}),
    ),
    Route(
        "PATCH", "/api/tickets/{ticket}", "editTicket", "Change a ticket before it is sent.",
        edit, {200: TicketAnswer}, scope=Scope.TRADE, body=EditTicket, tag="tickets",
        details="Answers with the next version, priced afresh; the one before confirms nothing.",
        example=Example(200, {"ticket": "{ticket}"},
                        body={"version": 1, "quantity": 2, "price": 2910, "stopLoss": 2850}),
    ),
    Route(
        "POST", "/api/tickets/{ticket}/requote", "requoteTicket", "Price a ticket afresh.",
        requoted, {200: TicketAnswer}, scope=Scope.TRADE, body=TicketVersion, tag="tickets",
        details="Answers with the next version, good for another while; an expired one too.",
        example=Example(200, {"ticket": "{ticket}"}, body={"version": 1}),
    ),
    Route(
        "DELETE", "/api/tickets/{ticket}", "cancelTicket", "Cancel a ticket before it is sent.",
        cancel, {200: TicketAnswer}, scope=Scope.TRADE, tag="tickets",
        example=Example(200, {"ticket": "{ticket}"}),
    ),
)  # fmt: skip
