"""Write what a broker said about an order into our record, and tell the holder what is new."""

from __future__ import annotations

from tradegram.errors import Conflict, StoreFull, StoreUnavailable
from tradegram.model import ExecutionReport
from tradegram.orders.state import TERMINAL, WRITTEN_OFF, Order, adopt_terms, confirm_terms, fold
from tradegram.ports import Notice, OrderDesk, commit_order

WRITE_ATTEMPTS = 5


def apply_report(
    desk: OrderDesk, order: Order, report: ExecutionReport, *, fresh: bool = False
) -> Order:
    """
    Fold a report into the stored order. Repeats are free.

    fresh: a row of a book that was asked for after `order` was read, not a message that may be
    old. Of an order that changed in between, the book may be from before a wish: then only what
    cannot be undone is taken from it, and terms are left to the next book.
    """
    failed: Exception | None = None
    for _ in range(WRITE_ATTEMPTS):
        if order.by_terms and report.broker_order_id != order.broker_order_id:
            _page_that_another_was_taken(desk, order, report)
            return order
        after = fold(order, report)
        if fresh:
            after = adopt_terms(confirm_terms(after, report), report)
        if after is order or after == order:
            return order
        event = {
            "event": after.state,
            "by": "broker",
            "cum": after.cum_quantity,
            "average": after.average_price,
            "broker order": after.broker_order_id,
        }
        try:
            stored = commit_order(desk.store, after, event, *news(order, after), before=order)
        except StoreFull:
            raise  # trying at once again cannot help
        except (Conflict, StoreUnavailable) as error:
            failed, order, fresh = error, desk.store.order(order.key), False
        else:
            _page_if_it_came_alive(desk, order, stored)
            return stored
    raise StoreUnavailable(f"{order.key}: gave up writing a report") from failed


def news(before: Order, after: Order) -> tuple[Notice, ...]:
    """What the holder should hear of this change: at most one message."""
    if _came_alive(before, after):
        kind = "corrected"
    elif before.cancel_wanted and after.cum_quantity != before.cum_quantity:
        filled = f"{after.cum_quantity.normalize():f}"
        return (notice(after, "crossed", f"{filled} filled before the cancel took effect"),)
    elif after.state is not before.state:
        kind = after.state.lower()
    elif after.cum_quantity != before.cum_quantity:
        kind = "partial"
    elif after.replaces != before.replaces:
        kind = "replaced"
    else:
        return ()
    return (notice(after, kind, after.text),)


def notice(order: Order, kind: str, text: str) -> Notice:
    return Notice(order.account_id, order.key, kind, text, order.user_id)


def _came_alive(before: Order, after: Order) -> bool:
    """We said it had ended, and it had not; or it ended otherwise than we said."""
    written_off = before.state in WRITTEN_OFF and after.state is not before.state
    ended_twice = before.state in TERMINAL and after.state is not before.state
    more = before.state in TERMINAL and after.cum_quantity != before.cum_quantity
    return written_off or ended_twice or more


def _page_that_another_was_taken(desk: OrderDesk, order: Order, report: ExecutionReport) -> None:
    """Two rows are never mixed into one order; which of them is wrong only a person can undo."""
    desk.pager.alert(
        order.account_id,
        f"order {order.key} is {report.broker_order_id} at the broker, and "
        f"{order.broker_order_id} was taken for it: it is not ours. Look in the broker's own app.",
    )


def _page_if_it_came_alive(desk: OrderDesk, before: Order, after: Order) -> None:
    if _came_alive(before, after):
        desk.pager.alert(
            after.account_id,
            f"order {after.key} was {before.state.lower()} in our record; the broker now says "
            f"{after.state.lower()}, {after.cum_quantity} filled",
        )
