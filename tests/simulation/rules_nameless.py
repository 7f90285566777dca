"""What must hold where a broker keeps no name of ours, and of what the holder placed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulation.exchange import Exchange, Row

from tradegram.brokers.zerodha import Zerodha
from tradegram.brokers.zerodha.orders import STATUSES
from tradegram.orders.nameless import SKEW
from tradegram.orders.state import Order, State

if TYPE_CHECKING:
    from simulation.history import Day

Orders = dict[str, Order]

WRONG = 35.0  # seconds a worker's clock may be wrong, and a row's time be cut off
BEFORE = SKEW + WRONG  # seconds from the row's time to the claim, and back
ON_ITS_WAY = Zerodha.profile.receive_window + BEFORE
A_LOOK = 30.0  # seconds from a book that is asked for to the write of what follows from it
READABLE = frozenset(STATUSES)
IN_DOUBT = (State.SENDING, State.UNKNOWN)


def rows_of(day: Day, orders: Orders) -> dict[str, Row]:
    """
    Each order's row: the one that has its name in the ledger; where the broker shows no names,
    the one that the record says it is.
    """
    found = {row.tag: row for row in day.rows}
    for key, order in orders.items():
        exchange = day.exchanges[order.account_id]
        if exchange.keeps_names:
            continue
        found.pop(key, None)
        row = _row(exchange, order.broker_order_id)
        if row is not None:
            found[key] = row
    return found


def is_in_doubt(day: Day, order: Order) -> bool:
    """Its broker has a row that may be it, or another; its holder was told, and decides."""
    keeps_names = day.exchanges[order.account_id].keeps_names
    return not keeps_names and order.state is State.UNKNOWN and order.alerted


def no_row_is_two_orders(day: Day, orders: Orders) -> object:
    seen: dict[str, str] = {}
    for key, order in orders.items():
        if order.broker_order_id and seen.setdefault(order.broker_order_id, key) != key:
            return f"{order.broker_order_id} is {key} and {seen[order.broker_order_id]}"
    return None


def one_of_the_same_terms_at_a_time(day: Day, orders: Orders) -> object:
    """Nothing leaves while another order of its terms may be on its way, or there unnamed."""
    for key, moments in day.world.left.items():
        mine = orders[key]
        if day.exchanges[mine.account_id].keeps_names:
            continue
        alike = [o for o in orders.values() if o.key != key and _terms(o) == _terms(mine)]
        for moment in moments:
            for other in alike:
                if _was_in_doubt(day, other.key, moment):
                    return f"{key} left at {moment}, though {other.key} was not resolved"
    return None


def a_row_is_taken_for_a_reason(day: Day, orders: Orders) -> object:
    """
    Its own, or one by hand of the same terms and time: they cannot be told apart. An order that
    was taken for one by hand leaves its own row to the next of its terms.
    """
    if day.world.faults.liar:
        return None  # one that it refused and then placed looks like the next of its terms
    for key, order in orders.items():
        exchange = day.exchanges[order.account_id]
        row = _row(exchange, order.broker_order_id) if order.by_terms else None
        if row is None or row.tag == key:
            continue
        intent = order.intent
        terms = intent.instrument.symbol, intent.side == "BUY", intent.quantity, str(intent.price)
        sent = _claimed_at(day, key)
        in_time = sent - BEFORE <= row.accepted_at <= sent + ON_ITS_WAY
        of_another = bool(row.tag) and not _is_elsewhere(orders[row.tag], row)
        if of_another or row.first != terms or not in_time:
            return f"{key}, sent at {sent} as {terms}, was taken for {row}"
        if not day.world.faults.freeze and _were_both_there(day, exchange, key, row):
            return f"{key} was taken for {row}, though its own row was there too"
    return None


def what_nobody_found_is_told(day: Day, orders: Orders) -> object:
    """An order at the broker that no record names has a holder who was told to look."""
    known = {order.broker_order_id for order in orders.values()}
    for row in day.rows:
        told = orders[row.tag].alerted or any(row.tag in text for text in day.world.alerts)
        readable = any(row.order_id in text for text in day.world.alerts)
        if row.order_id not in known and not (told or readable):
            return f"nobody knows of {row}"
    return None


def what_can_be_found_is_found(day: Day, orders: Orders) -> object:
    """The only row of its terms, listed in time and readable, is the order's."""
    for key, order in orders.items():
        exchange = day.exchanges[order.account_id]
        own = next((row for row in exchange.rows if row.tag == key), None)
        if own is None or order.state is not State.UNKNOWN or exchange.keeps_names:
            continue
        alike = [row for row in exchange.rows if row.first == own.first]
        in_time = own.accepted_at <= _claimed_at(day, key) + Zerodha.profile.receive_window
        if alike == [own] and in_time and own.status in READABLE:
            return f"{key} is still {order.state}, and there is {own}"
    return None


def what_was_placed_by_hand_is_left_alone(day: Day, orders: Orders) -> object:
    taken = {order.broker_order_id for order in orders.values() if order.by_terms}
    for exchange in day.exchanges.values():
        for row in exchange.rows:
            if not row.tag and row.tries and row.order_id not in taken:
                return f"changed, and none of ours: {row}"
    return None


def _is_elsewhere(owner: Order, row: Row) -> bool:
    return owner.by_terms and owner.broker_order_id != row.order_id


def _terms(order: Order) -> tuple[object, ...]:
    intent = order.intent
    return order.account_id, intent.instrument.key, intent.side, intent.quantity, intent.price


def _row(exchange: Exchange, order_id: str) -> Row | None:
    return next((row for row in exchange.rows if row.order_id == order_id), None)


def _was_in_doubt(day: Day, key: str, moment: float) -> bool:
    before = [order for at, order in day.store.history[key] if at < moment]
    return bool(before) and before[-1].state in IN_DOUBT and not before[-1].broker_order_id


def _claimed_at(day: Day, key: str) -> float:
    return [at for at, order in day.store.history[key] if order.state is State.SENDING][-1]


def _were_both_there(day: Day, exchange: Exchange, key: str, taken: Row) -> bool:
    own = next((row for row in exchange.rows if row.tag == key), None)
    at = next(at for at, order in day.store.history[key] if order.by_terms)
    return own is not None and max(own.visible_at, taken.visible_at) < at - A_LOOK


NAMELESS = (
    no_row_is_two_orders,
    one_of_the_same_terms_at_a_time,
    a_row_is_taken_for_a_reason,
    what_nobody_found_is_told,
    what_can_be_found_is_found,
    what_was_placed_by_hand_is_left_alone,
)
