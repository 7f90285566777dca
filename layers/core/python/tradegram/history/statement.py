"""
The day's close: compare the books a last time, and tell the holders what the day was. Once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tradegram.brokers.contract import Book
from tradegram.chat.money import gain, money
from tradegram.errors import Conflict, UserError
from tradegram.history.drift import Amounts, in_words
from tradegram.history.external import External, externals
from tradegram.history.fifo import ZERO
from tradegram.history.keep import kept, kept_until
from tradegram.history.period import Period
from tradegram.history.results import Result, results
from tradegram.history.session import Window, everybody, window
from tradegram.history.trade import Trade
from tradegram.model import Fill, Instrument
from tradegram.orders.state import TERMINAL, Order
from tradegram.ports import Change, Desk, Document, Event

KIND = "statement"
PAGES = 200  # of 50 orders
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Activity:
    """What an account did on one day."""

    window: Window
    trades: Sequence[Trade]
    orders: Sequence[Order]
    externals: Sequence[External]

    def __bool__(self) -> bool:
        return bool(self.trades or self.orders or self.externals)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the broker said at the last look; None where it could not be asked in time."""

    book: Book | None
    fills: Sequence[Fill] | None
    drift: Amounts | None


def activity(desk: Desk, account_id: str, day: date) -> Activity:
    span = window(day)
    return Activity(
        span,
        kept(desk.store, account_id, day, day),
        _orders(desk, account_id, span),
        externals(desk.store, account_id, day),
    )


def closes_at(desk: Desk, done: Activity) -> float:
    """When every market the account was in has closed for good; at the latest the day's end."""
    moments = [(order.intent.instrument, order.staged_at) for order in done.orders]
    for trade in done.trades:
        instrument = desk.instruments.find(trade.instrument)
        if instrument is not None:
            moments.append((instrument, trade.at))
    ends = [_book_closed(desk, *moment) for moment in moments]
    latest = max((end for end in ends if end is not None), default=done.window.ends)
    return done.window.ends if None in ends else min(latest, done.window.ends)


def close_day(desk: Desk, account_id: str, done: Activity, looked: Looked) -> bool:
    """
    Write the day's statement and owe it to everybody. False when that was done before.

    Its audit event names the head of the chain, and so does the message: who has it can tell
    whether anything before it was changed since.
    """
    day = done.window.day
    key = f"{account_id}|{day}"
    if desk.store.document(KIND, key) is not None:
        return False
    head = desk.store.head(account_id)
    faults = _faults(done, looked)
    text = _text(desk, account_id, done, looked, faults)
    mark = f"Audit head {head.digest[:8]}." if head else "Nothing audited."
    body: dict[str, Any] = {
        "day": str(day),
        "text": text,
        "sequence": head.sequence if head else -1,
        "head": head.digest if head else "",
    }
    event: dict[str, object] = {
        "event": "day closed",
        "by": "desk",
        "day": str(day),
        "why": "; ".join(faults),
    }
    event |= {"head": body["head"], "trades kept": len(done.trades)}
    owed = everybody(desk, account_id, KIND, f"{text}\n{mark}")
    try:
        desk.store.commit(Change((Document(KIND, key, body),), (Event(account_id, event),), owed))
    except Conflict:
        return False
    return True


def heads(desk: Desk, account_id: str) -> Mapping[int, str]:
    """Digests by sequence, as the account's statements wrote them down."""
    found = desk.store.documents(KIND, f"{account_id}|")
    return {one.body["sequence"]: one.body["head"] for one in found if one.body["head"]}


def _orders(desk: Desk, account_id: str, span: Window) -> Sequence[Order]:
    found: list[Order] = []
    after = ""
    for _ in range(PAGES):
        page = desk.store.orders(account_id, after=after)
        found += [order for order in page.orders if order.staged_at in span]
        after = page.after
        if not after or page.orders[-1].staged_at < span.begins:
            break
    return found


def _book_closed(desk: Desk, instrument: Instrument, at: float) -> float | None:
    try:
        return desk.calendar.book_closed_after(instrument, at)
    except UserError:
        return None  # no table knows when it trades: wait for the end of the day


def _faults(done: Activity, looked: Looked) -> Sequence[str]:
    """Where the order book, the trade book and our record disagree with each other."""
    if looked.book is None or looked.fills is None:
        return ["the broker's books of that day were not read after its close"]
    made: dict[str, Decimal] = {}
    for fill in looked.fills:
        made[fill.broker_order_id] = made.get(fill.broker_order_id, ZERO) + fill.quantity
    told = {report.broker_order_id: report.cum_quantity for report in looked.book.reports}
    # An order of an earlier day may have been filled in part on that day.
    todays = {order.broker_order_id for order in done.orders} & told.keys()
    found = [
        f"order {name}: {told.get(name, ZERO):f} filled by the order book, "
        f"{made.get(name, ZERO):f} by the trade book"
        for name in sorted(todays | made.keys())
        if told.get(name, ZERO) < made.get(name, ZERO)
        or (name in todays and told[name] > made.get(name, ZERO))
    ]
    found += [
        f"order {order.broker_order_id}: {order.cum_quantity:f} filled by our record, "
        f"{told[order.broker_order_id]:f} by the order book"
        for order in done.orders
        if order.broker_order_id in told and order.cum_quantity != told[order.broker_order_id]
    ]
    if looked.book.unreadable:
        rows = (
            "1 row" if len(looked.book.unreadable) == 1 else f"{len(looked.book.unreadable)} rows"
        )
        found.append(f"{rows} of the order book could not be read")
    return found


def _text(
    desk: Desk, account_id: str, done: Activity, looked: Looked, faults: Sequence[str]
) -> str:
    day = done.window.day
    every = kept_until(desk.store, account_id, day)
    working = [order for order in done.orders if order.state not in TERMINAL]
    lines = [f"Day {day} of {desk.brokers.account(account_id).name} is closed"]
    lines += [_result(one) for one in results(every, Period(day, day))] or ["No trades."]
    lines.append(f"Orders: {len(done.orders)}, of which not ended: {len(working)}.")
    if done.externals:
        lines.append(f"External orders: {len(done.externals)}, placed elsewhere.")
    if faults:
        more = len(faults) - MOST_NAMED
        rest = f" and {more} more" if more > 0 else ""
        lines.append(f"⚠ Books: {'; '.join(faults[:MOST_NAMED])}{rest}.")
    else:
        lines.append("Order book and trade book agree.")
    if looked.drift:
        lines.append(f"⚠ Positions beside the fills: {in_words(looked.drift)}.")
    elif looked.drift is not None:
        lines.append("Positions agree with the fills.")
    else:
        lines.append("Positions were not compared.")
    return "\n".join(lines)


def _result(one: Result) -> str:
    estimated = f" ({one.estimated} estimated)" if one.estimated else ""
    trades = "1 trade" if len(one.trades) == 1 else f"{len(one.trades)} trades"
    return (
        f"{trades}, realised {gain(one.realised, one.currency)}, "
        f"charges {money(one.charges, one.currency)}{estimated}, "
        f"net {gain(one.net, one.currency)}"
    )
