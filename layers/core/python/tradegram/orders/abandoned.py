"""Orders that a killed process had claimed: what can be known of them before anybody sends."""

from __future__ import annotations

from tradegram.orders.reconcile import Listing
from tradegram.orders.state import State, move
from tradegram.ports import OrderDesk, commit_order

WHY = "the process that claimed it ended before it was sent"


def take_back(desk: OrderDesk, account_id: str) -> None:
    """
    Stage again what a dead worker claimed and never sent, where the book can prove that.

    A book that is a part of our own record lacks only what was never taken: nothing is on its
    way to it. At any other broker the request may have left, so the order stays claimed until its
    lease ends, and is never sent again. Call it when no worker can be alive: before the first
    one starts, with the data directory held. Raises BrokerError, StoreError.
    """
    if not desk.brokers.profile(account_id).book_is_local:
        return
    claimed = [each for each in desk.store.unsettled(account_id) if each.state is State.SENDING]
    if not claimed:
        return
    book = desk.brokers.broker(account_id).order_book()
    listing = Listing(book)
    for order in claimed:
        if not book.unreadable and not listing.find(order):
            again = move(order, State.STAGED)
            commit_order(desk.store, again, {"event": "staged", "why": WHY}, before=order)
