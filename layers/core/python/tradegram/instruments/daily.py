"""The instrument master of the day it is, in a process that lives longer than a day."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tradegram.model import Instrument, Kind
from tradegram.ports import Clock, Instruments

# The only exchanges here whose lists change with the day are India's.
ZONE = ZoneInfo("Asia/Kolkata")

LOOK_EVERY = 60.0  # seconds


class DailyInstruments:
    """
    Implements `ports.Instruments` by the master of India's day, made anew when the day changes.

    load: makes the master of a day. Called when somebody asks for the first time, once a day, and
          when there is a newer one, by whoever asks first; the others wait for it. Until it is
          done nothing changes for anybody: the day and its master are swapped together.
    is_newer: whether `load` would bring another master of the same day. Asked once a minute.
    """

    def __init__(
        self,
        clock: Clock,
        load: Callable[[date], Instruments],
        is_newer: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._load = load
        self._is_newer = is_newer
        self._swap = threading.Lock()
        self._held: tuple[date, Instruments] | None = None
        self._looked_at = 0.0

    def find(self, key: str) -> Instrument | None:
        return self._master().find(key)

    def search(self, words: str, limit: int = 8) -> Sequence[Instrument]:
        return self._master().search(words, limit)

    def named(self, words: str) -> Sequence[Instrument]:
        return self._master().named(words)

    def longest_name(self) -> int:
        return self._master().longest_name()

    def expiries(self, underlying: str, *, options: bool) -> Sequence[date]:
        return self._master().expiries(underlying, options=options)

    def future(self, underlying: str, expiry: date) -> Instrument | None:
        return self._master().future(underlying, expiry)

    def option(
        self, underlying: str, expiry: date, strike: Decimal, kind: Kind
    ) -> Instrument | None:
        return self._master().option(underlying, expiry, strike, kind)

    def strikes(self, underlying: str, expiry: date) -> Sequence[Decimal]:
        return self._master().strikes(underlying, expiry)

    def _master(self) -> Instruments:
        held = self._held
        if held is not None and held[0] == self._today() and not self._is_due():
            return held[1]
        with self._swap:
            today = self._today()
            if self._held is None or self._held[0] != today or self._has_newer():
                self._looked_at = self._clock.monotonic()
                self._held = (today, self._load(today))
            return self._held[1]

    def _is_due(self) -> bool:
        return self._clock.monotonic() - self._looked_at >= LOOK_EVERY

    def _has_newer(self) -> bool:
        if not self._is_due():  # somebody was faster
            return False
        self._looked_at = self._clock.monotonic()
        return self._is_newer()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), ZONE).date()
