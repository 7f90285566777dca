"""
How many calls an account's broker has taken today, where it takes so many a day and no more.

They are counted before they leave. The count is taken from the record by the handful, so that
neither a restart nor another process of the desk forgets a call: what is left of a handful when a
process ends counts as used. A day is India's, from midnight to midnight; when the broker's own
count begins anew is not written anywhere.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tradegram.brokers.breaker import Owed
from tradegram.brokers.calls import Calls
from tradegram.brokers.days import day_began
from tradegram.errors import Conflict, StoreError
from tradegram.ports import Change, Clock, Document, Event, Store

if TYPE_CHECKING:
    from tradegram.brokers.client import Http
    from tradegram.connection import Answer

KIND = "calls"
DAY = 86_400.0
HANDFUL = 20
TRIES = 3
REFRESH = 30.0  # seconds after which other processes' calls are looked up
CLOSED_AT = 15.5 * 3600.0  # seconds of India's day; until then most calls are wanted
TOLD_AT = 0.8


class Budget:
    """One account's. Safe to share between threads. title: what people call it. most: in a day."""

    def __init__(
        self, store: Store, clock: Clock, owed: Owed, account_id: str, title: str, most: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._owed = owed
        self._account_id = account_id
        self._title = title
        self._most = most
        self._day = 0.0  # when it began, seconds since the epoch
        self._taken = 0  # by all processes of the desk
        self._in_hand = 0
        self._unwritten = 0
        self._looked_at = float("-inf")
        self._lock = threading.Lock()

    def count(self) -> None:
        """A call leaves now. Never raises: an order does not wait for its count."""
        with self._lock:
            self._look()
            if not self._in_hand:
                self._take()
            self._in_hand -= 1

    def calls(self) -> Calls:
        with self._lock:
            self._look()
            now = self._clock.now()
            closes = self._day + CLOSED_AT
            until = closes if now < closes else self._day + DAY
            return Calls(self._taken - self._in_hand, self._most, until - now)

    def _look(self) -> None:
        today, now = day_began(self._clock.now()), self._clock.monotonic()
        if today != self._day:
            self._day, self._taken, self._in_hand, self._unwritten = today, 0, 0, 0
        elif now - self._looked_at < REFRESH:
            return
        self._looked_at = now
        try:
            self._taken = self._written(self._found()) + self._unwritten
        except StoreError:
            return  # what is known here goes on

    def _take(self) -> None:
        more = HANDFUL + self._unwritten
        try:
            for _ in range(TRIES):
                try:
                    self._taken = self._write(more)
                except Conflict:
                    continue
                self._in_hand, self._unwritten = HANDFUL, 0
                return
        except StoreError:
            pass
        self._taken += HANDFUL
        self._in_hand, self._unwritten = HANDFUL, more

    def _write(self, more: int) -> int:
        """What is written then. Only one write a day gets past the mark, and that one tells."""
        found = self._found()
        before = self._written(found)
        count, mark = before + more, int(TOLD_AT * self._most)
        body = {"day": int(self._day), "count": count}
        written = replace(found, body=body, expires_at=self._day + 2 * DAY)
        if not before < mark <= count:
            self._store.commit(Change((written,)))
            return count
        text = self._words(count)
        event = Event(self._account_id, {"event": "calls", "text": text})
        owed = self._owed(self._account_id, "alert", text)
        self._store.commit(Change((written,), (event,), owed))
        return count

    def _words(self, count: int) -> str:
        return (
            f"{self._title}: {count} of the {self._most} calls it takes in a day are used. Prices "
            "and lists are asked for seldom now; the rest is kept for orders, until midnight in "
            "India."
        )

    def _found(self) -> Document:
        return self._store.document(KIND, self._account_id) or Document(KIND, self._account_id, {})

    def _written(self, found: Document) -> int:
        return int(found.body["count"]) if found.body.get("day") == int(self._day) else 0


@dataclass(frozen=True, slots=True)
class CountedHttp:
    """Implements client.Http around another: every request is counted."""

    http: Http
    budget: Budget

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Any,
    ) -> Answer:
        self.budget.count()
        return self.http.request(method, url, content=content, headers=headers, timeout=timeout)
