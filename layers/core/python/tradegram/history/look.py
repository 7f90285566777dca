"""
The account's periodic look back: keep trades, note external orders, compare positions, close days.

Both homes call `look_back` beside `reconcile`. When the last look was is in the record, so that
many processes look no oftener than one, and a process that dies is followed by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from tradegram.brokers.contract import Book, Broker
from tradegram.errors import BrokerError, Conflict, StoreError, UserError
from tradegram.history.drift import Amounts, check_drift
from tradegram.history.external import note_externals
from tradegram.history.keep import keep
from tradegram.history.statement import Looked, activity, close_day, closes_at
from tradegram.history.today import todays_fills
from tradegram.history.trade import day_of, trade_of
from tradegram.model import Fill
from tradegram.ports import Change, Desk, Document
from tradegram.risk.watch import watch_loss

KIND = "history"
OFTEN, SELDOM = 60.0, 300.0  # seconds between looks: at a book of our own, and through a network
MOST_DAYS = 10  # that are closed late; before them nobody was there

T = TypeVar("T")
logger = logging.getLogger(__name__)


def look_back(desk: Desk, account_id: str, *, now: bool = False) -> bool:
    """
    One look, when it is time for one; whether there was one. now: do not wait for the time.

    Harmless to repeat and to interrupt. Raises StoreError and UserError; a broker that does not
    answer is asked again at the next look.
    """
    known = _take_turn(desk, account_id, now)
    if known is None:
        return False
    watch_loss(desk, account_id)
    broker = _asked(account_id, "account", lambda: desk.brokers.broker(account_id))
    book = _asked(account_id, "orders", broker.order_book) if broker else None
    fills = _fills(desk, account_id, broker) if broker else None
    if book is not None:
        note_externals(desk, account_id, book)
    if fills is not None:
        trades = [trade_of(account_id, fill) for fill in fills]
        keep(desk.store, account_id, trades, by="trade book")
    drift = _drift(desk, account_id, broker, fills) if broker else None
    _close_days(desk, account_id, known, book, fills, drift)
    return True


def _take_turn(desk: Desk, account_id: str, now: bool) -> Document | None:
    """Our record of the last look, or None when it is not time, or another process took it."""
    at = desk.clock.now()
    known = desk.store.document(KIND, account_id)
    if known is None:
        yesterday = day_of(at) - timedelta(days=1)
        known = Document(KIND, account_id, {"looked_at": 0.0, "closed": str(yesterday)})
    every = OFTEN if desk.brokers.profile(account_id).book_is_local else SELDOM
    if not now and at - known.body["looked_at"] < every:
        return None
    try:
        [taken] = desk.store.commit(Change((replace(known, body={**known.body, "looked_at": at}),)))
    except Conflict:
        return None
    assert isinstance(taken, Document)  # noqa: S101 - narrows the union; the store keeps types
    return taken


def _asked(account_id: str, what: str, ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except BrokerError as error:
        logger.info("%s not read: %s", what, error, extra={"account_id": account_id})
        return None


def _drift(
    desk: Desk, account_id: str, broker: Broker, fills: Sequence[Fill] | None
) -> Amounts | None:
    """Positions between two equal readings of the trades: no fill came between them."""
    if fills is None:
        return None
    positions = _asked(account_id, "positions", broker.positions)
    again = _fills(desk, account_id, broker)
    if positions is None or again is None or _ids(again) != _ids(fills):
        return None
    return check_drift(desk, account_id, positions, fills)


def _fills(desk: Desk, account_id: str, broker: Broker) -> Sequence[Fill] | None:
    return _asked(account_id, "trades", lambda: todays_fills(desk, account_id, broker))


def _ids(fills: Sequence[Fill]) -> set[tuple[str, str]]:
    return {(fill.broker_order_id, fill.trade_id) for fill in fills}


def _close_days(
    desk: Desk,
    account_id: str,
    known: Document,
    book: Book | None,
    fills: Sequence[Fill] | None,
    drift: Amounts | None,
) -> None:
    today = day_of(desk.clock.now())
    closed = last = max(date.fromisoformat(known.body["closed"]), today - timedelta(days=MOST_DAYS))
    while last < today:  # at most MOST_DAYS times
        last += timedelta(days=1)
        done = activity(desk, account_id, last)
        if desk.clock.now() <= (closes_at(desk, done) if done else done.window.ends):
            break
        if done and last == today and (book is None or fills is None):
            break  # the broker may yet answer, until the day itself has ended
        if done:
            # The books are today's: of an earlier day they say nothing.
            looked = Looked(book, fills, drift) if last == today else Looked(None, None, None)
            close_day(desk, account_id, done, looked)
        closed = last
    if str(closed) == known.body["closed"]:
        return
    try:
        desk.store.commit(Change((replace(known, body={**known.body, "closed": str(closed)}),)))
    except Conflict:
        return  # another look was taken since; it closes what is left, and nothing twice


def try_look_back(desk: Desk, account_id: str, *, now: bool = False) -> None:
    """For workers: whatever goes wrong is logged, and keeps no order from being looked after."""
    try:
        look_back(desk, account_id, now=now)
    except (StoreError, BrokerError, UserError) as error:
        logger.info("no look back: %s", error, extra={"account_id": account_id})
    except Exception:
        logger.exception("no look back", extra={"account_id": account_id})
