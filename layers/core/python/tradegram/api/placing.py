"""
An order that a program asks for: sent at once for a key that may, else a ticket for its holder.

The same ticket, the same limits and the same transaction as in chat. A program has nobody who
looks twice, so what a person would be asked about a second time is denied, and said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradegram.api.call import Answer, Call
from tradegram.api.faults import fault_of
from tradegram.api.shapes_orders import OrderAnswer, TicketAnswer
from tradegram.api.views import order_shape, ticket_shape
from tradegram.chat.asked import Asked
from tradegram.chat.commands.change import change_body
from tradegram.chat.outbox import CHANGE, TICKET
from tradegram.chat.pending import CHOICE_TTL, to_keep
from tradegram.codes import Code
from tradegram.errors import Conflict, Denied, UserError
from tradegram.model import Terms
from tradegram.orders.state import Order
from tradegram.ports import Change, Document, Event, Notice, Record
from tradegram.risk.confirming import SameAgain
from tradegram.risk.guard import CAUTION
from tradegram.risk.kill import is_killed
from tradegram.tickets.confirm import stage_ticket
from tradegram.tickets.desk import new_ticket
from tradegram.tickets.ticket import Ticket

CHANGE_IN_CHAT = "Asked in the chat: the order is changed when its holder confirms that there."
ASKED_IN_CHAT = "Sent to the chat: it goes to the broker when its holder confirms it there."
KILLED = "Trading is stopped by the kill switch, so nothing was sent. /resume starts it again."


def place(call: Call, asked: Asked) -> Answer:
    """201 and the order, or 202 and the ticket. Raises Fault, TradegramError."""
    ticket = drafted(call, asked)
    return _sent(call, ticket) if call.caller.alone else asked_in_chat(call, ticket)


def drafted(call: Call, asked: Asked) -> Ticket:
    """Priced and checked; nothing is written. Raises Fault."""
    words = f"{asked.side} {asked.instrument.symbol}, {call.caller.name}"
    try:
        return new_ticket(call.desk, user_id=call.caller.user_id, asked=asked, source_text=words)
    except UserError as error:
        raise fault_of(error, Code.INVALID_ORDER) from error


def _sent(call: Call, ticket: Ticket) -> Answer:
    if is_killed(call.desk.store):
        raise Denied(KILLED)
    if ticket.pricing.needs_second_confirm:
        raise Denied(f"{second_look(ticket)}. A person would be asked about that twice.")
    answers: list[Answer] = []

    def also(orders: Sequence[Order]) -> Sequence[Document]:
        answers.append(_accepted(call, orders))
        return call.claim.kept(answers[-1])

    try:
        stage_ticket(call.desk, ticket, "", also=also, by=call.caller.by)
    except SameAgain as same:
        raise Denied(f"Not sent: {str(same).partition(':')[0]}.") from same
    return replace(answers[-1], kept=True)


def _accepted(call: Call, orders: Sequence[Order]) -> Answer:
    shown = [order_shape(call.desk, order) for order in orders]
    sliced = f"It goes out in {len(shown)} slices; this is the first." if len(shown) > 1 else None
    return Answer(201, OrderAnswer(order=shown[0], message=sliced))


def second_look(ticket: Ticket) -> str:
    words = [each.removeprefix(CAUTION).strip() for each in ticket.pricing.checks
             if CAUTION in each]  # fmt: skip
    return f"Not sent: {', '.join(words) or 'this order is asked about twice'}"


def change_asked_in_chat(call: Call, order: Order, wanted: Terms) -> Answer:
    """The question, the card that is owed to the caller, and the answer: one transaction."""
    desk, user_id = call.desk, call.caller.user_id
    question = to_keep(desk, user_id, "change", change_body(order, wanted), CHOICE_TTL)
    shown = order_shape(desk, order)
    answer = Answer(202, OrderAnswer(order=shown, message=CHANGE_IN_CHAT), kept=True)
    body = {"event": "change asked", "order": order.key, "by": call.caller.by}
    owed = Notice(order.account_id, "", CHANGE, question.key, user_id)
    return written(call, answer, question, Event(order.account_id, body), owed)


def asked_in_chat(call: Call, ticket: Ticket) -> Answer:
    """Ticket, audit, the card that is owed to its holder, and the answer: one transaction."""
    saved = replace(ticket, version=ticket.version + 1)
    shown = ticket_shape(call.desk, saved)
    answer = Answer(202, TicketAnswer(ticket=shown, message=ASKED_IN_CHAT), kept=True)
    body = {"event": "ticket", "ticket": ticket.ticket_id, "by": call.caller.by}
    owed = Notice(ticket.account_id, "", TICKET, ticket.ticket_id, ticket.user_id)
    return written(call, answer, ticket, Event(ticket.account_id, body), owed)


def written(call: Call, answer: Answer, record: Record, event: Event, *owed: Notice) -> Answer:
    """The answer, once it is kept with these. Raises what says that another was first."""
    try:
        call.desk.store.commit(Change((record, *call.claim.kept(answer)), (event,), owed))
    except Conflict:
        call.claim.kept(answer)  # says so when another request with this key was first
        raise
    return answer
