"""Deliver owed messages as they arise, and again until they are delivered."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from tradegram.chat.outbox import deliver
from tradegram.errors import TradegramError
from tradegram.ports import Desk, Messenger

SWEEP = 1.0  # seconds between looks when nobody says that there is news

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Posting:
    """One thread. `news()` may be called from any other."""

    desk: Desk
    messenger: Messenger
    _news: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="posting", daemon=True)
        self._thread.start()

    def news(self) -> None:
        self._news.set()

    def stop(self) -> None:
        self._stop.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.wait(SWEEP)
            self._news.clear()
            try:
                deliver(self.desk, self.messenger)
            except TradegramError:
                logger.exception("messages not delivered")
