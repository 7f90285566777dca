"""
What the record knows of the day: how many orders were confirmed, and whether the same one was.

Both are documents written in the transaction that confirms an order, so that they are right
whatever dies, and of two confirmed at once the second sees the first. The count begins from the
orders themselves, and is kept only where there is a limit on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal

from tradegram.chat.money import IST
from tradegram.model import Account
from tradegram.orders.state import State
from tradegram.ports import Desk, Document
from tradegram.risk.exposure import Count
from tradegram.risk.limits import Value, key_of_account, key_of_user
from tradegram.tickets.ticket import Draft

COUNT, SAME = "today", "same"
YOU = "You"
NOTHING = frozenset({State.DENIED, State.REFUSED, State.REJECTED, State.VOID})
KEPT = 2 * 86_400.0  # seconds; longer than any day
PAGE, MOST_PAGES = 200, 100


def day_began(now: float) -> float:
    """Midnight in Mumbai, seconds since the epoch."""
    day = datetime.fromtimestamp(now, IST).date()
    return datetime.combine(day, time(), IST).timestamp()


def counts_of(
    desk: Desk,
    user_id: int,
    account: Account,
    mine: Mapping[str, Value],
    theirs: Mapping[str, Value],
) -> tuple[Count, ...]:
    """For each limit on the orders of a day, of the person or the account: how many there were."""
    scopes = (
        (mine, key_of_user(user_id), YOU, ""),
        (theirs, key_of_account(account.account_id), f"#{account.name}", f"#{account.name} "),
    )
    found = []
    for own, key, whose, named in scopes:
        most = own.get("trades_per_day")
        if most is not None:
            used = _used(desk, key)
            found.append(Count(whose, used, most, f"/risk {named}trades_per_day 20"))
    return tuple(found)


def _used(desk: Desk, key: str) -> int:
    return int(count_document(desk, key).body["orders"])


def count_document(desk: Desk, key: str) -> Document:
    """How many orders there were today; of version 0 when nobody has kept the count yet."""
    name = today_key(desk, key)
    found = desk.store.document(COUNT, name)
    if found is not None:
        return found
    until = desk.clock.now() + KEPT
    return Document(COUNT, name, {"orders": counted(desk, key)}, expires_at=until)


def today_key(desk: Desk, key: str) -> str:
    day = datetime.fromtimestamp(desk.clock.now(), IST).date()
    return f"{key}:{day.isoformat()}"


def counted(desk: Desk, key: str) -> int:
    """Orders confirmed since midnight, one by one, of a person or of an account."""
    kind, _, name = key.partition(":")
    accounts = [each.account_id for each in desk.brokers.accounts()]
    if kind == "account":
        return sum(1 for _ in traders_today(desk, name))
    return sum(
        1
        for account in accounts
        for user_id in traders_today(desk, account)
        if str(user_id) == name
    )


def traders_today(desk: Desk, account_id: str) -> Sequence[int]:
    """Who confirmed each of the account's orders of today, newest first."""
    began, after, found = day_began(desk.clock.now()), "", list[int]()
    for _ in range(MOST_PAGES):
        page = desk.store.orders(account_id, limit=PAGE, after=after)
        found += [order.user_id for order in page.orders if order.staged_at >= began]
        after = page.after
        if not after or page.orders[-1].staged_at < began:
            break
    return found


def terms_of(account_id: str, draft: Draft) -> tuple[str, ...]:
    """What slices of one order have in common: all but how many units they are for."""
    return (
        account_id, draft.instrument.key, draft.side, draft.product, draft.order_type,
        _plain(draft.price), _plain(draft.trigger),
    )  # fmt: skip


def same_key(account_id: str, draft: Draft) -> str:
    """One name for orders that nobody could tell apart."""
    *what, price, trigger = terms_of(account_id, draft)
    terms = (*what, _plain(draft.quantity), price, trigger)
    return hashlib.sha256("|".join(terms).encode()).hexdigest()[:32]


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def seconds_since_same(desk: Desk, account_id: str, draft: Draft) -> float | None:
    """Since the very same order was confirmed; None when it was not, lately, or for an exit."""
    if draft.closes:
        return None
    found = desk.store.document(SAME, same_key(account_id, draft))
    at = None if found is None else same_at(desk, found)
    return None if at is None else max(desk.clock.now() - at, 0.0)


def same_at(desk: Desk, found: Document) -> float | None:
    """When it was confirmed; None when nothing came of it, so that this one is no second."""
    keys = found.body.get("orders", ())  # earlier versions wrote none
    orders = [desk.store.order(key) for key in keys]
    if orders and all(one.state in NOTHING and not one.cum_quantity for one in orders):
        return None
    return float(found.body["at"])


def forget_count(desk: Desk, key: str) -> None:
    """Count afresh from the orders at the next one. Harmless to repeat."""
    if (found := desk.store.document(COUNT, today_key(desk, key))) is not None:
        desk.store.remove(found)
