"""Answers that are good for some seconds. Bounded, and safe to share between threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tradegram.model import Funds, OrderIntent

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class Recent(Generic[K, V]):
    """
    seconds: how long an answer is good. most: answers kept; beyond it the oldest goes.

    `now` is the caller's monotonic clock. Two threads that ask the same at once may both ask.
    """

    seconds: float
    most: int
    _kept: dict[K, tuple[float, V]] = field(default_factory=dict[K, tuple[float, V]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: K, now: float) -> V | None:
        with self._lock:
            at, value = self._kept.get(key, (now, None))
            return value if 0 <= now - at < self.seconds else None

    def keep(self, key: K, value: V, now: float) -> None:
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = (now, value)
            while len(self._kept) > self.most:
                del self._kept[next(iter(self._kept))]

    def forget(self, is_stale: Callable[[K], bool]) -> None:
        with self._lock:
            for key in [each for each in self._kept if is_stale(each)]:
                del self._kept[key]


# Of an account and all the terms of some orders.
Margins = Recent[tuple[str, tuple[OrderIntent, ...]], Funds]


def recent_margins() -> Margins:
    """Long enough for a second look at the same ticket, too short for other orders to matter."""
    return Recent(seconds=5.0, most=200)
