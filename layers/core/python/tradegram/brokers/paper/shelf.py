"""
Where a paper account's orders lie, and how they are read and written.

Remembering decoded orders and how far they were followed only saves time: everything can be
read and followed again by a process that has just begun.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegram.brokers.paper.account import (
    MOMENT,
    Life,
    PaperAccount,
    account_body,
    day_code,
    read_account,
    rebuilt,
)
from tradegram.brokers.paper.ledger import day_of
from tradegram.brokers.paper.life import PaperCalendar, follow, happens_at
from tradegram.brokers.paper.order import (
    PaperOrder,
    Progress,
    begun,
    order_body,
    read_order,
    read_progress,
    report,
)
from tradegram.copies import replace
from tradegram.errors import StoreError
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import ExecutionReport
from tradegram.ports import Change, Document, Store

ORDERS = "paper"
ACCOUNTS = "paper_account"
REMEMBERED = 4096  # orders; then it forgets them all and reads again
LONG_WALK = 500  # steps beyond the checkpoint after which a new one is worth a write
MANY = 16  # ended orders without a checkpoint that are worth a write
AT_MOST = 50  # records in one write
SOON = 60.0  # seconds after which even one ended order is worth a write


@dataclass(frozen=True, slots=True)
class Known:
    """
    An order as it lies in the store, and as far as this process has followed it.

    rests_until: it need not be followed again before, seconds since the epoch.
    """

    document: Document
    order: PaperOrder
    kept: Progress | None
    progress: Progress
    rests_until: float


@dataclass(frozen=True, slots=True)
class Standing:
    """One consistent look: the account as stored, and its open orders followed to `at`."""

    document: Document | None
    account: PaperAccount
    lives: tuple[Life, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Listing:
    """Broker order ids of some days, as of one version of the account."""

    version: int
    days: frozenset[int]
    orders: tuple[str, ...]


class Shelf:
    """Raises StoreError from every method that reads or writes, except `keep`."""

    def __init__(
        self, account_id: str, store: Store, feed: SimulatedQuotes, calendar: PaperCalendar
    ) -> None:
        self._account_id = account_id
        self._store = store
        self._feed = feed
        self._calendar = calendar
        self._known: dict[str, Known] = {}
        self._reports: dict[str, tuple[Progress, ExecutionReport]] = {}
        self._listing: Listing | None = None
        self._account_as_read: tuple[Mapping[str, Any], PaperAccount] | None = None
        self._lock = threading.Lock()

    def look(self, at: float, *, write: bool = False) -> Standing:
        """write: the time must be later than that of any earlier write."""
        document = self._store.document(ACCOUNTS, self._account_id)
        account = self._account(document)
        at = max(at, account.at + (MOMENT if write else 0.0))
        lives = tuple(self._life(key, one.amendments, at) for key, one in account.open.items())
        return Standing(document, account, lives, at)

    def order(self, broker_order_id: str) -> Document | None:
        return self._store.document(ORDERS, self._key(broker_order_id))

    def listed(self, standing: Standing) -> list[Life]:
        """
        Orders of the last days and all that are still open, followed to standing.at.

        By the time they were placed.
        """
        found = {order.broker_order_id: (order, progress) for order, progress in standing.lives}
        for known in self._of_days(standing):
            if known.order.broker_order_id not in found:
                found[known.order.broker_order_id] = self._followed(known, standing.at)
        return sorted(found.values(), key=lambda life: life[0].placed_at)

    def reports(self, lives: Iterable[Life]) -> list[ExecutionReport]:
        """What the order book says of them."""
        return [self._report(order, progress) for order, progress in lives]

    def _report(self, order: PaperOrder, progress: Progress) -> ExecutionReport:
        """Made once for all looks at an order to which nothing happened in between."""
        known = self._reports.get(order.broker_order_id)
        if known is None or known[0] is not progress:
            if len(self._reports) >= REMEMBERED:
                self._reports.clear()
            known = self._reports[order.broker_order_id] = (progress, report(order, progress))
        return known[1]

    def _of_days(self, standing: Standing) -> list[Known]:
        """
        The orders that the days' lists hold.

        The account is written with every order. While its version stands, so does the list, and
        nobody needs to read a day of ended orders again.
        """
        days = frozenset({*standing.account.days, day_of(standing.at)})
        version = standing.document.version if standing.document else 0
        listing = self._listing
        if version and listing and (listing.version, listing.days) == (version, days):
            known = [self._known.get(one) for one in listing.orders]
            there = [one for one in known if one is not None]
            if len(there) == len(known):
                return there
        read = [
            self._read(document)
            for day in sorted(days)
            for document in self._store.documents(ORDERS, self._key(day_code(day)))
        ]
        self._list(version, days, [one.order.broker_order_id for one in read])
        return read

    def _list(self, version: int, days: frozenset[int], orders: Sequence[str]) -> None:
        few = len(orders) <= REMEMBERED // 2
        self._listing = Listing(version, days, tuple(orders)) if few else None

    def write(
        self,
        standing: Standing,
        account: PaperAccount,
        order: PaperOrder,
        was: Document | None = None,
        progress: Progress | None = None,
    ) -> None:
        """
        The order and its account in one commit. Raises Conflict, StoreUnavailable.

        was: as it was read, unless it is new. progress: how far it was followed, as a checkpoint.
        """
        version = standing.document.version if standing.document else 0
        body = account_body(account)
        stored = self._store.commit(
            Change(
                (
                    Document(
                        ORDERS,
                        self._key(order.broker_order_id),
                        order_body(order, progress),
                        was.version if was else 0,
                    ),
                    Document(ACCOUNTS, self._account_id, body, version),
                )
            )
        )
        self._account_as_read = (body, account)
        if isinstance(stored[0], Document):
            self._remember(_known(stored[0], order, progress))
        listing = self._listing
        if version and listing is not None and listing.version == version:
            orders = dict.fromkeys((*listing.orders, order.broker_order_id))
            self._list(version + 1, listing.days, list(orders))

    def forget(self, broker_order_ids: Iterable[str]) -> None:
        for broker_order_id in broker_order_ids:
            self._known.pop(broker_order_id, None)

    def forget_all(self) -> None:
        self._known.clear()
        self._listing = None

    def keep(self, lives: Sequence[Life], at: float) -> None:
        """Write checkpoints when they will save more than they cost. Losing them is harmless."""
        known = [self._known[order.broker_order_id] for order, _ in lives
                 if order.broker_order_id in self._known]  # fmt: skip
        ended = [one for one in known if one.progress.ended and one.kept is not one.progress]
        old = any(at - one.progress.changed_at > SOON for one in ended)
        due = ended if old or len(ended) >= MANY else []
        due += [one for one in known if not one.progress.ended and _walked(one) > LONG_WALK]
        if not due:
            return
        records = [
            replace(one.document, body=order_body(one.order, one.progress)) for one in due[:AT_MOST]
        ]
        try:
            stored = self._store.commit(Change(records))
        except StoreError:
            self.forget(one.order.broker_order_id for one in due)
            return
        for one, document in zip(due, stored, strict=False):
            if isinstance(document, Document):
                self._remember(replace(one, document=document, kept=one.progress))

    def _account(self, document: Document | None) -> PaperAccount:
        if document is not None:
            known = self._account_as_read
            if known is None or known[0] != document.body:
                known = self._account_as_read = (document.body, read_account(document.body))
            return known[1]
        documents = self._store.documents(ORDERS, self._key(""))
        return rebuilt(self._read(one).order for one in documents)

    def _life(self, broker_order_id: str, amendments: int, at: float) -> Life:
        known = self._known.get(broker_order_id)
        if known is None or len(known.order.amendments) != amendments:
            document = self.order(broker_order_id)
            if document is None:
                raise StoreError(f"the paper order {broker_order_id} is missing")
            known = self._read(document)
        return self._followed(known, at)

    def _followed(self, known: Known, at: float) -> Life:
        order, progress = known.order, known.progress
        if at < known.rests_until:
            return order, progress
        progress = follow(order, progress, self._feed, self._calendar, at)
        if progress is not known.progress:
            until = happens_at(order, progress)
            self._remember(replace(known, progress=progress, rests_until=until))
        return order, progress

    def _read(self, document: Document) -> Known:
        broker_order_id = document.key.rpartition("#")[2]
        known = self._known.get(broker_order_id)
        if known is not None and known.document.version == document.version:
            return known
        order = read_order(broker_order_id, document.body)
        kept = read_progress(document.body)
        known = _known(document, order, kept)
        self._remember(known)
        return known

    def _remember(self, known: Known) -> None:
        broker_order_id = known.order.broker_order_id
        with self._lock:
            # Another thread may have followed an older version meanwhile: it must not come back.
            newest = self._known.get(broker_order_id, known)
            if newest.document.version > known.document.version:
                return
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[broker_order_id] = known

    def _key(self, broker_order_id: str) -> str:
        return f"{self._account_id}#{broker_order_id}"


def _known(document: Document, order: PaperOrder, kept: Progress | None) -> Known:
    """Followed to its checkpoint."""
    progress = kept or begun(order)
    return Known(document, order, kept, progress, happens_at(order, progress))


def _walked(known: Known) -> int:
    if known.kept is None or known.kept.anchor != known.progress.anchor:
        return known.progress.step
    return known.progress.step - known.kept.step
