"""Removes, each hour, what has expired and nobody sees any more. The record would grow for ever."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from tradegram.errors import StoreError
from tradegram.store.sqlite import SqliteStore

EVERY = 3600.0  # seconds
STOP_WITHIN = 5.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tidying:
    """every: seconds between two rounds; the record does the first by itself when it is opened."""

    store: SqliteStore
    every: float = EVERY
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="tidying", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while not self._stop.wait(self.every):
            try:
                self.store.purge()
            except StoreError:
                logger.exception("not tidied")  # the next round may succeed
