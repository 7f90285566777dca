"""
Tickets, from the words that opened one to the tap that confirms it.

Every use case raises UserError with a sentence for people, a TicketGone when the pressed button
no longer stands for the ticket, and StoreUnavailable when the record does not answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradegram.chat.asked import Asked
from tradegram.chat.preferences import usual_account
from tradegram.errors import StoreUnavailable
from tradegram.model import Account, Quote
from tradegram.ports import Desk, nothing_else
from tradegram.tickets.account import choose_account
from tradegram.tickets.basket import basket_changed
from tradegram.tickets.best import best_account, is_best
from tradegram.tickets.confirm import Confirmed, LookAgain, confirm_ticket
from tradegram.tickets.drafting import check_instrument, drafted
from tradegram.tickets.edit import Edit, changed
from tradegram.tickets.errors import Outdated
from tradegram.tickets.fan_out import Taker, takers
from tradegram.tickets.fan_out import spread as spread_over
from tradegram.tickets.legs import figured, no_figures, repriced
from tradegram.tickets.price import quote_of
from tradegram.tickets.ticket import Share, Ticket, TicketState
from tradegram.tickets.versions import (
    ATTEMPTS,
    Along,
    check_open,
    live_ticket,
    own_ticket,
    save,
)

__all__ = [
    "Confirmed",
    "Edit",
    "LookAgain",
    "cancel_ticket",
    "confirm_ticket",
    "edit_ticket",
    "new_ticket",
    "open_ticket",
    "requote",
]


def open_ticket(desk: Desk, *, user_id: int, asked: Asked, source_text: str) -> Ticket:
    """The first version of a ticket: what was not said filled in, priced, and saved."""
    return save(desk, new_ticket(desk, user_id=user_id, asked=asked, source_text=source_text))


def new_ticket(desk: Desk, *, user_id: int, asked: Asked, source_text: str) -> Ticket:
    """The same, not saved: for whoever writes more in the transaction that saves it."""
    check_instrument(asked.instrument, desk.clock.now())
    found = () if is_best(desk, asked) else takers(desk, user_id, asked)
    quote = quote_of(desk, asked.instrument, _whose(desk, user_id, asked, found))
    spread = spread_over(desk, asked, found, quote, source_text) if found else None
    if spread is None:
        account, routed = _one_account(desk, user_id, asked, quote)
        draft = drafted(desk, account, asked, quote, source_text)
        account_id, shares = account.account_id, tuple[Share, ...]()
    else:
        draft, routed, account_id = spread.draft, "", spread.shares[0].account_id
        shares = spread.shares if len(spread.shares) > 1 else ()
    ticket = Ticket(
        ticket_id=desk.ids.nonce(),
        user_id=user_id,
        account_id=account_id,
        draft=draft,
        pricing=no_figures(desk, quote),
        expires_at=desk.clock.now() + desk.limits.ticket_ttl,
        shares=shares,
        routed=routed,
    )
    return figured(desk, ticket, quote)


def _whose(desk: Desk, user_id: int, asked: Asked, found: Sequence[Taker]) -> str:
    """The account whose market prices the ticket; those of one ticket share it."""
    if found:
        return found[0].account.account_id
    if is_best(desk, asked):
        return usual_account(desk, user_id).account_id
    return choose_account(desk, user_id, asked).account_id


def _one_account(desk: Desk, user_id: int, asked: Asked, quote: Quote) -> tuple[Account, str]:
    if is_best(desk, asked):
        return best_account(desk, user_id, asked, quote)
    return choose_account(desk, user_id, asked), ""


def edit_ticket(
    desk: Desk,
    *,
    user_id: int,
    ticket_id: str,
    version: int,
    change: Edit,
    along: Along = nothing_else,
) -> Ticket:
    """
    The next version, changed and priced afresh. On UserError the ticket stays as it was.

    along: here and below, what is written in the same transaction, as `save` takes it.
    """
    ticket = live_ticket(desk, user_id, ticket_id, version)
    profile = desk.brokers.profile(ticket.account_id)
    if ticket.basket:
        return save(desk, repriced(desk, basket_changed(ticket, change, profile)), along)
    draft = changed(ticket.draft, change, ticket.pricing, profile)
    return save(desk, repriced(desk, replace(ticket, draft=draft)), along)


def requote(
    desk: Desk, *, user_id: int, ticket_id: str, version: int, along: Along = nothing_else
) -> Ticket:
    """The next version at the market of now. Also for one that expired: that is its way back."""
    ticket = own_ticket(desk, user_id, ticket_id)
    check_open(ticket, version)
    return save(desk, repriced(desk, ticket), along)


def cancel_ticket(
    desk: Desk, *, user_id: int, ticket_id: str, version: int, along: Along = nothing_else
) -> Ticket:
    """
    The ticket, cancelled. Any version's button may do it: it is the safe direction.

    version: for the form's sake; cancelling twice is harmless, and writes once. Raises
    AlreadyConfirmed.
    """
    for _ in range(ATTEMPTS):
        ticket = own_ticket(desk, user_id, ticket_id)
        if ticket.state is TicketState.CANCELLED:
            return ticket
        check_open(ticket, ticket.version)
        try:
            return save(desk, replace(ticket, state=TicketState.CANCELLED), along)
        except Outdated:
            continue
    raise StoreUnavailable(f"ticket {ticket_id} could not be cancelled")
