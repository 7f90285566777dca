"""
A ticket that a program asked for: its orders staged at once, or its holder asked in the chat.

The same ticket, limits and transaction as in chat. A program has nobody who looks twice, so what
a person would be asked about a second time is denied, and said.
"""

from __future__ import annotations

from tradegram.errors import Denied
from tradegram.ports import Change, Desk, Event, Notice
from tradegram.risk.confirming import SameAgain
from tradegram.risk.guard import CAUTION
from tradegram.risk.kill import is_killed
from tradegram.tickets.confirm import Also, Confirmed, stage_ticket
from tradegram.tickets.ticket import Ticket

ASKED = "ticket"  # the kind of notice that owes its holder the card; its text names the ticket
KILLED = "Trading is stopped by the kill switch, so nothing was sent. /resume starts it again."


def stage_at_once(desk: Desk, ticket: Ticket, also: Also, by: str) -> Confirmed:
    """
    also, by: as `stage_ticket` takes them.

    Raises Denied, what `also` raises, and what `stage_ticket` raises.
    """
    if is_killed(desk.store):
        raise Denied(KILLED)
    if ticket.pricing.needs_second_confirm:
        raise Denied(f"Not sent: {_second_look(ticket)}. A person would be asked about that twice.")
    try:
        return stage_ticket(desk, ticket, "", also=also, by=by)
    except SameAgain as same:
        raise Denied(f"Not sent: {str(same).partition(':')[0]}.") from same


def _second_look(ticket: Ticket) -> str:
    words = [each.removeprefix(CAUTION).strip() for each in ticket.pricing.checks
             if CAUTION in each]  # fmt: skip
    return ", ".join(words) or "this order is asked about twice"


def ask_holder(desk: Desk, ticket: Ticket, also: Change, by: str) -> None:
    """
    Ticket, audit and the card that is owed to its holder, in one transaction with `also`.

    Raises Conflict when one of these was written meanwhile.
    """
    owed = Notice(ticket.account_id, "", ASKED, ticket.ticket_id, ticket.user_id)
    save_for(desk, ticket, also, by, owed)


def save_for(desk: Desk, ticket: Ticket, also: Change, by: str, *owed: Notice) -> Ticket:
    """The ticket as it is written, open, with its place in the audit. Raises Conflict."""
    body = {"event": "ticket", "ticket": ticket.ticket_id, "by": by}
    event = Event(ticket.account_id, body)
    records, events = (ticket, *also.records), (event, *also.events)
    stored = desk.store.commit(Change(records, events, (*owed, *also.notices)))[0]
    assert isinstance(stored, Ticket)  # noqa: S101 - narrows the union; the store keeps types
    return stored
