"""
External orders: what stands in a broker's book and is none of ours.

The holder placed them in the broker's own app. They are kept and shown, and never touched. They
are documents of kind `external`, never orders: no rule of the order path looks at them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tradegram.brokers.contract import Book, Identity
from tradegram.errors import Conflict
from tradegram.history.trade import day_of
from tradegram.model import ExecutionReport
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Desk, Document, Event, Store
from tradegram.triggers.kept import live_kept, may_have_sent

KIND = "external"
FAR_BACK = 3 * 86_400.0  # seconds; older orders of ours that a book still lists are unsettled
PAGES = 100  # of 50 orders
MOST = 500  # external orders of one book that are kept; nobody places more by hand

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class External:
    """As the broker's book has it. day: the desk's trading day on which it was listed."""

    account_id: str
    day: date
    broker_order_id: str
    instrument: str
    side: str
    quantity: str
    cum: str
    average: str
    price: str
    status: str
    at: float


def note_externals(desk: Desk, account_id: str, book: Book) -> int:
    """
    Keep what is new or changed; answers with how many were. Harmless to repeat.

    book: read before this is called, so that every order of ours in it is on record by now.
    """
    names = _ours(desk, account_id)
    profile = desk.brokers.profile(account_id)
    if profile.identity is Identity.NONE and _is_any_in_doubt(desk, account_id):
        return 0  # a row without our id may be the very order that is looked for
    day = day_of(desk.clock.now())
    known = {one.key: one for one in desk.store.documents(KIND, f"{account_id}|{day}|")}
    waiting = live_kept(desk.store, account_id) if profile.keeps else ()
    rows = [
        row
        for row in book.reports
        # What a broker's trigger became is taken up as ours when its list says so.
        if not _is_ours(row, names) and not any(may_have_sent(one, row) for one in waiting)
    ][:MOST]
    return sum(_note(desk, _external(account_id, day, row), known) for row in rows)


def externals(store: Store, account_id: str, day: date) -> Sequence[External]:
    """Of one of the desk's days, oldest first."""
    found = [_read(one.body) for one in store.documents(KIND, f"{account_id}|{day}|")]
    return sorted(found, key=lambda one: (one.at, one.broker_order_id))


def _ours(desk: Desk, account_id: str) -> set[str]:
    """Every name that an order of ours may have in the book."""
    orders: list[Order] = list(desk.store.unsettled(account_id))
    oldest, after = desk.clock.now() - FAR_BACK, ""
    for _ in range(PAGES):
        page = desk.store.orders(account_id, after=after)
        orders += page.orders
        after = page.after
        if not after or page.orders[-1].staged_at < oldest:
            break
    names = {name for one in orders for name in (one.key, one.intent.wire_id, one.broker_order_id)}
    return names - {""}


def _is_ours(row: ExecutionReport, names: set[str]) -> bool:
    return row.broker_order_id in names or row.client_order_id in names


def _is_any_in_doubt(desk: Desk, account_id: str) -> bool:
    doubtful = (State.SENDING, State.UNKNOWN)
    return any(one.state in doubtful for one in desk.store.unsettled(account_id))


def _external(account_id: str, day: date, row: ExecutionReport) -> External:
    price = row.terms.price if row.terms else None
    return External(
        account_id=account_id,
        day=day,
        broker_order_id=row.broker_order_id,
        instrument=row.instrument,
        side=row.side,
        quantity=f"{row.quantity:f}",
        cum=f"{row.cum_quantity:f}",
        average=f"{row.average_price:f}",
        price="" if price is None else f"{price:f}",
        status=row.status,
        at=row.reported_at,
    )


def _note(desk: Desk, one: External, known: Mapping[str, Document]) -> bool:
    key = f"{one.account_id}|{one.day}|{one.broker_order_id}"
    before, body = known.get(key), _body(one)
    if before is not None and _said(before.body) == _said(body):
        return False
    event = {
        "event": "external order",
        "by": "broker",
        "broker order": one.broker_order_id,
        "what": f"{one.side} {one.quantity} {one.instrument}",
        "before": _said(before.body) if before else {},
        "after": _said(body),
        "why": "in the broker's book and not placed by this desk",
    }
    document = replace(before, body=body) if before else Document(KIND, key, body)
    try:
        desk.store.commit(Change((document,), (Event(one.account_id, event),)))
    except Conflict:
        return False  # another worker has just noted it
    return True


def _body(one: External) -> dict[str, Any]:
    return {
        "account": one.account_id,
        "day": one.day.isoformat(),
        "broker_order": one.broker_order_id,
        "instrument": one.instrument,
        "side": one.side,
        "quantity": one.quantity,
        "cum": one.cum,
        "average": one.average,
        "price": one.price,
        "status": one.status,
        "at": one.at,
    }


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    """What makes it worth noting again."""
    return {name: body[name] for name in ("status", "quantity", "cum", "price")}


def _read(body: Mapping[str, Any]) -> External:
    return External(
        account_id=body["account"],
        day=date.fromisoformat(body["day"]),
        broker_order_id=body["broker_order"],
        instrument=body["instrument"],
        side=body["side"],
        quantity=body["quantity"],
        cum=body["cum"],
        average=body["average"],
        price=body["price"],
        status=body["status"],
        at=body["at"],
    )
