"""Fetch the day's instruments each morning, in a thread of their own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tradegram.instruments.refresh import Refresh
from tradegram.ports import Instruments

LOOK_EVERY = 60.0  # seconds
STOP_WITHIN = 1.0  # seconds; a download is left behind, and its file is only replaced whole

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Refreshing:
    """
    news: called after each look that may owe somebody a message.

    instruments: are asked here once a minute, so that nobody else waits while newer ones are read.
    """

    refresh: Refresh
    instruments: Instruments
    news: Callable[[], None]
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="refreshing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.refresh.look()
                self.news()
                self.instruments.longest_name()
            except Exception:  # the next look may succeed; lists of yesterday still serve
                logger.exception("instruments not refreshed")
            self._stop.wait(LOOK_EVERY)
