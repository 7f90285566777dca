"""What must hold of the orders of every simulated day, checked against the brokers' ledgers."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

from simulation.desks import POISON
from simulation.rules_brackets import BRACKETS, exits_of
from simulation.rules_nameless import NAMELESS, is_in_doubt, rows_of
from simulation.rules_people import PEOPLE
from simulation.world import SECRET

from tradegram.audit import verify
from tradegram.model import Side
from tradegram.orders.nameless import SKEW
from tradegram.orders.send import SEND_WINDOW
from tradegram.orders.stage import SEND_WITHIN, order_ids
from tradegram.orders.state import LOCAL, TERMINAL, Order, State, progress

if TYPE_CHECKING:
    from simulation.history import Day

PER_SECOND = 10
TRUTH = {
    "PUT ORDER REQ RECEIVED": State.SUBMITTED,
    "OPEN": State.WORKING,
    "CANCEL PENDING": State.WORKING,
    "COMPLETE": State.FILLED,
    "CANCELLED": State.CANCELLED,
    "REJECTED": State.REJECTED,
}


class Violation(AssertionError):
    """A promise was broken in this history."""

    day: Day


def check(day: Day) -> None:
    orders = {key: day.inner.order(key) for key in day.store.history}
    for rule in (*RULES, *NAMELESS, *BRACKETS, *PEOPLE):
        detail = rule(day, orders)
        if detail is not None:
            raise Violation(f"seed {day.seed}: {rule.__name__.replace('_', ' ')}: {detail}")


Orders = dict[str, Order]


def one_order_per_id(day: Day, orders: Orders) -> object:
    tags = [row.tag for row in day.rows]
    return sorted(tags) if len(tags) != len(set(tags)) else None


def only_what_was_asked(day: Day, orders: Orders) -> object:
    """Each row is a leg that was confirmed, or an exit of a bracket, at terms that were wished."""
    legs = day.holder.legs
    for key, order in orders.items():
        if key not in legs and not _is_exit(day, order):
            return f"an order nobody asked for: {key}"
    for account_id, exchange in day.exchanges.items():
        for row in exchange.rows:
            if not row.tag:
                continue  # by hand
            if row.tag not in orders:
                return f"an order at the exchange without a record: {row.tag}"
            account, asked = _asked(day, orders[row.tag])
            said = (row.quantity, Decimal(row.form["price"]))
            if said not in asked or account != account_id:
                return f"terms nobody asked for: {account_id} {row}"
    return None


def _asked(day: Day, order: Order) -> tuple[str, list[tuple[int, Decimal | None]]]:
    """The account, and the terms it may have: quantity and price."""
    leg = day.holder.legs.get(order.key)
    if leg is None:
        history = [then.replace_wanted for _, then in day.store.history[order.key]]
        wished = [terms for terms in history if terms is not None]
        first = (int(order.intent.quantity), order.intent.price)
        return order.account_id, [first, *((int(t.quantity), t.price) for t in wished)]
    # By words of our own: the intent is what is under test.
    wished = day.holder.wished.get(order.key, [])
    first = (int(leg.draft.quantity), leg.draft.price)
    return leg.account_id, [first, *((int(t.quantity), t.price) for t in wished)]


def _is_exit(day: Day, order: Order) -> bool:
    return order.intent.side is Side.SELL and order.key in exits_of(day)


def legs_make_the_ticket(day: Day, orders: Orders) -> object:
    """All legs are staged together or none, and what they ask for is what was confirmed."""
    for ticket_id, ticket in day.holder.tickets.items():
        mine = [order for order in orders.values() if order.ticket_id == ticket_id]
        if not mine:
            continue
        if {order.key for order in mine} != set(order_ids(ticket)):
            return f"legs are missing: {ticket_id} {[order.key for order in mine]}"
        total = sum(order.intent.quantity for order in mine)
        if total != ticket.draft.quantity:
            return f"the legs are {total}, the ticket {ticket.draft.quantity}"
    return None


def confirmed_in_time(day: Day, orders: Orders) -> object:
    for key, order in orders.items():
        if key not in day.holder.legs:
            continue  # an exit
        until = day.holder.tickets[order.ticket_id].expires_at
        if order.staged_at > until:
            return f"{key} staged at {order.staged_at}, its ticket stood until {until}"
    return None


def hedge_first(day: Day, orders: Orders) -> object:
    """What protects is at the exchange before what it protects."""
    rows = rows_of(day, orders)
    for order in orders.values():
        for left in day.world.left.get(order.key, ()) if order.after else ():
            hedge = rows.get(order.after)
            if hedge is None or hedge.accepted_at > left:
                return f"{order.key} left at {left} before its hedge {order.after}: {hedge}"
            for each in _protecting(day, orders, order):
                row = rows.get(each)
                if row is None or row.opened_at is None or row.opened_at > left:
                    return f"{order.key} was sold at {left} on a hedge that did not work: {row}"
    return None


def _protecting(day: Day, orders: Orders, order: Order) -> list[str]:
    """All that was bought before this sale on its ticket, by the places of its legs alone."""
    if order.intent.side is Side.BUY:
        return []
    ticket = day.holder.tickets[order.ticket_id]
    keys = order_ids(ticket)[: order_ids(ticket).index(order.key)]
    return [key for key in keys if day.holder.legs[key].draft.side is Side.BUY]


def none_above_the_freeze(day: Day, orders: Orders) -> object:
    """The exchange would take no such order."""
    for key, order in orders.items():
        most = order.intent.instrument.freeze_quantity
        if most is not None and order.intent.quantity > most:
            return f"{key} is of {order.intent.quantity} units, and {most} are the most"
    return None


def the_switch_stops_sending(day: Day, orders: Orders) -> object:
    for key, moments in day.world.left.items():
        for moment in moments:
            before = [on for at, on in day.store.switches if at < moment]
            if before and before[-1]:
                return f"{key} left at {moment}, though all was stopped: {day.store.switches}"
    return None


def no_faster_than_allowed(day: Day, orders: Orders) -> object:
    """Of one process: several of them send for one account one after the other."""
    for who, moments in day.world.asked.items():
        for first, later in zip(moments, moments[PER_SECOND:], strict=False):
            if later - first < 1.0:
                return f"{who}: {PER_SECOND + 1} requests from {first} to {later}"
    return None


def a_silent_broker_is_left_alone(day: Day, orders: Orders) -> object:
    """No order leaves while the breaker is open; one that was claimed before still may."""
    for key, moments in day.world.left.items():
        stands = day.store.breakers.get(orders[key].account_id, [])
        for (at, is_open), (until, _) in pairwise([*stands, (inf, False)]):
            late = [each for each in moments if at + SEND_WINDOW < each < until]
            if is_open and late:
                return f"{key} left at {late}, the breaker was open from {at} to {until}"
    return None


def the_breaker_says_it_once(day: Day, orders: Orders) -> object:
    for account_id, stands in day.store.breakers.items():
        words = [is_open for _, is_open in stands]
        if any(a == b for a, b in pairwise([False, *words])):
            return f"{account_id}: {stands}"
    return None


def record_equals_ledger(day: Day, orders: Orders) -> object:
    for key, row in rows_of(day, orders).items():
        order = orders[key]
        if row.status not in TRUTH:
            if not any(row.order_id in text for text in day.world.alerts):
                return f"a row we cannot read, and no alert: {row}"
        elif order.state is not TRUTH[row.status] or order.cum_quantity != row.filled:
            return f"{order.state} {order.cum_quantity}, but {row}"
    return None


def terms_equal_ledger(day: Day, orders: Orders) -> object:
    for key, row in rows_of(day, orders).items():
        order = orders[key]
        if row.status not in TRUTH or not order.leaves_quantity or order.replace_wanted:
            continue
        if (int(order.quantity), str(order.price)) != (row.quantity, row.form["price"]):
            return f"{order.quantity} @ {order.price}, but {row}"
    return None


def ended_or_told(day: Day, orders: Orders) -> object:
    placed = rows_of(day, orders)
    for key, order in orders.items():
        if order.state in (State.STAGED, State.SENDING):
            return f"forgotten: {key} {order.state}"
        if key not in placed and order.state not in LOCAL:
            return f"evidence without an order: {key} {order.state}"
        works = key in placed and day.world.never_closes and placed[key].live
        unread = key in placed and placed[key].status not in TRUTH
        if _poisoned(order) and any(key in text for text in day.world.alerts):
            continue
        if not (order.state in TERMINAL or order.alerted or works or unread):
            return f"neither ended nor told: {key} {order.state}"
    return None


def wishes_are_fulfilled(day: Day, orders: Orders) -> object:
    for key, order in orders.items():
        good = day.exchanges[order.account_id].token_good
        if good and order.leaves_quantity and order.broker_order_id:
            asked = any(then.cancel_wanted for _, then in day.store.history[key])
            if asked and not _unread(day, key):
                return f"a cancel forgotten: {key}"
            if order.replace_wanted and not _unread(day, key):
                return f"a change forgotten: {key}"
    return None


def the_day_is_closed(day: Day, orders: Orders) -> object:
    """What has ended is not asked about for ever."""
    for key, order in orders.items():
        exchange = day.exchanges[order.account_id]
        clear = all(row.status in TRUTH for row in exchange.rows) and exchange.token_good
        if is_in_doubt(day, order):
            continue
        if clear and not day.world.never_closes and not _poisoned(order) and not order.settled:
            return f"never settled: {key} {order.state}"
    return None


def never_backwards(day: Day, orders: Orders) -> object:
    for key, states in day.store.history.items():
        for (_, before), (_, after) in pairwise(states):
            if progress(after) < progress(before):
                return f"{key}: {before.state} -> {after.state}"
    return None


def audit_unbroken(day: Day, orders: Orders) -> object:
    links = 0
    for account in day.inner.audited():
        chain = list(day.inner.chain(account))
        verify(chain)
        links += len(chain)
    if day.store.silent:
        return f"changed without a word: {day.store.silent}"
    return None if links == day.store.links else f"{links} links, {day.store.links} written"


def no_secret(day: Day, orders: Orders) -> object:
    places = [str(notice) for notice in day.store.told] + day.world.logs + day.world.alerts
    places += [link.body for account in day.inner.audited() for link in day.inner.chain(account)]
    places += [one.text for one in day.telegram.shown]
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


def _poisoned(order: Order) -> bool:
    return order.intent.instrument == POISON


def _unread(day: Day, key: str) -> bool:
    rows = [row for exchange in day.exchanges.values() for row in exchange.rows]
    known = day.inner.order(key).broker_order_id
    return any(
        row.status not in TRUTH and (row.tag == key or row.order_id == known) for row in rows
    )


RULES = (
    one_order_per_id,
    only_what_was_asked,
    legs_make_the_ticket,
    confirmed_in_time,
    hedge_first,
    none_above_the_freeze,
    the_switch_stops_sending,
    no_faster_than_allowed,
    a_silent_broker_is_left_alone,
    the_breaker_says_it_once,
    record_equals_ledger,
    terms_equal_ledger,
    ended_or_told,
    wishes_are_fulfilled,
    the_day_is_closed,
    never_backwards,
    audit_unbroken,
    no_secret,
    not_sent_late,
)
