"""One leg of a ticket as if it had been a ticket of its own. Pure."""

from __future__ import annotations

from dataclasses import replace

from tradegram.orders.stage import client_order_id
from tradegram.tickets.ticket import Ticket


def part_of(ticket: Ticket, order_key: str) -> Ticket:
    """The leg that became this order; a ticket that made one order is its own part."""
    for number, leg in enumerate(ticket.legs):
        if client_order_id(ticket.ticket_id, number) == order_key:
            return replace(
                ticket,
                account_id=leg.account_id,
                draft=leg.draft,
                pricing=leg.pricing,
                legs=(),
                shares=(),
                basket="",
            )
    return ticket
