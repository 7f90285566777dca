"""What a broker with Ability.GTT keeps until a price triggers it; part of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from tradegram.model import Instrument, Product


@runtime_checkable
class Triggers(Protocol):
    """A broker that keeps orders until a price triggers them (Ability.GTT)."""

    def place_trigger(self, wanted: Trigger, *, not_after: float) -> str:
        """
        Answers with the broker's id of it, which is kept: it bears no tag. Never repeated.

        not_after: as for `Broker.place`.
        """
        ...

    def cancel_trigger(self, trigger_id: str) -> None:
        """Repeating it is harmless."""
        ...

    def triggers(self) -> TriggerBook:
        """All that wait, and of those that ended as many as the broker still lists."""
        ...


@dataclass(frozen=True, slots=True)
class Trigger:
    """
    One condition and what it sends; with two, the first that is met ends the other.

    legs: trigger price and limit price, one leg or two. last: price now, which brokers ask for.
    """

    instrument: Instrument
    side: str
    quantity: Decimal
    product: Product
    legs: Sequence[tuple[Decimal, Decimal]]
    last: Decimal


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """
    As the broker lists it.

    status: `active`, `triggered`, `ended`. words: its own status. side, product: as its orders will
    be. at: seconds since the epoch, of its last change; 0 when it is not said.
    broker_order_ids: of the order that each leg became, in the order of the legs; "" for a leg that
    became none. () where it is not said. refused: why one of them was not taken.
    """

    trigger_id: str
    instrument: str
    status: str
    words: str
    side: str
    quantity: Decimal
    product: Product
    legs: Sequence[tuple[Decimal, Decimal]]
    at: float = 0.0
    broker_order_ids: Sequence[str] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class TriggerBook:
    """The triggers a broker lists, and the rows we could not read."""

    reports: Sequence[TriggerReport]
    unreadable: Sequence[str] = ()
