"""A clock the test moves, and ids it can foresee."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field


@dataclass
class StillClock:
    """Stands still until the test moves it. Starts on Friday 2026-11-20, 10:00 in Mumbai."""

    seconds: float = 1_795_149_000.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class CountingIds:
    count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def nonce(self) -> str:
        with self._lock:
            self.count += 1
            return base64.b32encode(self.count.to_bytes(10, "big")).decode()
