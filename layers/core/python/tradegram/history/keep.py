"""Keep trades for good: each once, in the record, with an audit event that names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from tradegram.errors import Conflict, StoreUnavailable
from tradegram.history.trade import KIND, Trade, document, in_words, read
from tradegram.ports import Change, Event, Store

AT_ONCE = 40  # trades in one write; a transaction on AWS holds 100 rows
ATTEMPTS = 3  # readings of what is there, when somebody else keeps the same trades
WEEK = 7
MONTHS = 400  # one period spans at most so many


def keep(store: Store, account_id: str, trades: Iterable[Trade], *, by: str) -> int:
    """
    Keep what is not kept yet; answers with how many were new. Harmless to repeat.

    by: who says so, for the audit chain: `trade book`, or a file's name.
    Raises StoreUnavailable; what was written by then stays, and the next call goes on.
    """
    return sum(_keep_some(store, account_id, some, by) for some in _batches(trades))


def _batches(trades: Iterable[Trade]) -> Iterator[list[Trade]]:
    source = iter({trade.key: trade for trade in trades}.values())
    while some := list(islice(source, AT_ONCE)):  # ends with the source
        yield some


def _keep_some(store: Store, account_id: str, trades: Sequence[Trade], by: str) -> int:
    for _ in range(ATTEMPTS):
        known = _known(store, account_id, {trade.day for trade in trades})
        new = [trade for trade in trades if trade.key not in known]
        if not new:
            return 0
        event = {"event": "trades kept", "by": by, "trades": [in_words(each) for each in new]}
        change = Change([document(each) for each in new], (Event(account_id, event),))
        try:
            store.commit(change)
        except Conflict:
            continue  # another worker kept some of them in between
        return len(new)
    raise StoreUnavailable(f"{account_id}: gave up keeping trades")


def _known(store: Store, account_id: str, days: set[date]) -> set[str]:
    return {one.key for day in days for one in store.documents(KIND, f"{account_id}|{day}|")}


def kept(store: Store, account_id: str, first: date, last: date) -> Sequence[Trade]:
    """Trades of these days, both included, oldest first."""
    found = [
        trade
        for prefix in prefixes(account_id, first, last)
        for trade in (read(one.body) for one in store.documents(KIND, prefix))
        if first <= trade.day <= last
    ]
    return sorted(found, key=lambda trade: (trade.day, trade.at, trade.trade_id, trade.side))


def kept_until(store: Store, account_id: str, last: date) -> Sequence[Trade]:
    """Every trade up to this day: what FIFO needs, since lots may be old."""
    every = (read(one.body) for one in store.documents(KIND, f"{account_id}|"))
    found = [trade for trade in every if trade.day <= last]
    return sorted(found, key=lambda trade: (trade.day, trade.at, trade.trade_id, trade.side))


def prefixes(account_id: str, first: date, last: date) -> Sequence[str]:
    """Few beginnings of keys that together cover the days: by day, by month or everything."""
    days = (last - first).days
    if days < 0:
        return ()
    if days <= WEEK:
        return [f"{account_id}|{first + timedelta(days=n)}|" for n in range(days + 1)]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > MONTHS:
        return [f"{account_id}|"]
    numbers = [first.year * 12 + first.month - 1 + n for n in range(months)]
    return [f"{account_id}|{number // 12:04d}-{number % 12 + 1:02d}-" for number in numbers]
