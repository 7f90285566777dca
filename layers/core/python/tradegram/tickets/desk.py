"""
Tickets, from the words that opened one to the tap that confirms it.

Every use case raises UserError with a sentence for people, a TicketGone when the pressed button
no longer stands for the ticket, and StoreUnavailable when the record does not answer.
"""

from __future__ import annotations

from dataclasses import replace

from tradegram.chat.asked import Asked
from tradegram.errors import StoreUnavailable
from tradegram.ports import Desk
from tradegram.tickets.account import choose_account
from tradegram.tickets.confirm import Confirmed, LookAgain, confirm_ticket
from tradegram.tickets.drafting import check_instrument, drafted
from tradegram.tickets.edit import Edit, changed
from tradegram.tickets.errors import Outdated
from tradegram.tickets.price import priced, quote_of, repriced
from tradegram.tickets.ticket import Ticket, TicketState
from tradegram.tickets.versions import ATTEMPTS, check_open, live_ticket, own_ticket, save

__all__ = [
    "Confirmed",
    "Edit",
    "LookAgain",
    "cancel_ticket",
    "confirm_ticket",
    "edit_ticket",
    "open_ticket",
    "requote",
]


def open_ticket(desk: Desk, *, user_id: int, asked: Asked, source_text: str) -> Ticket:
    """The first version of a ticket: what was not said filled in, priced, and saved."""
    now = desk.clock.now()
    check_instrument(asked.instrument, now)
    account = choose_account(desk, user_id, asked)
    quote = quote_of(desk, asked.instrument)
    draft = drafted(desk, account, asked, quote, source_text)
    return save(
        desk,
        Ticket(
            ticket_id=desk.ids.nonce(),
            user_id=user_id,
            account_id=account.account_id,
            draft=draft,
            pricing=priced(desk, account, draft, quote, user_id=user_id),
            expires_at=now + desk.limits.ticket_ttl,
        ),
    )


def edit_ticket(desk: Desk, *, user_id: int, ticket_id: str, version: int, change: Edit) -> Ticket:
    """The next version, changed and priced afresh. On UserError the ticket stays as it was."""
    ticket = live_ticket(desk, user_id, ticket_id, version)
    profile = desk.brokers.profile(ticket.account_id)
    draft = changed(ticket.draft, change, ticket.pricing, profile)
    return save(desk, repriced(desk, replace(ticket, draft=draft)))


def requote(desk: Desk, *, user_id: int, ticket_id: str, version: int) -> Ticket:
    """The next version at the market of now. Also for one that expired: that is its way back."""
    ticket = own_ticket(desk, user_id, ticket_id)
    check_open(ticket, version)
    return save(desk, repriced(desk, ticket))


def cancel_ticket(desk: Desk, *, user_id: int, ticket_id: str, version: int) -> Ticket:
    """
    The ticket, cancelled. Any version's button may do it: it is the safe direction.

    version: for the form's sake; cancelling twice is harmless. Raises AlreadyConfirmed.
    """
    for _ in range(ATTEMPTS):
        ticket = own_ticket(desk, user_id, ticket_id)
        if ticket.state is TicketState.CANCELLED:
            return ticket
        check_open(ticket, ticket.version)
        try:
            return save(desk, replace(ticket, state=TicketState.CANCELLED))
        except Outdated:
            continue
    raise StoreUnavailable(f"ticket {ticket_id} could not be cancelled")
