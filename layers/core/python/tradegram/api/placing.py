"""
An order that a program asks for: sent at once for a key that may, else a ticket for its holder.

The answer to the request is kept in the very transaction that does what it says, here and
wherever a use case takes `Told`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from tradegram.api.call import Answer, Call
from tradegram.api.faults import fault_of
from tradegram.api.shapes_orders import OrderAnswer, TicketAnswer
from tradegram.api.views import order_shape, ticket_shape
from tradegram.chat.asked import Asked
from tradegram.chat.commands.change import change_body
from tradegram.chat.outbox import CHANGE
from tradegram.chat.pending import CHOICE_TTL, to_keep
from tradegram.codes import Code
from tradegram.errors import Conflict, UserError
from tradegram.model import Terms
from tradegram.orders.state import Order
from tradegram.ports import Change, Event, Notice
from tradegram.tickets.by_program import ask_holder, stage_at_once
from tradegram.tickets.desk import new_ticket
from tradegram.tickets.ticket import Ticket

CHANGE_IN_CHAT = "Asked in the chat: the order is changed when its holder confirms that there."
ASKED_IN_CHAT = "Sent to the chat: it goes to the broker when its holder confirms it there."

T = TypeVar("T")


@dataclass(slots=True)
class Told(Generic[T]):
    """
    What a use case writes along with its own: the answer that `made` gives of it, and the audit.

    answer: as it was written; None while nothing was, because what is asked for is so already.
    """

    call: Call
    made: Callable[[T], Answer]
    answer: Answer | None = None

    def __call__(self, written: T) -> Change:
        self.answer = replace(self.made(written), kept=True)
        return self.call.claim.along(self.answer)


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
    answers: list[Answer] = []

    def also(orders: Sequence[Order]) -> Change:
        answers.append(_accepted(call, orders))
        return Change(call.claim.kept(answers[-1]))

    stage_at_once(call.desk, ticket, also, call.caller.by)
    return replace(answers[-1], kept=True)


def _accepted(call: Call, orders: Sequence[Order]) -> Answer:
    shown = [order_shape(call.desk, order) for order in orders]
    sliced = f"It goes out in {len(shown)} slices; this is the first." if len(shown) > 1 else None
    return Answer(201, OrderAnswer(order=shown[0], message=sliced))


def change_asked_in_chat(call: Call, order: Order, wanted: Terms) -> Answer:
    """The question, the card that is owed to the caller, and the answer: one transaction."""
    desk, user_id = call.desk, call.caller.user_id
    question = to_keep(desk, user_id, "change", change_body(order, wanted), CHOICE_TTL)
    shown = order_shape(desk, order)
    answer = Answer(202, OrderAnswer(order=shown, message=CHANGE_IN_CHAT), kept=True)
    event = Event(order.account_id, {"event": "change asked", "order": order.key,
                                     "by": call.caller.by})  # fmt: skip
    owed = Notice(order.account_id, "", CHANGE, question.key, user_id)

    def write(kept: Change) -> None:
        desk.store.commit(Change((question, *kept.records), (event,), (owed,)))

    return written(call, answer, write)


def asked_in_chat(call: Call, ticket: Ticket) -> Answer:
    """Ticket, audit, the card that is owed to its holder, and the answer: one transaction."""
    shown = ticket_shape(call.desk, replace(ticket, version=ticket.version + 1))
    answer = Answer(202, TicketAnswer(ticket=shown, message=ASKED_IN_CHAT), kept=True)
    by = call.caller.by
    return written(call, answer, lambda kept: ask_holder(call.desk, ticket, kept, by))


def written(call: Call, answer: Answer, write: Callable[[Change], object]) -> Answer:
    """The answer, once `write` has kept it. Raises what says that another was first."""
    try:
        write(Change(call.claim.kept(answer)))
    except Conflict:
        call.claim.kept(answer)  # says so when another request with this key was first
        raise
    return answer
