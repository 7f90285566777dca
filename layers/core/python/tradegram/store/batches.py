"""
Jobs of many threads, done many at a time by whichever thread comes first.

Whoever finds nobody at work leads: it does all that wait, tells each, and passes the lead to the
first of those that came meanwhile. Nobody else competes for it, so a crowd of threads costs one
flush of the disk for all of them and not one queue for a lock each.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Waiting(Generic[Job]):
    """answer, error: left there by whoever did it. called: let go once it is done, or leads."""

    job: Job
    done: bool = False
    answer: object = None
    error: BaseException | None = None
    called: threading.Lock = field(default_factory=_taken)


class Batches(Generic[Job]):
    """work: does them, in their order, and never raises for one of them alone. most: at once."""

    def __init__(self, work: Callable[[Sequence[Waiting[Job]]], None], most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: deque[Waiting[Job]] = deque()
        self._lead = threading.Lock()

    def do(self, job: Job) -> object:
        """Answers with what became of it, or raises that."""
        mine = Waiting(job)
        self._waiting.append(mine)
        if self._lead.acquire(blocking=False):
            self._led_by(mine)
        else:
            self._wait(mine)
        if mine.error is not None:
            raise mine.error
        return mine.answer

    @contextmanager
    def nobody_at_work(self) -> Iterator[None]:
        self._lead.acquire()
        try:
            yield
        finally:
            self._pass_on()

    def _wait(self, mine: Waiting[Job]) -> None:
        try:
            mine.called.acquire()
        except BaseException:  # an interrupt; the others count on this thread all the same
            mine.called.acquire()
            if not mine.done:
                self._led_by(mine)
            raise
        if not mine.done:
            self._led_by(mine)

    def _led_by(self, mine: Waiting[Job]) -> None:
        try:
            while not mine.done:
                self._one_batch(mine)
        finally:
            self._pass_on()

    def _one_batch(self, mine: Waiting[Job]) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
        try:
            self._work(batch)
        finally:
            for one in batch:
                one.done = True
                if one is not mine:
                    one.called.release()

    def _pass_on(self) -> None:
        """To the first who waits, who is told; else nobody leads."""
        while True:  # ends when nobody waits, or somebody else leads
            if self._waiting:
                self._waiting[0].called.release()
                return
            self._lead.release()
            # Whoever came just before found the lead taken, and waits to be told.
            if not self._waiting or not self._lead.acquire(blocking=False):
                return
