"""
Orders at a broker that keeps no name of ours: known by their terms and their time alone.

Two orders of the same terms cannot be told apart in its book. So at most one of them may be
unresolved at a time; the next waits until it is known which row the first one is, or that it has
none. And a row is taken for ours only when no other can be it, and no other order has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tradegram.brokers.contract import Identity, Profile
from tradegram.errors import Conflict, NotFound, StoreUnavailable
from tradegram.model import ExecutionReport, Terms
from tradegram.orders.report import news
from tradegram.orders.state import Order, State, fold
from tradegram.ports import Document, OrderDesk, commit_order

KIND = "alike"
MOST = 25  # orders of the same terms that a note names; all that are unsettled count anyway
KEPT = 86_400.0  # seconds a note is kept; a day's book has other rows
SKEW = 60.0  # seconds two clocks may differ, both ways together: ours, and the broker's
UNRESOLVED = frozenset({State.SENDING, State.UNKNOWN})
WRITTEN_OFF = frozenset({State.REFUSED, State.VOID})  # what left, and was said not to exist
FOUND = "found in the broker's book by its terms and time: the broker keeps no name of ours"
WAITS = "an order of the same terms is not confirmed yet, and the broker could not tell them apart"


def keeps_no_name(desk: OrderDesk, order: Order) -> bool:
    return desk.brokers.profile(order.account_id).identity is Identity.NONE


# -- before it is sent ---------------------------------------------------------------------------


def ahead_of(desk: OrderDesk, order: Order) -> Order | None:
    """The unresolved order of the same terms, for which this one must wait."""
    return _unresolved(desk, order, _note(desk, order))


def turn_of(desk: OrderDesk, order: Order) -> Document | None:
    """
    The note that must be written with the order's claim, so that of two workers one sends.

    None while another order of the same terms is unresolved.
    """
    note = _note(desk, order)
    if _unresolved(desk, order, note):
        return None
    others = [key for key in note.body["orders"] if key != order.key]
    body = {"orders": [*others, order.key][-MOST:]}
    return replace(note, body=body, expires_at=desk.clock.now() + KEPT)


def _note(desk: OrderDesk, order: Order) -> Document:
    """Of all orders that were sent with these terms, the last one last."""
    intent = order.intent
    terms = (intent.instrument.key, intent.side, *_plain(intent.quantity, intent.price))
    key = "|".join((order.account_id, *terms, *_plain(intent.trigger)))
    return desk.store.document(KIND, key) or Document(KIND, key, {"orders": []})


def _plain(*numbers: object) -> tuple[str, ...]:
    """The same text for 100 and 100.0."""
    return tuple("" if one is None else f"{one:.8f}" for one in numbers)


def _unresolved(desk: OrderDesk, order: Order, note: Document) -> Order | None:
    for other in _named(desk, note):
        waits = other.state in UNRESOLVED and not other.broker_order_id
        # One that is settled is looked for no more: its day's rows are gone, and by their time none
        # of today's is taken for it.
        if other.key != order.key and waits and not other.settled:
            return other
    return None


def _named(desk: OrderDesk, note: Document) -> Iterable[Order]:
    for key in note.body["orders"]:
        try:
            yield desk.store.order(key)
        except NotFound:
            continue  # a record that was taken away has no row


# -- in the book ---------------------------------------------------------------------------------


def look_for(
    desk: OrderDesk, order: Order, rows: Sequence[ExecutionReport], profile: Profile
) -> Order:
    """The order tied to the only row that can be it; told of where somebody must look."""
    unresolved = order.state is State.UNKNOWN and not order.broker_order_id
    if not (unresolved or order.by_terms or order.state in WRITTEN_OFF) or order.settled:
        return order
    fitting = [row for row in rows if _fits(order, row, profile)]
    if not fitting:
        return order
    note = _note(desk, order)
    taken = _taken(desk, order, note)
    free = [row for row in fitting if row.broker_order_id not in taken]
    if unresolved and len(free) == 1:
        return _take(desk, order, free[0], note)
    if free:
        _page(desk, order, free)
    return order


def those_that_may_be(
    desk: OrderDesk, order: Order, rows: Iterable[ExecutionReport]
) -> Sequence[ExecutionReport]:
    """
    Rows that are no other order's and may be it, whatever has become of its terms and whatever
    time they show: nobody changes an order's instrument, or its side.
    """
    alike = [
        row
        for row in rows
        if row.instrument in ("", order.intent.instrument.key)
        and row.side in ("", order.intent.side)
    ]
    taken = _taken(desk, order, _note(desk, order)) if alike else ()
    return [row for row in alike if row.broker_order_id not in taken]


def note_of(desk: OrderDesk, order: Order) -> Document:
    """To be written with the order that a row is taken for: no other takes it meanwhile."""
    return replace(_note(desk, order), expires_at=desk.clock.now() + KEPT)


def _fits(order: Order, row: ExecutionReport, profile: Profile) -> bool:
    intent = order.intent
    latest = order.sent_at + profile.receive_window + SKEW
    return (
        row.broker_order_id != order.broker_order_id
        and row.client_order_id in ("", intent.wire_id)
        and row.instrument == intent.instrument.key
        and row.side == intent.side
        and row.terms == Terms(intent.quantity, intent.price, intent.trigger)
        and order.sent_at - SKEW <= row.reported_at <= latest
    )


def _taken(desk: OrderDesk, order: Order, note: Document) -> set[str]:
    """
    Rows that are other orders'. The note's are read by name, so none is missed; the others may
    have been changed into these terms, which takes longer than a list lags behind.
    """
    others = [*_named(desk, note), *desk.store.unsettled(order.account_id)]
    return {one.broker_order_id for one in others if one.key != order.key} - {""}


def _take(desk: OrderDesk, order: Order, row: ExecutionReport, note: Document) -> Order:
    after = replace(fold(order, row), by_terms=True, text=row.text or FOUND)
    event = {"event": after.state, "why": FOUND, "broker order": row.broker_order_id}
    seen = replace(note, expires_at=desk.clock.now() + KEPT)
    try:
        # The note is written too: whoever took a row in between has written it first.
        return commit_order(
            desk.store, after, event, *news(order, after), before=order, also=(seen,)
        )
    except (Conflict, StoreUnavailable):
        return order  # the next look decides again


def _page(desk: OrderDesk, order: Order, rows: Sequence[ExecutionReport]) -> None:
    names = ", ".join(sorted(row.broker_order_id for row in rows))
    terms = f"{order.intent.side} {order.intent.quantity:f} {order.intent.instrument.symbol}"
    if order.by_terms:
        why = f"was taken for {order.broker_order_id}, and more like it are in the book: {names}"
    elif order.state in WRITTEN_OFF:
        why = f"was {order.state.lower()}, and the book has its like: {names}"
    else:
        why = f"may be any of {names}, so none is taken for it"
    keeps = "The broker keeps no name of ours: look in its own app"
    do = f", then say /decide {order.key[:4]}." if order.state is State.UNKNOWN else "."
    desk.pager.alert(order.account_id, f"order {order.key} ({terms}) {why}. {keeps}{do}")
