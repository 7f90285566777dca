"""The browser console as a messenger: one chat, a bounded log, and whoever watches it."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tradegram.chat.reply import Reply
from tradegram.errors import Gone
from tradegram.ports import Clock

CHAT = "web:0"
KEPT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """
    One message of the console's chat.

    number:   its place in the chat, and the end of its name. revision: rises with every change of
    any message, so that a page that saw one revision can ask for all that came later.
    at:       seconds since the epoch when it was first shown. mine: said by the person.
    """

    number: int
    revision: int
    at: float
    reply: Reply
    mine: bool = False
    reply_to: str = ""

    @property
    def name(self) -> str:
        return f"{CHAT}:{self.number}"


class ConsoleMessenger:
    """
    Implements ports.Messenger. Safe to call from any thread.

    The log is in memory and bounded. Numbers start from the time in milliseconds, so that a
    message of an earlier run keeps a name of its own; an edit to one that is not in the log (the
    process was restarted since) puts it there again.
    """

    def __init__(self, clock: Clock, kept: int = KEPT) -> None:
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._log: dict[int, Shown] = {}
        self._last = int(clock.now() * 1000)
        self._watchers: tuple[Callable[[], None], ...] = ()

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        if chat != CHAT:
            raise Gone(f"the console shows {CHAT}, not {chat}")
        return self._add(reply, mine=False, reply_to=reply_to).name

    def edit(self, message: str, reply: Reply) -> None:
        self._become(number_of(message), reply)

    def answer(self, message: str, reply: Reply, *, unless_after: int) -> bool:
        """
        Edit as the answer to a press, unless the message changed after that revision.

        The outbox may have told of the fill before the press that caused it is answered; then
        the older words must not cover the newer.
        """
        return self._become(number_of(message), reply, unless_after)

    def hear(self, text: str) -> Shown:
        """Put what the person said into the log, as text."""
        return self._add(Reply(html.escape(text)), mine=True, reply_to="")

    def revision(self) -> int:
        """Of the latest change."""
        with self._lock:
            return self._last

    def recent(self) -> Sequence[Shown]:
        """The log, in the order of the chat."""
        with self._lock:
            return sorted(self._log.values(), key=lambda each: each.number)

    def since(self, revision: int) -> Sequence[Shown]:
        """What changed after that revision, oldest change first; all of it if it is unknown."""
        with self._lock:
            known = revision if revision <= self._last else 0
            changed = [each for each in self._log.values() if each.revision > known]
        return sorted(changed, key=lambda each: each.revision)

    def shown(self, number: int) -> Shown | None:
        with self._lock:
            return self._log.get(number)

    def watch(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from any thread, after each change."""
        with self._lock:
            self._watchers = (*self._watchers, wake)

    def _add(self, reply: Reply, *, mine: bool, reply_to: str) -> Shown:
        with self._lock:
            number = self._next()
            added = Shown(number, number, self._clock.now(), reply, mine, reply_to)
            self._keep(added)
        self._wake()
        return added

    def _become(self, number: int, reply: Reply, unless_after: int | None = None) -> bool:
        with self._lock:
            now = self._clock.now()
            before = self._log.get(number) or Shown(number, 0, min(number / 1000, now), reply)
            if unless_after is not None and before.revision > unless_after:
                return False
            if before.reply == reply and before.revision:
                return True
            self._keep(replace(before, revision=self._next(), reply=reply))
        self._wake()
        return True

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _keep(self, shown: Shown) -> None:
        self._log[shown.number] = shown
        if len(self._log) > self._kept:
            del self._log[min(self._log.values(), key=lambda each: each.revision).number]

    def _wake(self) -> None:
        for wake in self._watchers:
            wake()


def number_of(message: str) -> int:
    """Raises Gone when the name is not one of the console's messages."""
    chat, _, number = message.rpartition(":")
    if chat != CHAT or not number.isdecimal() or len(number) > 16:
        raise Gone(f"the console has no message {message[:40]!r}")
    return int(number)
