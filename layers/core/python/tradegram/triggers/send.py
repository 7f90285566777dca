"""
Hand one stored order to the broker, at most once, and ask for it back.

As with orders, the write that claims it comes before the request, and what became of it is then a
question for the broker's own list: see `look`. It bears no tag there. So the list is read before
it is sent, and of several of the same terms one at a time may be unresolved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradegram.brokers.contract import Broker, seconds_to_wait, why_closed
from tradegram.brokers.triggers import Triggers
from tradegram.errors import (
    BrokerError,
    Conflict,
    NotSent,
    OutcomeUnknown,
    Refused,
    SessionExpired,
    StoreFull,
    StoreUnavailable,
    Throttled,
    UserError,
)
from tradegram.orders.attend import attend
from tradegram.orders.send import LEASE, SEND_WINDOW, Held, TryLater, stopped_meanwhile
from tradegram.orders.state import Order
from tradegram.ports import Document, OrderDesk
from tradegram.risk.kill import is_killed
from tradegram.triggers.kept import (
    ATTEMPTS,
    KIND,
    Kept,
    Phase,
    as_kept,
    ended,
    is_like,
    kept_called,
    note,
    write,
)

BELL = "trigger|"  # before its key, as the doorbell calls it
TURN = "trigger turn"  # the document that names the last one sent of the same terms
TURN_KEPT = 86_400.0  # seconds
AGAIN = 5.0  # seconds until a list that could not be read is asked for again


def ring(desk: OrderDesk, kept: Kept) -> None:
    """A bell that is lost costs time only: the next look rings again."""
    try:
        account = desk.brokers.account(kept.account_id)
        desk.doorbell.ring(account, BELL + kept.key, cancel=bool(kept.cancel))
    except StoreUnavailable:
        return


def attend_any(desk: OrderDesk, name: str) -> Order | None:
    """
    What a worker does when the doorbell rings: for an order, or for a stored one (None).

    Raises TryLater, StoreError.
    """
    if not name.startswith(BELL):
        return attend(desk, name)
    attend_kept(desk, name.removeprefix(BELL))
    return None


def attend_kept(desk: OrderDesk, key: str) -> None:
    """Send it if it was not sent; ask for it back if that is wished. Raises TryLater."""
    kept = kept_called(desk.store, key)
    if kept.phase is Phase.WANTED:
        try:
            kept = _send(desk, kept)
        except Held:
            return  # a queue must not hold a cancel back behind it; the next look rings
    if kept.cancel and kept.phase is Phase.ACTIVE:
        _ask_back(desk, kept)


def triggers_of(broker: Broker) -> Triggers:
    """Raises NotSent."""
    if not isinstance(broker, Triggers):
        raise NotSent(broker.profile.name, f"{broker.profile.title} keeps no triggers")
    return broker


def _ask_back(desk: OrderDesk, kept: Kept) -> None:
    """What comes of it is read from the list; until then the wish stays."""
    try:
        broker = desk.brokers.broker(kept.account_id)
        triggers_of(broker).cancel_trigger(kept.trigger_id)
    except Throttled as error:
        raise TryLater(error.retry_after) from error
    except BrokerError:
        return


def _send(desk: OrderDesk, kept: Kept) -> Kept:
    if why := _denial(desk, kept):
        return _outcome(desk, kept, lambda one: ended(desk, one, f"not sent: {why}"), why)
    try:
        broker = desk.brokers.broker(kept.account_id)
        triggers = triggers_of(broker)
    except (SessionExpired, NotSent) as error:
        why = error.words
        return _outcome(desk, kept, lambda one: ended(desk, one, f"not sent: {why}"), why)
    turn = _turn(desk, kept)
    if wait := seconds_to_wait(broker):  # nothing is claimed for what only waits
        raise (Held if why_closed(broker) else TryLater)(wait)
    # Before the list: reading it takes time from the right to send.
    not_after = desk.clock.monotonic() + SEND_WINDOW
    try:
        listed = triggers.triggers().reports
    except BrokerError as error:
        raise TryLater(AGAIN) from error
    alike = tuple(row.trigger_id for row in listed if is_like(kept, row))
    kept = _claim(desk, replace(kept, alike=alike), turn)
    if stopped_meanwhile(desk):
        _unsent(desk, kept, "stopped before sending")
        raise TryLater
    try:
        trigger_id = triggers.place_trigger(kept.asked, not_after=not_after)
    except (NotSent, Throttled) as error:
        _unsent(desk, kept, error.words)
        raise TryLater(getattr(error, "retry_after", 1.0)) from error
    except (Refused, UserError) as error:
        words = error.words if isinstance(error, Refused) else str(error)
        return _outcome(desk, kept, lambda one: ended(desk, one, f"refused: {words}"), words)
    except OutcomeUnknown as error:
        return _unknown(desk, kept, error.words)
    return taken(desk, kept, trigger_id)


def _denial(desk: OrderDesk, kept: Kept) -> str:
    if kept.cancel:
        return kept.cancel
    if desk.clock.now() > kept.send_by:
        return "it could not be sent in time"
    return "the kill switch is on" if is_killed(desk.store) else ""


def _turn(desk: OrderDesk, kept: Kept) -> Document:
    """
    Written with the claim, so that of two of the same terms one is sent at a time. Raises Held.
    """
    draft = kept.draft
    numbers = (draft.quantity, *(price for leg in kept.legs for price in leg))
    terms = (draft.instrument.key, draft.side, draft.product, *(f"{one:.8f}" for one in numbers))
    key = "|".join((kept.account_id, *terms))
    found = desk.store.document(TURN, key) or Document(TURN, key, {"kept": ""})
    before = found.body["kept"]
    other = desk.store.document(KIND, before) if before else None
    if other is not None and before != kept.key and as_kept(other).is_unresolved:
        raise Held
    return replace(found, body={"kept": kept.key}, expires_at=desk.clock.now() + TURN_KEPT)


def _claim(desk: OrderDesk, kept: Kept, turn: Document) -> Kept:
    owner, now = desk.ids.nonce(), desk.clock.now()
    if now > kept.send_by:  # the machine may have slept since this was looked at
        raise TryLater
    claimed = replace(kept, phase=Phase.SENDING, owner=owner, lease_until=now + LEASE, sent_at=now)
    try:
        return write(desk, claimed, "trigger claimed", also=(turn,), owner=owner)
    except Conflict as error:
        raise TryLater from error
    except StoreUnavailable:
        # The write may have landed and its answer been lost. Only the stored owner can tell.
        stored = kept_called(desk.store, kept.key)
        if stored.phase is Phase.SENDING and stored.owner == owner:
            return stored
        raise


def _unsent(desk: OrderDesk, kept: Kept, why: str) -> None:
    """Proven: it never left, and may be sent when its turn comes again."""

    def back(one: Kept) -> Kept:
        return replace(one, phase=Phase.WANTED) if one.phase is Phase.SENDING else one

    _outcome(desk, kept, back, "", said=why)


def _unknown(desk: OrderDesk, kept: Kept, why: str) -> Kept:
    def unknown(one: Kept) -> Kept:
        return replace(one, phase=Phase.UNKNOWN) if one.phase is Phase.SENDING else one

    return _outcome(desk, kept, unknown, "", said=why)


def taken(desk: OrderDesk, kept: Kept, trigger_id: str, *, by_terms: bool = False) -> Kept:
    """The broker keeps it under this id. by_terms: found so, and not said in its answer."""
    title = desk.brokers.profile(kept.account_id).title

    def active(one: Kept) -> Kept:
        return replace(
            one,
            phase=Phase.ACTIVE,
            trigger_id=trigger_id,
            by_terms=one.by_terms or by_terms,
            ended="",
            ended_at=0.0,
            absent_at=0.0,
        )

    told = f"is kept by {title} now (its no. {trigger_id.partition(':')[0]}): it works while this "
    return _outcome(desk, kept, active, f"{told}desk is off.", plain=True)


def _outcome(
    desk: OrderDesk,
    kept: Kept,
    after: Callable[[Kept], Kept],
    why: str,
    *,
    plain: bool = False,
    said: str = "",
) -> Kept:
    """
    Write what the attempt proved, unless the broker's list has meanwhile proved more.

    why: what the holder hears; "" for nothing. plain: that is the whole sentence.
    """
    for _ in range(ATTEMPTS):
        wanted = after(kept)
        if wanted == kept:
            return kept
        text = why if plain else f"was NOT handed to the broker: {why}"
        notices = (note(wanted, text),) if why else ()
        what = f"trigger {wanted.phase.lower()}"
        try:
            return write(desk, wanted, what, *notices, why=said or why)
        except StoreFull:
            raise  # trying at once again cannot help
        except (Conflict, StoreUnavailable):
            stored = kept_called(desk.store, kept.key)
            if stored.owner != kept.owner or stored.trigger_id:
                return stored
            kept = stored
    raise StoreUnavailable(f"trigger {kept.key}: gave up writing")
