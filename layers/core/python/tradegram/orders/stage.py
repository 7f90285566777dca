"""Make the orders of a confirmed ticket. They are written in the transaction that confirms it."""

from __future__ import annotations

import base64
import hashlib

from tradegram.copies import replace
from tradegram.model import OrderIntent
from tradegram.orders.state import Order
from tradegram.ports import OrderDesk
from tradegram.tickets.ticket import Ticket

SEND_WITHIN = 120.0  # seconds from the holder's tap to the last moment we may send
ID_LENGTH = 16  # fits every broker that keeps an id of useful length


def client_order_id(ticket_id: str, leg: int) -> str:
    """
    The same ticket and leg always give the same id, so a second delivery of the same tap meets
    the first one's record. 16 base32 characters carry 80 bits.
    """
    digest = hashlib.sha256(f"{ticket_id}|{leg}".encode()).digest()
    return base64.b32encode(digest)[:ID_LENGTH].decode()


def order_ids(ticket: Ticket) -> tuple[str, ...]:
    """The client order ids that a confirmed ticket has, in the order of sending."""
    return tuple(
        client_order_id(ticket.ticket_id, number)
        for number, leg in enumerate(ticket.all_legs)
        if not leg.denied
    )


def staged(desk: OrderDesk, *, ticket: Ticket, leg: int, intent: OrderIntent) -> Order:
    """
    The order of one leg, not yet written. It carries the id the broker will be shown.

    intent: names the account. leg: its place among the ticket's legs.
    """
    key = client_order_id(ticket.ticket_id, leg)
    # What goes on the wire is decided here and stored, so that a later version of this code
    # still finds the orders that an earlier one sent.
    wire_id = key[: desk.brokers.profile(intent.account_id).tag_length]
    now, after = desk.clock.now(), ticket.legs[leg].after if ticket.legs else None
    return Order(
        replace(intent, client_order_id=key, wire_id=wire_id),
        send_by=now + SEND_WITHIN,
        user_id=ticket.user_id,
        ticket_id=ticket.ticket_id,
        staged_at=now,
        after="" if after is None else client_order_id(ticket.ticket_id, after),
    )
