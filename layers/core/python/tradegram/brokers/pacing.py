"""
How fast one account's orders leave: below the exchanges' ten a second, and below the broker's own.

Cancels have the right of way: new orders leave them one place free. Whoever does not fit is told
when to come back, and nothing waits here: an order that waits is a record, not a thread.
"""

from __future__ import annotations

import threading

from tradegram.brokers.contract import Profile
from tradegram.ports import Clock

# More orders a second need an algorithm registered with the exchange (SEBI's retail framework of
# 2026-04-01). Counted by the broker's clock, so ours stays below it.
EXCHANGE_LIMIT = 10.0
SHORTEST = 0.001  # seconds that anybody is asked to wait
ROUNDING = 1e-5  # of a token: clocks that count from 1970 are no finer
BURST = 2.0  # leave together at most; with the rate it stays within the limit in any one second


class Pace:
    """
    One account's place, replace and cancel requests together. Safe to share between threads.

    Orders that are only written into our own record (on paper) reach no exchange, and are free.
    """

    def __init__(self, clock: Clock, profile: Profile) -> None:
        self._clock = clock
        self._is_free = profile.book_is_local
        self._burst, self._rate = _shape(profile)
        self._kept_free = self._burst - 1.0
        self._tokens, self._at = self._burst, clock.monotonic()
        self._lock = threading.Lock()

    def take(self, *, cancel: bool = False) -> float:
        """0: it leaves now, and is counted. Else the seconds after which to ask again."""
        with self._lock:
            missing = self._missing(cancel)
            if missing <= 0:
                self._tokens -= 1.0
                return 0.0
            return self._seconds(missing)

    def wait(self) -> float:
        """Seconds until a new order may leave; nothing is counted."""
        with self._lock:
            return self._seconds(self._missing(cancel=False))

    def _seconds(self, missing: float) -> float:
        return max(missing / self._rate, SHORTEST) if missing > 0 else 0.0

    def _missing(self, cancel: bool) -> float:
        if self._is_free:
            return 0.0
        now = self._clock.monotonic()
        grown = (now - self._at) * self._rate
        self._tokens, self._at = min(self._tokens + grown, self._burst), now
        return (1.0 if cancel else 1.0 + self._kept_free) - self._tokens - ROUNDING


def seconds_for(profile: Profile, orders: int) -> float:
    """From the first to the last of so many orders of one account: for people who wait for it."""
    return 0.0 if profile.book_is_local else max(orders - 1, 0) / _shape(profile)[1]


def _shape(profile: Profile) -> tuple[float, float]:
    """Orders that may leave together, and orders a second after them."""
    limit = min(float(profile.orders_per_second), EXCHANGE_LIMIT)
    if limit < 2.0:
        return 1.0, limit / 2
    burst = BURST if limit >= 2 * BURST else 1.0
    return burst, limit - burst
