"""What a ticket means in money: its risk, its reward and where it breaks even. Pure."""

from __future__ import annotations

from decimal import Decimal

from tradegram.model import Side
from tradegram.tickets.levels import entry_price, snapped
from tradegram.tickets.size import worth
from tradegram.tickets.ticket import Ticket


def _charges(ticket: Ticket) -> Decimal:
    return sum(ticket.pricing.charges.values(), Decimal(0))


def _entry(ticket: Ticket) -> Decimal:
    return entry_price(ticket.draft, ticket.pricing)


def risk_of_stop(ticket: Ticket) -> Decimal:
    """Money lost when the stop is hit, with the charges of getting in; 0 without a stop."""
    draft = ticket.draft
    if draft.stop_loss is None:
        return Decimal(0)
    distance = abs(_entry(ticket) - draft.stop_loss)
    return worth(ticket.quantity, distance, draft.instrument) + _charges(ticket)


def reward_to_risk(ticket: Ticket) -> Decimal | None:
    """How many times the way to the stop the way to the target is; None without both."""
    draft, entry = ticket.draft, _entry(ticket)
    if draft.stop_loss is None or draft.target is None or draft.stop_loss == entry:
        return None
    return abs(draft.target - entry) / abs(entry - draft.stop_loss)


def breakeven(ticket: Ticket) -> Decimal:
    """
    The price at which getting out pays for both ways, to the nearest tick.

    Charges out are taken to be those in; they differ by a stamp or a transaction tax.
    """
    draft = ticket.draft
    both_ways = 2 * _charges(ticket) / (ticket.quantity * draft.instrument.multiplier)
    up = 1 if draft.side is Side.BUY else -1
    return snapped(_entry(ticket) + up * both_ways, draft.instrument)
