"""
How many requests a caller may make: so many in each minute of the clock, over all processes.

A process takes a lot of them from the shared record at a time and then counts for itself, so that
the record is not written at each request. What a process took and did not use in its minute is
lost to the others: the limit may be reached early by a lot for each process, and never late.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from tradegram.errors import Conflict
from tradegram.ports import Change, Clock, Document, Store

KIND = "api rate"
WINDOW = 60.0  # seconds
LOTS = 20  # in which a minute's requests are taken
ATTEMPTS = 5
MOST = 1000  # callers that are remembered


@dataclass(frozen=True, slots=True)
class Left:
    """left: requests; -1 when this one is one too many. wait: seconds until there are more."""

    left: int
    wait: float


@dataclass(slots=True)
class _Lot:
    window: int
    unused: int
    total: int


@dataclass(slots=True)
class Rates:
    """Safe to share between threads."""

    store: Store
    clock: Clock
    _lots: dict[str, _Lot] = field(default_factory=dict[str, _Lot])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, per_minute: int) -> Left:
        """Count one request. Raises StoreUnavailable."""
        now = self.clock.now()
        window, wait = int(now // WINDOW), WINDOW - now % WINDOW
        with self._lock:
            lot = self._lots.get(who)
            if lot is None or lot.window != window:
                lot = _Lot(window, 0, 0)
                self._remember(who, lot)
            if not lot.unused:
                lot.unused, lot.total = self._lot(who, window, per_minute)
            if not lot.unused:
                return Left(-1, wait)
            lot.unused -= 1
            return Left(max(per_minute - lot.total, 0) + lot.unused, wait)

    def _remember(self, who: str, lot: _Lot) -> None:
        if len(self._lots) >= MOST:
            self._lots.clear()
        self._lots[who] = lot

    def _lot(self, who: str, window: int, per_minute: int) -> tuple[int, int]:
        """How many were got, and how many are taken by everybody now."""
        for _ in range(ATTEMPTS):
            empty = Document(KIND, who, {"window": window, "taken": 0})
            found = self.store.document(KIND, who) or empty
            # Clocks differ a little: a process that is late counts in the newest minute too.
            newest = max(window, int(found.body["window"]))
            taken = int(found.body["taken"]) if found.body["window"] == newest else 0
            wanted = min(max(per_minute // LOTS, 1), per_minute - taken)
            if wanted <= 0:
                return 0, taken
            body = {"window": newest, "taken": taken + wanted}
            after = replace(found, body=body, expires_at=(newest + 2) * WINDOW)
            try:
                self.store.commit(Change((after,)))
            except Conflict:
                continue
            return wanted, taken + wanted
        return 0, per_minute


@dataclass(slots=True)
class Strangers:
    """Requests without a good key, by address, in this process alone; nothing is written."""

    clock: Clock
    per_minute: int = 60
    _seen: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def are_too_many(self, address: str) -> bool:
        window = int(self.clock.now() // WINDOW)
        with self._lock:
            at, count = self._seen.get(address, (window, 0))
            count = count + 1 if at == window else 1
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[address] = (window, count)
            return count > self.per_minute
