"""Work that is in order within one lane and parallel across lanes, with a bound on threads."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

Job = Callable[[], None]


@dataclass(slots=True)
class Lanes:
    """Threads are started as they are needed, and never more than `threads`."""

    threads: int = 8
    _waiting: dict[Hashable, deque[Job]] = field(default_factory=dict)
    _ready: deque[Hashable] = field(default_factory=deque)
    _started: list[threading.Thread] = field(default_factory=list)
    _idle: int = 0
    _stopping: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def put(self, lane: Hashable, job: Job) -> None:
        with self._changed:
            if lane in self._waiting:
                self._waiting[lane].append(job)
                return
            self._waiting[lane] = deque([job])
            self._ready.append(lane)
            if len(self._ready) > self._idle and len(self._started) < self.threads:
                self._start()
            self._changed.notify()

    def stop(self, within: float) -> None:
        """Begin nothing more. Jobs under way get `within` seconds altogether."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._started:
            thread.join(within / len(self._started))

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="telegram lane", daemon=True)
        self._started.append(thread)
        thread.start()

    def _work(self) -> None:
        while (lane := self._next()) is not None:
            job = self._waiting[lane][0]
            try:
                job()
            except Exception:
                logger.exception("a job failed")
            with self._changed:
                self._waiting[lane].popleft()
                if self._waiting[lane]:
                    self._ready.append(lane)
                    self._changed.notify()
                else:
                    del self._waiting[lane]

    def _next(self) -> Hashable | None:
        with self._changed:
            self._idle += 1
            while not self._ready and not self._stopping:
                self._changed.wait()
            self._idle -= 1
            return None if self._stopping else self._ready.popleft()
