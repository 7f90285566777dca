"""One machine's watch over its sessions: a thread that looks, and starts what was linked since."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tradegram.local.workers import Workers
from tradegram.ports import Desk
from tradegram.sessions.keeper import Keeper
from tradegram.sessions.rounds import look

EVERY = 30.0  # seconds
STOP_WITHIN = 5.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class SessionWatch:
    """own_address: see `rounds.look`. news: called when somebody may be owed a message."""

    desk: Desk
    keeper: Keeper
    workers: Workers
    news: Callable[[], None]
    own_address: Callable[[str], str] | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="sessions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)

    def _run(self) -> None:
        while True:
            try:
                self.workers.start()  # also those of accounts that were linked since
                look(self.desk, self.keeper, self.own_address)
                self.news()
            except Exception:  # nothing may end the watch
                logger.exception("sessions not looked at")
            if self._stop.wait(EVERY):
                return
