"""
Make our record agree with the broker's book, and say so where it cannot.

Absence from a live book proves nothing: brokers list accepted orders late. Absence from the book
of a closed day does, because no order can be accepted after the close. A market without a close
is asked twice, long after the request could still have arrived. A book that is not whole, or that
is of a later day, proves nothing at all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tradegram.brokers.calls import BOOKS, LOOKS, Calls
from tradegram.brokers.contract import Book, Identity, Profile, calls_of
from tradegram.brokers.days import day_began
from tradegram.brokers.lookup import book_about
from tradegram.codes import Code
from tradegram.errors import BrokerError, Conflict, StoreUnavailable
from tradegram.model import ExecutionReport, OrderIntent, TimeInForce
from tradegram.orders.apart import apart
from tradegram.orders.attend import act, is_wished_for
from tradegram.orders.bell import ring
from tradegram.orders.late import late
from tradegram.orders.nameless import SKEW, look_for, those_that_may_be
from tradegram.orders.report import apply_report, notice
from tradegram.orders.send import TryLater
from tradegram.orders.state import LOCAL, TERMINAL, WRITTEN_OFF, Order, State, move
from tradegram.ports import OrderDesk, commit_order

PATIENCE = 20.0  # seconds an order may stay UNKNOWN before the holder is told
FLIGHT = 3600.0  # seconds; a closed book is asked about later than its close by less
DAY = 86_400.0
NEW = 60.0  # seconds after it was sent
RING_AGAIN = 5.0  # seconds a staged order waits before the sweeper rings for it
ABSENCES = 2  # whole books that must lack an order where no day closes
DOUBT = 600.0  # seconds a refused order is still looked up, where a list lacks what ended
KEEP_WATCHING = 86_400.0  # seconds an ended order is still compared where no day closes

AT_BROKER = frozenset({State.UNKNOWN, State.SUBMITTED, State.WORKING})
Wish = Callable[[OrderDesk, Order], None]
CODES = {State.UNKNOWN: Code.OUTCOME_UNKNOWN, State.VOID: Code.BROKER_TIMEOUT}


def reconcile(desk: OrderDesk, account_id: str, *, do: Wish = act) -> Sequence[Order]:
    """
    Bring the account's unsettled orders up to date; answers with them as they are now.

    do: what happens to what is wished for an order; `ring_for_wish` where somebody else sends.
    Safe to run at any time, in parallel. Raises BrokerError when the book could not be read,
    StoreError when the record could not.
    """
    orders = sweep(desk, account_id)
    if not orders:
        return ()
    # Read the clock before the book: a book fetched before the close says nothing of the close.
    asked_at = desk.clock.now()
    broker = desk.brokers.broker(account_id)
    profile = broker.profile
    try:
        book = book_about(broker, _sought(orders, profile, asked_at))
    except BrokerError:
        _do_all(desk, [order for order in orders if order.cancel_wanted], do)
        raise  # a way out must not wait until the book can be read
    for row in book.unreadable:
        desk.pager.alert(account_id, f"order book row not understood: {row}")
    for words in book.warnings:
        desk.pager.alert(account_id, words)
    listing = Listing(book)
    # What was written since the orders were read meets a Conflict, and is read again.
    compared = list(orders)
    for at, order in enumerate(orders):
        with apart(desk, order.account_id, f"order {order.key}"):
            compared[at] = _compare(desk, order, listing, profile, asked_at)
    _do_all(desk, compared, do)
    return [order for order in compared if not order.settled]


def _sought(orders: Iterable[Order], profile: Profile, asked_at: float) -> Sequence[OrderIntent]:
    """Whose absence from a list of what works must be explained."""
    return [
        order.intent
        for order in orders
        if order.state in AT_BROKER
        or (
            # What was refused has come alive before; what never left has not.
            order.state in WRITTEN_OFF
            and order.sent_at
            and asked_at < _surely_listed(order, profile) + DOUBT
        )
    ]


def _do_all(desk: OrderDesk, orders: Iterable[Order], do: Wish) -> None:
    for order in orders:
        if not is_wished_for(order):
            continue
        with apart(desk, order.account_id, f"order {order.key}"):
            try:
                do(desk, order)
            except TryLater:
                ring(desk, order)  # the worker waits for its turn; this look does not


def sweep(desk: OrderDesk, account_id: str) -> Sequence[Order]:
    """
    What needs no broker: give up what nobody holds, and ring for what nobody heard.

    Answers with the account's unsettled orders as they are afterwards.
    """
    orders = list(desk.store.unsettled(account_id))
    for at, order in enumerate(orders):
        if order.state not in (State.STAGED, State.SENDING):
            continue  # most have ended, and wait for their day to be closed
        with apart(desk, order.account_id, f"order {order.key}"):
            orders[at] = _swept(desk, order)
    return orders


def _swept(desk: OrderDesk, order: Order) -> Order:
    now = desk.clock.now()
    if order.state is State.SENDING and now > order.lease_until:
        return _move(desk, order, State.UNKNOWN, "the worker that held it went silent")
    if order.state is State.STAGED and now > order.send_by:
        return _move(desk, order, State.DENIED, *late(desk, order))
    if order.state is State.STAGED and now > order.staged_at + RING_AGAIN:
        ring(desk, order)
    return order


def next_look(
    desk: OrderDesk, account_id: str, orders: Sequence[Order], *, hears: bool = False
) -> float:
    """Seconds after `reconcile` has answered with these. hears: see `cadence`."""
    profile, now = desk.brokers.profile(account_id), desk.clock.now()
    # Without orders nothing was asked, and perhaps nobody is logged in.
    calls = calls_of(desk.brokers.broker(account_id)) if orders else None
    return cadence(orders, profile, now, hears=hears, calls=calls)


def cadence(
    orders: Iterable[Order],
    profile: Profile,
    now: float,
    *,
    hears: bool = False,
    calls: Calls | None = None,
) -> float:
    """
    Seconds until the book should be read again.

    hears: the broker's stream lives, and rings when something happens. calls: what it still takes
    today; a look costs some of them, and only a doubt of this minute may have as many as it likes.
    """
    live = [order for order in orders if order.state not in TERMINAL]
    if not live:
        return 300.0
    if profile.book_is_local:
        return 0.25 if any(now - order.sent_at < 10 for order in live) else 1.0
    wanted, is_unsure = _wanted(live, now), any(_is_unsure(order) for order in live)
    if hears and not is_unsure:
        wanted = max(wanted, profile.seldom)
    if calls is not None and not any(_is_new_doubt(order, now) for order in live):
        share = BOOKS if is_unsure else LOOKS
        wanted = max(wanted, calls.apart(profile.book_calls, share))
    return max(wanted, 1.0 / profile.reads_per_second)


def _is_unsure(order: Order) -> bool:
    """What became of it, or of what is wished for it, only the book can say."""
    return order.state in LOCAL or order.cancel_wanted or order.replace_wanted is not None


def _is_new_doubt(order: Order, now: float) -> bool:
    return order.state in LOCAL and now - order.sent_at < NEW


def _wanted(live: Sequence[Order], now: float) -> float:
    """However often the broker may be asked."""
    if any(order.state in LOCAL and now - order.sent_at < 10 for order in live):
        return 2.0
    if any(_is_unsure(order) for order in live):
        return 5.0
    return 5.0 if any(now - order.sent_at < NEW for order in live) else 30.0


class Listing:
    """A book's rows by the names an order may have in it."""

    def __init__(self, book: Book) -> None:
        self._is_readable = not book.unreadable
        self._unasked = frozenset(book.unasked)
        self.rows = book.reports
        self._by_id: defaultdict[str, list[ExecutionReport]] = defaultdict(list)
        self._by_tag: defaultdict[str, list[ExecutionReport]] = defaultdict(list)
        for report in book.reports:
            self._by_id[report.broker_order_id].append(report)
            self._by_tag[report.client_order_id].append(report)

    def says_all_of(self, order: Order) -> bool:
        """Whether it would have the order: a row that nobody can read may be it."""
        return self._is_readable and order.intent.wire_id not in self._unasked

    def find(self, order: Order) -> list[ExecutionReport]:
        """The rows that are this order; more than one is a calamity somebody must hear of."""
        named = self._by_id.get(order.broker_order_id, []) if order.broker_order_id else []
        tagged = self._by_tag.get(order.intent.wire_id, []) if order.intent.wire_id else []
        if not named or named == tagged:
            return tagged
        return named + [report for report in tagged if report not in named]


