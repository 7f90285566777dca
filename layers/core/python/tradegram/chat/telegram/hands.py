"""Which updates were read and are not done yet, and so what may be acknowledged."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace

GIVE_UP_AFTER = 60.0  # seconds after which an update is acknowledged though not acted on
NEW_NUMBERS_AFTER = 6 * 86400.0  # a week without updates, and their numbers start anew anywhere

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    since: float
    taken: bool = True


@dataclass(slots=True)
class Hands:
    """Which updates were read and are not done. Telegram hands out at most 100 ahead of them."""

    _held: dict[int, _Held] = field(default_factory=dict)
    _last: int | None = None
    _at: float = 0.0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, update_id: int, now: float) -> bool:
        """False when it is in hand already."""
        with self._changed:
            held = self._held.get(update_id)
            if held is not None and held.taken:
                return False
            since = held.since if held else now
            self._held[update_id] = _Held(since)
            self._last, self._at = update_id, now
            return True

    def drop(self, update_id: int) -> None:
        """Not done, and to be read again."""
        with self._changed:
            if update_id in self._held:
                self._held[update_id] = replace(self._held[update_id], taken=False)
            self._changed.notify_all()

    def done(self, update_id: int) -> None:
        with self._changed:
            self._held.pop(update_id, None)
            self._changed.notify_all()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def all_done(self, within: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._held, within)

    def offset(self, now: float) -> int | None:
        """
        What to acknowledge: everything before the oldest that is not done.

        After days of silence nothing is open, and the next number may be smaller: then none.
        """
        with self._changed:
            for update_id in [key for key, each in self._held.items() if self._too_old(each, now)]:
                logger.error("an update was given up", extra={"update_id": update_id})
                del self._held[update_id]
            if self._held:
                return min(self._held)
            if self._last is None or now - self._at > NEW_NUMBERS_AFTER:
                return None
            return self._last + 1

    def _too_old(self, held: _Held, now: float) -> bool:
        return now - held.since > GIVE_UP_AFTER
