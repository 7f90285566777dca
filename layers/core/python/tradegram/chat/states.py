"""The one table of order states: ours, the words people read, the words of the API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tradegram.orders.state import Order, State


class Unified(StrEnum):
    """What every program that talks to the desk sees."""

    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    EXPIRED = "EXPIRED"


class Listed(StrEnum):
    """What lists of orders in the shape of other desks say; what they have no word for is plain."""

    PENDING = "PENDING"
    OPEN = "OPEN"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    EXPIRED = "EXPIRED"


LISTED = {
    Unified.PENDING: Listed.PENDING,
    Unified.SUBMITTED: Listed.OPEN,
    Unified.PARTIALLY_FILLED: Listed.OPEN,
    Unified.FILLED: Listed.COMPLETE,
    Unified.CANCELLED: Listed.CANCELLED,
    Unified.REJECTED: Listed.REJECTED,
    Unified.UNKNOWN: Listed.UNKNOWN,
    Unified.EXPIRED: Listed.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Words:
    """mark and words: what people see; unified: what programs see."""

    mark: str
    words: str
    unified: Unified

    @property
    def listed(self) -> Listed:
        return LISTED[self.unified]


STATES: dict[State, Words] = {
    State.STAGED: Words("⏳", "Submitting", Unified.PENDING),
    State.SENDING: Words("⏳", "Submitting", Unified.PENDING),
    State.UNKNOWN: Words("⚠", "Unknown result", Unified.UNKNOWN),
    State.REFUSED: Words("⛔", "Refused by the broker", Unified.REJECTED),
    State.VOID: Words("⛔", "Never taken by the broker", Unified.REJECTED),
    State.DENIED: Words("⛔", "Not sent", Unified.REJECTED),
    State.SUBMITTED: Words("✔", "Accepted by the broker, not filled yet", Unified.SUBMITTED),
    State.WORKING: Words("✔", "Working at the exchange, not filled yet", Unified.SUBMITTED),
    State.REJECTED: Words("⛔", "Rejected", Unified.REJECTED),
    State.EXPIRED: Words("⌛", "Expired", Unified.EXPIRED),
    State.CANCELLED: Words("✖", "Cancelled", Unified.CANCELLED),
    State.FILLED: Words("✅", "Filled", Unified.FILLED),
}

PARTLY = Words("◐", "Partly filled", Unified.PARTIALLY_FILLED)
WITHDRAWN = Words("✖", "Cancelled before it was sent", Unified.CANCELLED)


def words_of(order: Order) -> Words:
    """Part fills and a cancel that came before sending have words of their own."""
    if order.state in (State.SUBMITTED, State.WORKING) and order.cum_quantity:
        return PARTLY
    if order.state is State.DENIED and order.cancel_wanted:
        return WITHDRAWN
    return STATES[order.state]
