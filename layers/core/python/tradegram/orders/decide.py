"""
What only its holder can say: which row of the broker's book an unknown order is, or none of them.

For brokers that keep no name of ours, when several rows may be the order, or one of other terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradegram.brokers.contract import Profile
from tradegram.brokers.lookup import book_about
from tradegram.chat.money import clock_time
from tradegram.codes import Code
from tradegram.errors import Conflict, UserError
from tradegram.model import ExecutionReport
from tradegram.orders.nameless import SKEW, keeps_no_name, note_of, those_that_may_be
from tradegram.orders.report import news, notice
from tradegram.orders.state import Order, State, fold, move
from tradegram.ports import OrderDesk, commit_order

SAID = "its holder says which row of the broker's book it is"
NONE_OF_THEM = "its holder says that none of the rows of the broker's book is it"


def rows_of_doubt(desk: OrderDesk, order: Order) -> Sequence[ExecutionReport]:
    """
    Rows of the broker's book that may be the order, by their time.

    Raises UserError when there is nothing to decide of it, BrokerError.
    """
    if order.state is not State.UNKNOWN or not keeps_no_name(desk, order):
        raise UserError(
            f"There is nothing to decide: that order is {order.state.lower()}. I ask only where "
            "the broker's book cannot tell me which of its rows an order is."
        )
    book = book_about(desk.brokers.broker(order.account_id), [order.intent])
    found = those_that_may_be(desk, order, book.reports)
    return sorted(found, key=lambda row: (row.reported_at, row.broker_order_id))


def decide(desk: OrderDesk, order: Order, broker_order_id: str, *, user_id: int) -> Order:
    """
    Take this row for the order; "" says that it was never taken by the broker.

    Raises UserError, BrokerError, StoreError.
    """
    rows = rows_of_doubt(desk, order)
    if not broker_order_id:
        return _none(desk, order, user_id)
    row = next((each for each in rows if each.broker_order_id == broker_order_id), None)
    if row is None:
        names = ", ".join(each.broker_order_id for each in rows) or "none"
        raise UserError(f"The broker's book has no such row for it. Those that may be: {names}.")
    after = replace(fold(order, row), by_terms=True, text=row.text or SAID)
    return _written(desk, order, after, str(after.state), user_id, SAID, row.broker_order_id)


def _none(desk: OrderDesk, order: Order, user_id: int) -> Order:
    profile: Profile = desk.brokers.profile(order.account_id)
    until = order.sent_at + profile.receive_window + profile.listing_lag + SKEW
    if desk.clock.now() <= until:
        raise UserError(
            f"It may still appear until {clock_time(until)}. Decide after that; until then it is "
            "looked for, and not sent again."
        )
    after = replace(move(order, State.VOID), text=NONE_OF_THEM, code=Code.BROKER_TIMEOUT)
    return _written(desk, order, after, "void", user_id, NONE_OF_THEM, "")


def _written(
    desk: OrderDesk, order: Order, after: Order, what: str, user_id: int, why: str, row: str
) -> Order:
    event = {"event": what, "by": f"user {user_id}", "why": why, "broker order": row}
    told = news(order, after) or (notice(after, what, why),)
    try:
        return commit_order(
            desk.store, after, event, *told, before=order, also=(note_of(desk, order),)
        )
    except Conflict as error:
        raise UserError("It has changed meanwhile. Look at it again, then decide.") from error
