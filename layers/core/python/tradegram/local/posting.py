"""Deliver owed messages as they arise, and again until they are delivered."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tradegram.chat.outbox import deliver
from tradegram.chat.route import Route
from tradegram.ports import Desk, Messenger

SWEEP = 1.0  # seconds between looks when nobody says that there is news
STOP_WITHIN = 5.0  # seconds

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Posting:
    """
    A thread for each messenger, so that one that hangs delays nobody else's messages.

    messengers: by what stands before the first colon of a chat's name, as in chat.route. `news()`
    may be called from any thread.
    """

    desk: Desk
    messengers: Mapping[str, Messenger]
    _stop: threading.Event = field(default_factory=threading.Event)
    _news: list[threading.Event] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for kind in self.messengers:
            news = threading.Event()
            news.set()  # what the last run still owed
            thread = threading.Thread(
                target=self._run, args=(kind, news), name=f"posting {kind}", daemon=True
            )
            self._news.append(news)
            self._threads.append(thread)
            thread.start()

    def news(self) -> None:
        for each in self._news:
            each.set()

    def stop(self) -> None:
        self._stop.set()
        self.news()
        for thread in self._threads:
            thread.join(STOP_WITHIN)

    def _run(self, kind: str, news: threading.Event) -> None:
        route, shown = Route(self.messengers), set[str]()
        while not self._stop.is_set():
            news.wait(SWEEP)
            news.clear()
            try:
                deliver(
                    self.desk,
                    route,
                    serves=lambda chat: self._server_of(chat) == kind,
                    shown=shown,
                )
            except Exception:  # the next look may succeed; without this thread nobody hears
                logger.exception("messages not delivered")

    def _server_of(self, chat: str) -> str:
        """What no messenger shows any more is the first one's, whose route gives it up."""
        kind = chat.partition(":")[0]
        return kind if kind in self.messengers else next(iter(self.messengers))