def _compare(
    desk: OrderDesk, order: Order, listing: Listing, profile: Profile, asked_at: float
) -> Order:
    if profile.identity is Identity.NONE:
        order = look_for(desk, order, listing.rows, profile)
    reports = listing.find(order)
    if len(reports) > 1 and len({report.broker_order_id for report in reports}) > 1:
        rows = ", ".join(report.broker_order_id for report in reports)
        desk.pager.alert(order.account_id, f"several orders at the broker for {order.key}: {rows}")
    for report in reports:
        order = apply_report(desk, order, report, fresh=True)
    if not reports and asked_at > _listed_until(desk, order, profile):
        return _let_go(desk, order)
    if not reports and order.state is State.UNKNOWN:
        return _wait(desk, order, listing, profile, asked_at)
    if order.state in TERMINAL and (reports or _surely_absent(order, listing)):
        return _settle(desk, order, asked_at)
    return order


def _surely_absent(order: Order, listing: Listing) -> bool:
    return order.state in WRITTEN_OFF and listing.says_all_of(order)


def _wait(
    desk: OrderDesk, order: Order, listing: Listing, profile: Profile, asked_at: float
) -> Order:
    if not listing.says_all_of(order):
        return _tell_of_doubt(desk, order)
    if profile.identity is Identity.NONE and those_that_may_be(desk, order, listing.rows):
        return _tell_of_doubt(desk, order)
    closed_after = _closed_after(desk, order)
    if closed_after is not None:
        if asked_at > closed_after:
            why = "not in the book of the closed day: it was never taken"
            return _move(desk, order, State.VOID, why)
    elif asked_at > _surely_listed(order, profile):
        if order.absences + 1 >= ABSENCES:
            why = f"looked for {ABSENCES} times, long after it was sent: it was never taken"
            return _move(desk, order, State.VOID, why)
        absent = replace(order, absences=order.absences + 1)
        return _commit(desk, order, absent, "absent", "")
    return _tell_of_doubt(desk, order)


