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


class DailyInstruments:
    """
    Implements `ports.Instruments` by the master of India's day, made anew when the day changes.

    load: makes the master of a day. Called once at the start and once a day, by whoever asks
          first; the others wait for it. Until it is done nothing changes for anybody: the day and
          its master are swapped together.
    """

    def __init__(self, clock: Clock, load: Callable[[date], Instruments]) -> None:
        self._clock = clock
        self._load = load
        self._swap = threading.Lock()
        day = self._today()
        self._held: tuple[date, Instruments] = (day, load(day))

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
        day, master = self._held
        if day == self._today():
            return master
        with self._swap:
            today = self._today()
            if self._held[0] != today:  # nobody was faster
                self._held = (today, self._load(today))
            return self._held[1]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), ZONE).date()
