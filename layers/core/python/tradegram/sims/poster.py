"""Posts what a simulated broker tells its app, beside everything else it does."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

from tradegram.connection import Connection, Timeout, Unanswered, Unsent

MOST_WAITING = 1_000
TIMEOUT = Timeout(connect=5.0, read=5.0, write=5.0)


class Poster:
    """Call it with a body. What nobody takes is lost, as it is at brokers."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._waiting: queue.Queue[bytes] = queue.Queue(MOST_WAITING)
        threading.Thread(target=self._work, daemon=True).start()

    def __call__(self, content: bytes) -> None:
        try:
            self._waiting.put_nowait(content)
        except queue.Full:
            return

    def _work(self) -> None:
        headers = {"Content-Type": "application/json"}
        http = Connection()
        while True:
            content = self._waiting.get()
            with suppress(Unsent, Unanswered):
                http.request(
                    "POST", self._address, content=content, headers=headers, timeout=TIMEOUT
                )
