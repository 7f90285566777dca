"""
Make our record agree with the broker's book, and say so where it cannot.

Absence from a live book proves nothing: brokers list accepted orders late. Absence from the book
of a closed day does, because no order can be accepted after the close. A market without a close
is asked twice, long after the request could still have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tradegram.brokers.contract import Book, Broker, Identity, Profile
from tradegram.errors import Conflict, StoreUnavailable
from tradegram.model import ExecutionReport, TimeInForce
from tradegram.orders.attend import act
from tradegram.orders.bell import ring
from tradegram.orders.report import apply_report, notice
from tradegram.orders.state import LOCAL, TERMINAL, WRITTEN_OFF, Order, State, move
from tradegram.ports import OrderDesk, commit_order

PATIENCE = 20.0  # seconds an order may stay UNKNOWN before the holder is told
RING_AGAIN = 5.0  # seconds a staged order waits before the sweeper rings for it
SKEW = 60.0  # seconds two workers' clocks may differ, both ways together
ABSENCES = 2  # whole books that must lack an order where no day closes
KEEP_WATCHING = 86_400.0  # seconds an ended order is still compared where no day closes


def reconcile(desk: OrderDesk, account_id: str) -> Sequence[Order]:
    """
    Bring the account's unsettled orders up to date; answers with them as they are now.

    Safe to run at any time, in parallel. Raises BrokerError when the book could not be read,
    StoreError when the record could not.
    """
    sweep(desk, account_id)
    if not desk.store.unsettled(account_id):
        return ()
    # Read the clock before the book: a book fetched before the close says nothing of the close.
    asked_at = desk.clock.now()
    broker = desk.brokers.broker(account_id)
    book = broker.order_book()
    for row in book.unreadable:
        desk.pager.alert(account_id, f"order book row not understood: {row}")
    for order in desk.store.unsettled(account_id):
        _compare(desk, order, book, broker, asked_at)
    for order in desk.store.unsettled(account_id):
        act(desk, order)
    return desk.store.unsettled(account_id)


def sweep(desk: OrderDesk, account_id: str) -> None:
    """What needs no broker: give up what nobody holds, and ring for what nobody heard."""
    for order in desk.store.unsettled(account_id):
        now = desk.clock.now()
        if order.state is State.SENDING and now > order.lease_until:
            _move(desk, order, State.UNKNOWN, "the worker that held it went silent")
        elif order.state is State.STAGED and now > order.send_by:
            _move(desk, order, State.DENIED, "not sent in time")
        elif order.state is State.STAGED and now > order.staged_at + RING_AGAIN:
            ring(desk, order)


def cadence(orders: Iterable[Order], profile: Profile, now: float) -> float:
    """Seconds until the book should be read again."""
    live = [order for order in orders if order.state not in TERMINAL]
    if not live:
        return 300.0
    if profile.book_is_local:
        return 0.25 if any(now - order.sent_at < 10 for order in live) else 1.0
    if any(order.state in LOCAL and now - order.sent_at < 10 for order in live):
        return 2.0
    if any(order.state in LOCAL or order.cancel_wanted or order.replace_wanted for order in live):
        return 5.0
    return 5.0 if any(now - order.sent_at < 60 for order in live) else 30.0


def find(order: Order, book: Book) -> list[ExecutionReport]:
    """The rows that are this order; more than one is a calamity that somebody must hear of."""
    return [
        report
        for report in book.reports
        if (order.broker_order_id and report.broker_order_id == order.broker_order_id)
        or (order.intent.wire_id and report.client_order_id == order.intent.wire_id)
    ]


def _compare(desk: OrderDesk, order: Order, book: Book, broker: Broker, asked_at: float) -> None:
    reports = find(order, book)
    if len({report.broker_order_id for report in reports}) > 1:
        rows = ", ".join(report.broker_order_id for report in reports)
        desk.pager.alert(order.account_id, f"several orders at the broker for {order.key}: {rows}")
    for report in reports:
        order = apply_report(desk, order, report, fresh=True)
    if not reports and order.state is State.UNKNOWN:
        _wait(desk, order, broker.profile, asked_at)
    elif order.state in TERMINAL and (reports or order.state in WRITTEN_OFF):
        _settle(desk, order, asked_at)


def _wait(desk: OrderDesk, order: Order, profile: Profile, asked_at: float) -> None:
    closed_after = _closed_after(desk, order)
    if closed_after is not None:
        if asked_at > closed_after:
            why = "not in the book of the closed day: it was never taken"
            return _move(desk, order, State.VOID, why)
    elif profile.identity is not Identity.NONE and asked_at > _surely_listed(order, profile):
        if order.absences + 1 >= ABSENCES:
            why = f"looked for {ABSENCES} times, long after it was sent: it was never taken"
            return _move(desk, order, State.VOID, why)
        absent = replace(order, absences=order.absences + 1)
        return _commit(desk, absent, "absent", "")
    if not order.alerted and desk.clock.now() - order.sent_at > PATIENCE:
        text = "not confirmed and not in the book yet; it may still appear; it is not sent again"
        return _commit(desk, replace(order, alerted=True), "unconfirmed", text)
    return None


def _settle(desk: OrderDesk, order: Order, asked_at: float) -> None:
    closed_after = _closed_after(desk, order)
    if closed_after is None:
        closed_after = order.staged_at + KEEP_WATCHING
    if asked_at > closed_after:
        _commit(desk, replace(order, settled=True), "settled", "")


def _closed_after(desk: OrderDesk, order: Order) -> float | None:
    if order.intent.time_in_force is TimeInForce.GTC:
        return None
    placed_at = order.sent_at or order.staged_at
    return desk.calendar.book_closed_after(order.intent.instrument, placed_at)


def _surely_listed(order: Order, profile: Profile) -> float:
    return order.sent_at + profile.receive_window + profile.listing_lag + SKEW


def _move(desk: OrderDesk, order: Order, state: State, why: str) -> None:
    _commit(desk, replace(move(order, state), text=why), state.lower(), why)


def _commit(desk: OrderDesk, after: Order, event: str, text: str) -> None:
    owed = (notice(after, event, text),) if text else ()
    try:
        commit_order(desk.store, after, {"event": event, "why": text}, *owed)
    except (Conflict, StoreUnavailable):
        return  # the next run sees the newer record and decides again