def _tell_of_doubt(desk: OrderDesk, order: Order) -> Order:
    if not order.alerted and desk.clock.now() - order.sent_at > PATIENCE:
        text = "not confirmed and not in the book yet; it may still appear; it is not sent again"
        return _commit(desk, order, replace(order, alerted=True), "unconfirmed", text)
    return order


def _settle(desk: OrderDesk, order: Order, asked_at: float) -> Order:
    closed_after = _closed_after(desk, order)
    if closed_after is None:
        closed_after = order.staged_at + KEEP_WATCHING
    if asked_at > closed_after:
        return _commit(desk, order, replace(order, settled=True), "settled", "")
    return order


def _let_go(desk: OrderDesk, order: Order) -> Order:
    """Its day's book is gone: nothing more can be learned of it here, and only a person can say."""
    after = replace(order, settled=True, alerted=True)
    if order.state in TERMINAL:
        return _commit(desk, order, after, "settled", "")
    text = (
        "its day is over and the broker lists it no more, so I do not know how it ended: look in "
        "the broker's own app"
    )
    return _commit(desk, order, after, "unconfirmed", text)


def _listed_until(desk: OrderDesk, order: Order, profile: Profile) -> float:
    """Up to when a book that lacks the order says something about it."""
    if order.state in (State.STAGED, State.SENDING):
        return math.inf
    closed_after = _closed_after(desk, order)
    if closed_after is None:
        if order.state in (State.SUBMITTED, State.WORKING):
            return math.inf  # while it works it is listed, on whatever day
        closed_after = order.staged_at + (KEEP_WATCHING if order.state in TERMINAL else 0.0)
    until = closed_after + profile.book_kept
    if not profile.book_ends_at_midnight:
        return until
    return min(until, day_began(closed_after - FLIGHT) + DAY)


def _closed_after(desk: OrderDesk, order: Order) -> float | None:
    if order.intent.time_in_force is TimeInForce.GTC:
        return None
    placed_at = order.sent_at or order.staged_at
    return desk.calendar.book_closed_after(order.intent.instrument, placed_at)


def _surely_listed(order: Order, profile: Profile) -> float:
    return order.sent_at + profile.receive_window + profile.listing_lag + SKEW


def _move(desk: OrderDesk, order: Order, state: State, why: str, code: str = "") -> Order:
    after = replace(move(order, state), text=why, code=code or CODES[state])
    return _commit(desk, order, after, state.lower(), why)


def _commit(desk: OrderDesk, order: Order, after: Order, event: str, text: str) -> Order:
    owed = (notice(after, event, text),) if text else ()
    try:
        return commit_order(desk.store, after, {"event": event, "why": text}, *owed, before=order)
    except (Conflict, StoreUnavailable):
        return order  # the next run sees the newer record and decides again
