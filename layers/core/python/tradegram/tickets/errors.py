"""
Why a press on a ticket does nothing. Each says in one sentence what is true and what to do.

Callers act differently on them: an expired ticket can be priced again, a confirmed one has an
order to look at, an older version has a newer card.
"""

from __future__ import annotations

from tradegram.errors import UserError
from tradegram.tickets.ticket import Ticket


class TicketGone(UserError):
    """The pressed button no longer stands for an order that could be confirmed."""


class NoSuchTicket(TicketGone):
    """No ticket of that name is kept."""

    def __init__(self) -> None:
        super().__init__("This ticket is not known here any more. Send the order again.")


class NotYours(TicketGone):
    """Somebody else's ticket. The ticket itself stays as it is."""

    def __init__(self) -> None:
        super().__init__("This ticket is somebody else's; only its owner can act on it.")


class Expired(TicketGone):
    """Nobody confirmed it in time. `requote` prices the same ticket again."""

    def __init__(self, ticket: Ticket, now: float) -> None:
        seconds = max(int(now - ticket.expires_at), 0)
        ago = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
        super().__init__(
            f"This ticket expired {ago} ago; nothing was sent. Take a new price and confirm that."
        )
        self.ticket = ticket


class AlreadyConfirmed(TicketGone):
    """It was confirmed once, and once is all. Its order tells the rest."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This ticket was confirmed already; no second order was made.")
        self.ticket = ticket


class Cancelled(TicketGone):
    """Its holder cancelled it before it was confirmed."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This ticket was cancelled; nothing was sent. Send the order again.")
        self.ticket = ticket


class Outdated(TicketGone):
    """The button belongs to an older version; `ticket` is the one that counts."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__("This ticket has changed since; look at its newest version.")
        self.ticket = ticket
