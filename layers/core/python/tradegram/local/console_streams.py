"""The pages that listen, and the one look at the panel that they share."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool

MOST_PAGES = 32  # open at once; each holds a connection
PATIENCE = 0.3  # seconds a page waits for a new look before it takes the last one

log = logging.getLogger(__name__)


class Stream:
    """One page that listens. It holds no queue, only its place in the log."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self.closed = False

    def wake(self) -> None:
        """From any thread."""
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:  # its server has stopped
            self.closed = True

    async def wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return
        self._news.clear()


class Streams:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: tuple[Stream, ...] = ()
        self._closed = False

    def full(self) -> bool:
        return len(self._open) >= MOST_PAGES

    def open(self) -> Stream:
        stream = Stream()
        with self._lock:
            self._open = (*self._open, stream)
            stream.closed = self._closed
        return stream

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._open = tuple(each for each in self._open if each is not stream)

    def wake(self) -> None:
        for each in self._open:
            each.wake()

    def close(self) -> None:
        """For good: the server stops."""
        with self._lock:
            self._closed = True
            for each in self._open:
                each.closed = True
        self.wake()


class Latest:
    """
    The newest of some values that take a while to read: one reader however many pages ask.

    A broker that does not answer holds up neither the chat nor the other pages.
    """

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._values: dict[str, Any] = {"accounts": [], "error": ""}
        self._reading: asyncio.Task[None] | None = None

    async def look(self) -> dict[str, Any]:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._renew())
        await asyncio.wait({self._reading}, timeout=PATIENCE)
        return self._values

    async def _renew(self) -> None:
        try:
            self._values = await run_in_threadpool(self._read)
        except Exception:
            log.exception("console_panel_failed")
            self._values = {"accounts": [], "error": "The panel could not be read; see the log."}
