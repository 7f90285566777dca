"""How often one chat may be written to: Telegram takes about one message a second from a bot."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tradegram.ports import Clock

MOST_CHATS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    not_before: float = 0.0


@dataclass(slots=True)
class Pace:
    """
    A bucket of tokens per chat. burst: messages that may go at once; per_second: how fast they
    come back. Nothing waits here: the caller is told how long to.
    """

    clock: Clock
    burst: float = 20.0
    per_second: float = 1.0
    _buckets: dict[int, _Bucket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, chat: int) -> float:
        """0.0: go, and the token is taken. Else seconds until there is one."""
        with self._lock:
            now = self.clock.monotonic()
            bucket = self._bucket(chat, now)
            if bucket.not_before > now:
                return bucket.not_before - now
            gained = max(now - bucket.at, 0.0) * self.per_second
            bucket.tokens, bucket.at = min(bucket.tokens + gained, self.burst), now
            if bucket.tokens < 1.0:
                return (1.0 - bucket.tokens) / self.per_second
            bucket.tokens -= 1.0
            return 0.0

    def hold(self, chat: int, seconds: float) -> None:
        """The server asked us to leave this chat alone for so long."""
        with self._lock:
            now = self.clock.monotonic()
            self._bucket(chat, now).not_before = now + seconds

    def _bucket(self, chat: int, now: float) -> _Bucket:
        if chat not in self._buckets:
            if len(self._buckets) >= MOST_CHATS:
                del self._buckets[next(iter(self._buckets))]
            self._buckets[chat] = _Bucket(self.burst, now)
        return self._buckets[chat]
