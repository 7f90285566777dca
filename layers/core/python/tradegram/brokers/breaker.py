"""
Stop sending orders to a broker that does not answer, say so once, and find out when it does.

What is open is a document, written only when that changes, so that every process of the desk sees
it. It only ever delays: the claim of an order, not the breaker, keeps it from being sent twice. So
a document that cannot be understood counts as closed.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tradegram.errors import BrokerError, Conflict, OutcomeUnknown, StoreError, Unreached
from tradegram.ports import Change, Clock, Document, Event, Notice, Store

KIND = "breaker"
FAILURES = {"order": 3, "read": 5}  # in a row, which open it
WITHIN = 60.0  # seconds between the first and the last of them
HOLD = 15.0  # seconds it stays open at least, after orders failed; doubled each time
LONGEST_HOLD = 120.0
CALM = 600.0  # seconds without trouble after which the doubling begins anew
FORGET = 60.0  # seconds after which what is known of it is read again before a read
PROBE_EVERY = 5.0  # seconds between two reads of a broker that does not answer

Owed = Callable[[str, str, str], Sequence[Notice]]  # account, kind and text of a message to all

logger = logging.getLogger(__name__)


class Sort(StrEnum):
    ORDER = "order"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Standing:
    """
    since: when it last changed, seconds since the epoch. times: openings without a calm between.
    sort: what failed. why: the broker's or the network's words.
    """

    is_open: bool = False
    since: float = 0.0
    times: int = 0
    sort: Sort = Sort.READ
    why: str = ""

    @property
    def hold_until(self) -> float:
        """Reads that succeed prove little about orders, so after those failed it waits."""
        if self.sort is Sort.READ:
            return self.since
        return self.since + min(HOLD * (1 << (min(self.times, 8) - 1)), LONGEST_HOLD)


def counts(error: BrokerError) -> bool:
    """Does it say that the broker is in trouble? A refusal says that it is there."""
    return isinstance(error, Unreached | OutcomeUnknown)


class Breaker:
    """One account's. Safe to share between threads; shared with other processes by the store."""

    def __init__(self, store: Store, clock: Clock, owed: Owed, account_id: str, name: str) -> None:
        self._store = store
        self._clock = clock
        self._owed = owed
        self._account_id = account_id
        self._name = name
        self._failed = {sort: deque[float](maxlen=FAILURES[sort]) for sort in Sort}
        self._probed_at = -PROBE_EVERY
        self._known, self._known_at = Standing(), -FORGET
        self._lock = threading.Lock()

    def standing(self, within: float = 0.0) -> Standing:
        """within: seconds by which it may be out of date. Raises StoreError."""
        now = self._clock.monotonic()
        with self._lock:
            if now - self._known_at <= within and not self._known.is_open:
                return self._known
        return self._learn(_standing(self._store.document(KIND, self._account_id)))

    def _learn(self, standing: Standing) -> Standing:
        with self._lock:
            self._known, self._known_at = standing, self._clock.monotonic()
        return standing

    def may_probe(self) -> bool:
        """One read at a time finds out whether a broker answers again."""
        with self._lock:
            now = self._clock.monotonic()
            if now - self._probed_at < PROBE_EVERY:
                return False
            self._probed_at = now
            return True

    def succeeded(self, sort: Sort, standing: Standing) -> None:
        """standing: as it was read before the call."""
        with self._lock:
            if sort is Sort.ORDER or not standing.is_open:
                self._failed[sort].clear()
        if standing.is_open and self._clock.now() >= standing.hold_until:
            self._change(is_open=False, sort=sort, why="")

    def failed(self, sort: Sort, error: BrokerError, standing: Standing) -> None:
        """Opens it when it was one too many."""
        now = self._clock.monotonic()
        with self._lock:
            failed = self._failed[sort]
            failed.append(now)
            too_many = len(failed) == FAILURES[sort] and now - failed[0] <= WITHIN
        if too_many and not standing.is_open:
            self._change(is_open=True, sort=sort, why=error.words)

    def _change(self, *, is_open: bool, sort: Sort, why: str) -> None:
        """Told in the transaction that changes it: by one process, once."""
        try:
            found = self._store.document(KIND, self._account_id)
            before, now = _standing(found), self._clock.now()
            if before.is_open is is_open:
                return
            after = _opened(before, now, sort, why) if is_open else _closed(before, now)
            document = replace(found or Document(KIND, self._account_id, {}), body=_body(after))
            word = "open" if is_open else "closed"
            event = Event(self._account_id, {"event": f"breaker {word}", "why": why})
            kind, text = self._words(after)
            owed = self._owed(self._account_id, kind, text)
            self._store.commit(Change((document,), (event,), owed))
            self._learn(after)
        except Conflict:
            return  # another process saw the same and said so
        except StoreError as error:
            logger.warning("breaker not written: %s", error, extra={"account_id": self._account_id})

    def _words(self, standing: Standing) -> tuple[str, str]:
        if not standing.is_open:
            return "answers", f"{self._name} answers again; orders that wait are sent now."
        return (
            "alert",
            f"{self._name} does not answer ({standing.why}). New orders of #{self._account_id} "
            "wait, each for two minutes at most; cancels are still tried. I go on asking.",
        )


def _opened(before: Standing, now: float, sort: Sort, why: str) -> Standing:
    times = before.times + 1 if now - before.since < CALM else 1
    return Standing(True, now, times, sort, why)


def _closed(before: Standing, now: float) -> Standing:
    return Standing(False, now, before.times)


def _body(standing: Standing) -> dict[str, Any]:
    return {
        "open": standing.is_open,
        "since": repr(standing.since),
        "times": standing.times,
        "sort": standing.sort,
        "why": standing.why,
    }


def _standing(document: Document | None) -> Standing:
    if document is None:
        return Standing()
    body: Mapping[str, Any] = document.body
    try:
        return Standing(
            bool(body["open"]),
            float(body["since"]),
            int(body["times"]),
            Sort(body["sort"]),
            str(body["why"]),
        )
    except (KeyError, TypeError, ValueError):
        logger.exception("breaker not understood", extra={"account_id": document.key})
        return Standing()
