"""Showing what the desk answered, with patience: the person is waiting for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tradegram.chat.reply import Reply
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.errors import Busy, Gone, MessengerError, Unreachable

TRIES = 4  # when no answer comes
PAUSE = 0.5  # seconds after an answer that never came; doubled each time
SHORTEST = 0.05  # seconds; bounds how often a turn is asked for

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Showing:
    """patience: seconds that one answer may wait for its turn. Nothing here raises."""

    messenger: TelegramMessenger
    patience: float

    def send(self, chat: str, replies: Sequence[Reply]) -> None:
        for reply in replies:
            self.patiently(lambda reply=reply: self.messenger.send(chat, reply))  # type: ignore[misc]

    def edit(self, message: str, reply: Reply, *, else_send_to: str) -> bool:
        """False when the message was gone; then the reply is sent as a new one."""
        gone: list[Gone] = []

        def edit() -> None:
            try:
                self.messenger.edit(message, reply)
            except Gone as error:
                gone.append(error)

        self.patiently(edit)
        if gone:
            self.send(else_send_to, [reply])
        return not gone

    def answer(self, query_id: str, text: str, *, alert: bool) -> bool:
        """False when the press was too old to answer, or could not be."""
        said = self.patiently(lambda: self.messenger.answer(query_id, text, alert=alert))
        return said is True

    def patiently(self, show: Callable[[], T]) -> T | None:
        """
        What `show` answers, or None when it could not be shown; other errors pass.

        A message that may have been shown is said again: twice is better than never, because
        nothing that a button does happens twice. Waiting for a turn has no bound but patience.
        """
        left, pauses = self.patience, [PAUSE * 2**each for each in reversed(range(TRIES - 1))]
        while True:
            try:
                return show()
            except MessengerError as error:
                wait = _wait(error, pauses)
                if wait is None or wait > left:
                    logger.warning("an answer was not shown: %s", error)
                    return None
            time.sleep(wait)
            left -= wait


def _wait(error: MessengerError, pauses: list[float]) -> float | None:
    """Seconds until it is worth trying again; None: it is not."""
    match error:
        case Busy(retry_after=seconds):
            return max(seconds, SHORTEST)
        case Unreachable() if pauses:
            return pauses.pop()
        case _:
            return None
