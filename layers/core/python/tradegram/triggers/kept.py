"""
An order that a broker keeps until a price triggers it, as we know it. Pure values.

It is a record of its own and no order: it waits for a year, and what it becomes are orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from tradegram.brokers.triggers import Trigger, TriggerReport
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import ExecutionReport, Instrument, Product, Side
from tradegram.orders.nameless import SKEW
from tradegram.ports import Change, Document, Event, Notice, OrderDesk, Record, Store
from tradegram.tickets.ticket import Draft, Pricing

if TYPE_CHECKING:
    from pydantic import TypeAdapter

KIND = "trigger"
KEPT = 5 * 86_400.0  # seconds an ended one can still be looked at
ATTEMPTS = 5
MAY_ARRIVE = 600.0  # seconds in which a request that nobody heard of may still be listed


class Phase(StrEnum):
    WANTED = "WANTED"  # written, not sent
    SENDING = "SENDING"  # one worker holds the right to send it, until lease_until
    UNKNOWN = "UNKNOWN"  # the broker may keep it; never sent again
    ACTIVE = "ACTIVE"  # the broker keeps it
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Kept:
    """
    draft:      what its order will be; with `closes` it protects a position. pricing: at its price.
    legs:       trigger and limit of each, the lower first; of two the first ends the other.
    last:       the price when it was stored, which tells a rise from a fall.
    alike:      triggers of the same terms that the broker listed before it was sent: none of ours.
    trigger_id: the broker's; "" while it is not known. by_terms: it was found by its terms.
    cancel:     why it is taken back, "" while it is not; cancel_at: since when.
    ended:      why, "" while it waits. orders: the broker's ids of what it became.
    absent_at:  when a list first lacked it, 0 while it has it. looked_at: at its position; short:
                that was less than it closes, by that look.
    reached_at: when it was first listed as triggered, without an order that can be named.
    told:       the faults the holder heard of.
    stored_at, send_by, lease_until, sent_at and all other times: seconds since the epoch.
    """

    kept_id: str
    account_id: str
    user_id: int
    draft: Draft
    pricing: Pricing
    legs: tuple[tuple[Decimal, Decimal], ...]
    last: Decimal
    stored_at: float
    send_by: float
    phase: Phase = Phase.WANTED
    owner: str = ""
    lease_until: float = 0.0
    sent_at: float = 0.0
    alike: tuple[str, ...] = ()
    trigger_id: str = ""
    by_terms: bool = False
    cancel: str = ""
    cancel_at: float = 0.0
    ended: str = ""
    ended_at: float = 0.0
    orders: tuple[str, ...] = ()
    absent_at: float = 0.0
    looked_at: float = 0.0
    short: bool = False
    reached_at: float = 0.0
    told: tuple[str, ...] = ()
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.account_id}|{self.kept_id}"

    @property
    def is_live(self) -> bool:
        """Whether it may still become an order, as far as we know."""
        return self.phase is not Phase.ENDED

    @property
    def is_unresolved(self) -> bool:
        return self.phase in (Phase.SENDING, Phase.UNKNOWN)

    @property
    def asked(self) -> Trigger:
        draft = self.draft
        return Trigger(
            draft.instrument, draft.side, draft.quantity, draft.product, self.legs, self.last
        )


@cache
def kepts() -> TypeAdapter[Kept]:
    from pydantic import TypeAdapter  # slow to load, and most functions on AWS read none

    return TypeAdapter(Kept)


def as_document(kept: Kept) -> Document:
    body = kepts().dump_python(kept, mode="json")
    expires_at = None if kept.is_live else kept.ended_at + KEPT
    return Document(KIND, kept.key, body, kept.version, expires_at)


def as_kept(document: Document) -> Kept:
    return replace(kepts().validate_python(document.body), version=document.version)


def kept_called(store: Store, key: str) -> Kept:
    """Raises UserError."""
    document = store.document(KIND, key)
    if document is None:
        raise UserError("That stored order is not known here. /gtt lists them.")
    return as_kept(document)


def all_kept(store: Store, account_id: str) -> Sequence[Kept]:
    """Those that ended in the last days too, oldest first."""
    found = [as_kept(each) for each in store.documents(KIND, f"{account_id}|")]
    return sorted(found, key=lambda one: (one.stored_at, one.kept_id))


def live_kept(store: Store, account_id: str) -> Sequence[Kept]:
    return [one for one in all_kept(store, account_id) if one.is_live]


def may_close(
    found: Iterable[Kept], instrument: Instrument, product: Product, side: Side
) -> Decimal:
    """Units that these may still trade on this side. One of unknown fate counts whole."""
    return sum(
        (
            one.draft.quantity
            for one in found
            if one.is_live
            and one.draft.instrument.key == instrument.key
            and (one.draft.product, one.draft.side) == (product, side)
        ),
        Decimal(0),
    )


def is_like(kept: Kept, row: TriggerReport) -> bool:
    """Whether the broker's row has these terms; it keeps no name of ours."""
    draft = kept.draft
    return (
        (row.instrument, row.side) == (draft.instrument.key, draft.side)
        and (row.product, row.quantity) == (draft.product, draft.quantity)
        and sorted(row.legs) == sorted(kept.legs)
    )


