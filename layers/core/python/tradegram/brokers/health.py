"""How a broker has been answering lately: bounded windows, and what they amount to."""

from __future__ import annotations

import statistics
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tradegram.brokers.contract import Health

LATELY = 900.0  # seconds that the figures look back
MOST = 500  # calls that are remembered
EACH = 60.0  # seconds between two tellings of the figures to other processes


@dataclass(frozen=True, slots=True)
class Sample:
    """One call. at: seconds since the epoch. seconds: request sent until answered or given up."""

    at: float
    seconds: float
    good: bool


class Window:
    """
    The last calls to one account's broker. Safe to share between threads.

    hears: whether its stream lives in this process.
    """

    def __init__(self) -> None:
        self.hears = False
        self._samples: deque[Sample] = deque(maxlen=MOST)
        self._new: deque[Sample] = deque(maxlen=MOST)
        self._book_at = 0.0
        self._told_at = -EACH
        self._lock = threading.Lock()

    def add(self, sample: Sample, *, book: bool = False) -> None:
        """book: it was the order book that was read."""
        with self._lock:
            self._samples.append(sample)
            self._new.append(sample)
            if book and sample.good:
                self._book_at = max(self._book_at, sample.at)

    def take_new(self) -> Sequence[Sample]:
        """Those since the last time, for whoever keeps figures elsewhere."""
        with self._lock:
            taken = list(self._new)
            self._new.clear()
            return taken

    def is_due(self, now: float) -> bool:
        """Once in a while. now: monotonic seconds."""
        with self._lock:
            due = now - self._told_at >= EACH
            self._told_at = now if due else self._told_at
            return due

    def health(self, now: float) -> Health:
        with self._lock:
            lately = [one for one in self._samples if now - one.at <= LATELY]
            book_at = self._book_at
        good = [one.seconds for one in lately if one.good]
        return Health(
            calls=len(lately),
            errors=len(lately) - len(good),
            latency=statistics.median(good) if good else None,
            good_at=max((one.at for one in lately if one.good), default=0.0),
            book_at=book_at,
            hears=self.hears,
        )


def merged(parts: Iterable[Health]) -> Health:
    """Several processes' figures as one; the latency is that of the one with most calls."""
    known = list(parts)
    timed = [one for one in known if one.latency is not None]
    return Health(
        calls=sum(one.calls for one in known),
        errors=sum(one.errors for one in known),
        latency=max(timed, key=lambda one: one.calls).latency if timed else None,
        good_at=max((one.good_at for one in known), default=0.0),
        book_at=max((one.book_at for one in known), default=0.0),
        hears=any(one.hears for one in known),
    )


def plain(health: Health) -> dict[str, Any]:
    """As a document's body. Floats become text: not every store keeps them."""
    return {
        "calls": health.calls,
        "errors": health.errors,
        "latency": "" if health.latency is None else repr(health.latency),
        "good_at": repr(health.good_at),
        "book_at": repr(health.book_at),
    }


def read(body: Mapping[str, Any]) -> Health:
    latency = str(body["latency"])
    return Health(
        calls=int(body["calls"]),
        errors=int(body["errors"]),
        latency=float(latency) if latency else None,
        good_at=float(body["good_at"]),
        book_at=float(body["book_at"]),
    )
