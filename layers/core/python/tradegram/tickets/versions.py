"""Versions of a ticket: which one counts, who may act on it, and how the next one is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradegram.errors import Conflict, NotFound, StoreUnavailable
from tradegram.ports import Change, Desk, nothing_else
from tradegram.tickets.errors import (
    AlreadyConfirmed,
    Cancelled,
    Expired,
    NoSuchTicket,
    NotYours,
    Outdated,
)
from tradegram.tickets.ticket import Ticket, TicketState

# A conflict at an unchanged version was about another record of the transaction, or a store that
# was busy; one repetition nearly always ends it.
ATTEMPTS = 5

# What else is written with a ticket, given what it will be; asked for anew at each try.
Along = Callable[[Ticket], Change]


def own_ticket(desk: Desk, user_id: int, ticket_id: str) -> Ticket:
    """Raises NoSuchTicket, NotYours."""
    try:
        ticket = desk.store.ticket(ticket_id)
    except NotFound:
        raise NoSuchTicket from None
    if ticket.user_id != user_id:
        raise NotYours
    return ticket


def check_open(ticket: Ticket, version: int) -> None:
    """Raises AlreadyConfirmed, Cancelled, Outdated: the button no longer stands for the ticket."""
    if ticket.state is TicketState.CONFIRMED:
        raise AlreadyConfirmed(ticket)
    if ticket.state is TicketState.CANCELLED:
        raise Cancelled(ticket)
    if ticket.version != version:
        raise Outdated(ticket)


def live_ticket(desk: Desk, user_id: int, ticket_id: str, version: int) -> Ticket:
    """The ticket this button stands for. Raises a TicketGone when there is none (any more)."""
    ticket, now = own_ticket(desk, user_id, ticket_id), desk.clock.now()
    if ticket.state is TicketState.OPEN and now > ticket.expires_at:
        raise Expired(ticket, now)
    check_open(ticket, version)
    return ticket


def save(desk: Desk, ticket: Ticket, along: Along = nothing_else) -> Ticket:
    """
    Write the next version, made from the version it carries.

    Raises AlreadyConfirmed, Cancelled or Outdated when somebody was faster, StoreUnavailable, and
    what `along` raises.
    """
    for _ in range(ATTEMPTS):
        more = along(replace(ticket, version=ticket.version + 1))
        change = Change((ticket, *more.records), more.events, more.notices)
        try:
            stored = desk.store.commit(change)[0]
        except Conflict:
            check_open(desk.store.ticket(ticket.ticket_id), ticket.version)
            continue
        assert isinstance(stored, Ticket)  # noqa: S101 - narrows the union; the store keeps types
        return stored
    raise StoreUnavailable(f"ticket {ticket.ticket_id} could not be written")