def may_have_sent(kept: Kept, row: ExecutionReport) -> bool:
    """Whether this row of the order book can be what it became: that bears no name of ours."""
    draft, limits = kept.draft, [leg[1] for leg in kept.legs]
    return (
        (row.instrument, row.side) == (draft.instrument.key, draft.side)
        and row.terms is not None
        and row.terms.price in limits
        and (row.client_order_id, row.terms.quantity) == ("", draft.quantity)
        and row.reported_at >= kept.sent_at - SKEW
    )


# -- writing -------------------------------------------------------------------------------------


def write(
    desk: OrderDesk,
    kept: Kept,
    what: str,
    *notices: Notice,
    by: str = "desk",
    also: Sequence[Record] = (),
    more: Sequence[Event] = (),
    **said: Any,
) -> Kept:
    """It and its audit event, with what else belongs to the step. Raises Conflict, StoreError."""
    event = {"event": what, "trigger": kept.kept_id, "by": by, "phase": kept.phase, **said}
    events = (Event(kept.account_id, event), *more)
    stored = desk.store.commit(Change((as_document(kept), *also), events, notices))
    return replace(kept, version=stored[0].version)


def ended(desk: OrderDesk, kept: Kept, why: str) -> Kept:
    return replace(kept, phase=Phase.ENDED, ended=why, ended_at=desk.clock.now())


def want_back(desk: OrderDesk, key: str, *, by: str, why: str) -> Kept:
    """
    Let it be taken back; what was not sent yet ends at once. Asking twice asks once.

    The wish is not a state: it can still trigger until the broker's list says that it has ended.
    """
    for _ in range(ATTEMPTS):
        found = kept_called(desk.store, key)
        if found.cancel or not found.is_live:
            return found
        after = replace(found, cancel=why, cancel_at=desk.clock.now())
        if found.phase is Phase.WANTED:
            after = ended(desk, after, f"not sent: {why}")
        try:
            return write(desk, after, "trigger cancel wanted", by=by, why=why)
        except Conflict:
            continue
    raise StoreUnavailable(f"trigger {key} could not be changed")


def give_up(desk: OrderDesk, kept: Kept, *, by: str) -> Kept:
    """
    End one of unknown fate, because a person looked at the broker's page and says so.

    Raises UserError while its request may still arrive, or when its fate is known by now.
    """
    if kept.phase is not Phase.UNKNOWN:
        raise UserError("What became of it is known by now. /gtt shows it.")
    if desk.clock.now() < kept.sent_at + MAY_ARRIVE:
        raise UserError("Its request may still arrive. Look again ten minutes after it was stored.")
    over = ended(desk, kept, "you looked at the broker's page and ended it")
    try:
        return write(desk, over, "trigger given up", by=by)
    except Conflict as error:
        raise UserError("It has changed just now. /gtt shows it.") from error


def note(kept: Kept, text: str) -> Notice:
    return Notice(kept.account_id, "", "bracket", f"{named(kept)} {text}", kept.user_id)


def named(kept: Kept) -> str:
    """`Stored SELL 10 INFY at 1400 or 1600`, for messages."""
    draft = kept.draft
    at = " or ".join(f"{leg[0].normalize():f}" for leg in kept.legs)
    return f"Stored {draft.side} {draft.quantity.normalize():f} {draft.instrument.symbol} at {at}"
