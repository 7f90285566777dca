"""What must hold of every simulated day, checked against the exchange's ledger."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from simulation.world import SECRET

from tradegram.audit import verify
from tradegram.orders.reconcile import SKEW
from tradegram.orders.send import SEND_WINDOW
from tradegram.orders.stage import SEND_WITHIN
from tradegram.orders.state import LOCAL, TERMINAL, Order, State, progress

if TYPE_CHECKING:
    from simulation.history import Day

TRUTH = {
    "PUT ORDER REQ RECEIVED": State.SUBMITTED,
    "OPEN": State.WORKING,
    "CANCEL PENDING": State.WORKING,
    "COMPLETE": State.FILLED,
    "CANCELLED": State.CANCELLED,
    "REJECTED": State.REJECTED,
}
NO_ORDER = {"refused", "void", "denied"}


class Violation(AssertionError):
    """A promise was broken in this history."""


def check(day: Day) -> None:
    orders = {key: day.inner.order(key) for key in day.store.history}
    for rule in RULES:
        detail = rule(day, orders)
        if detail is not None:
            raise Violation(f"seed {day.seed}: {rule.__name__.replace('_', ' ')}: {detail}")


Orders = dict[str, Order]


def one_order_per_id(day: Day, orders: Orders) -> object:
    tags = [row.tag for row in day.exchange.rows]
    return sorted(tags) if len(tags) != len(set(tags)) else None


def only_what_was_asked(day: Day, orders: Orders) -> object:
    for key in orders:
        if key not in day.intents:
            return f"an order nobody asked for: {key}"
    for row in day.exchange.rows:
        if row.tag not in orders:
            return f"an order at the exchange without a record: {row.tag}"
        asked = [(int(day.intents[row.tag].quantity), "100.00")]
        asked += [(int(t.quantity), str(t.price)) for t in day.wished.get(row.tag, ())]
        if (row.quantity, row.form["price"]) not in asked:
            return f"terms nobody asked for: {row}"
    return None


def record_equals_ledger(day: Day, orders: Orders) -> object:
    for row in day.exchange.rows:
        order = orders[row.tag]
        if row.status not in TRUTH:
            if not any(row.order_id in text for text in day.world.alerts):
                return f"a row we cannot read, and no alert: {row}"
        elif order.state is not TRUTH[row.status] or order.cum_quantity != row.filled:
            return f"{order.state} {order.cum_quantity}, but {row}"
    return None


def terms_equal_ledger(day: Day, orders: Orders) -> object:
    for row in day.exchange.rows:
        order = orders[row.tag]
        if row.status not in TRUTH or not order.leaves_quantity or order.replace_wanted:
            continue
        if (int(order.quantity), str(order.price)) != (row.quantity, row.form["price"]):
            return f"{order.quantity} @ {order.price}, but {row}"
    return None


def ended_or_told(day: Day, orders: Orders) -> object:
    placed = {row.tag: row for row in day.exchange.rows}
    for key, order in orders.items():
        if order.state in (State.STAGED, State.SENDING):
            return f"forgotten: {key} {order.state}"
        if key not in placed and order.state not in LOCAL:
            return f"evidence without an order: {key} {order.state}"
        works = key in placed and day.world.never_closes and placed[key].live
        unread = key in placed and placed[key].status not in TRUTH
        if not (order.state in TERMINAL or order.alerted or works or unread):
            return f"neither ended nor told: {key} {order.state}"
    return None


def wishes_are_fulfilled(day: Day, orders: Orders) -> object:
    good = day.exchange.token_good
    for key, order in orders.items():
        if good and order.leaves_quantity and order.broker_order_id:
            asked = any(then.cancel_wanted for _, then in day.store.history[key])
            if asked and not _unread(day, key):
                return f"a cancel forgotten: {key}"
            if order.replace_wanted and not _unread(day, key):
                return f"a change forgotten: {key}"
    return None


def never_backwards(day: Day, orders: Orders) -> object:
    for key, states in day.store.history.items():
        for (_, before), (_, after) in pairwise(states):
            if progress(after) < progress(before):
                return f"{key}: {before.state} -> {after.state}"
    return None


def told_the_truth(day: Day, orders: Orders) -> object:
    if day.world.faults.liar:
        return None
    placed = {row.tag for row in day.exchange.rows}
    for notice in day.store.told:
        if notice.kind in NO_ORDER and notice.client_order_id in placed:
            return f"said 'no order', but there is one: {notice}"
    return None


def told_of_changes_that_were_made(day: Day, orders: Orders) -> object:
    changed = {row.tag for row in day.exchange.rows if row.changes}
    for notice in day.store.told:
        if notice.kind == "replaced" and notice.client_order_id not in changed:
            return f"said 'changed', but it is not: {notice}"
    return None


def audit_unbroken(day: Day, orders: Orders) -> object:
    links = 0
    for account in day.inner.audited():
        chain = list(day.inner.chain(account))
        verify(chain)
        links += len(chain)
    changes = sum(len(states) for states in day.store.history.values())
    return None if links == changes == day.store.links else f"{links} links, {changes} changes"


def no_secret(day: Day, orders: Orders) -> object:
    places = [str(notice) for notice in day.store.told] + day.world.logs + day.world.alerts
    places += [link.body for account in day.inner.audited() for link in day.inner.chain(account)]
    return next((text for text in places if SECRET in text), None)


def not_sent_late(day: Day, orders: Orders) -> object:
    for key, moments in day.world.left.items():
        history = day.store.history[key]
        staged = history[0][0]
        claims = [at for at, order in history if order.state is State.SENDING]
        for moment in moments:
            if moment > staged + SEND_WITHIN + SEND_WINDOW + SKEW + 1:
                return f"{key} staged at {staged}, sent at {moment}"
            if not any(claim - 1 <= moment <= claim + SEND_WINDOW for claim in claims):
                return f"{key} sent at {moment} without a live claim of {claims}"
    return None


def _unread(day: Day, key: str) -> bool:
    return any(row.tag == key and row.status not in TRUTH for row in day.exchange.rows)


RULES = (
    one_order_per_id,
    only_what_was_asked,
    record_equals_ledger,
    terms_equal_ledger,
    ended_or_told,
    wishes_are_fulfilled,
    never_backwards,
    told_the_truth,
    told_of_changes_that_were_made,
    audit_unbroken,
    no_secret,
    not_sent_late,
)
