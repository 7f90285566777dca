"""
Reading updates by long polling: one machine, no address of its own.

An update is acknowledged when it has been acted on, not when it was read: what a killed process
leaves behind is delivered again. Chats are served in parallel, each of them in order.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from telegram.error import Conflict, InvalidToken, TelegramError

from tradegram.chat import desk as the_desk
from tradegram.chat.telegram import menu
from tradegram.chat.telegram.gate import KINDS
from tradegram.chat.telegram.hands import Hands
from tradegram.chat.telegram.inbound import Conversation, Manner, Received, receive
from tradegram.chat.telegram.lanes import Lanes
from tradegram.chat.telegram.long_poll import Flood, GivenUp, LongPoll, UnknownMethod
from tradegram.chat.telegram.messenger import TelegramMessenger
from tradegram.chat.telegram.wire import Wire
from tradegram.errors import MessengerError, TradegramError
from tradegram.ports import Desk

LONG_POLL = 25.0  # seconds
SLICE = 0.25  # seconds to wait for work under way before asking again
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between tries when Telegram does not answer
STOP_WITHIN = 1.0
UNREACHED = "Telegram cannot be reached; trying again."
REFUSED = (
    "Telegram does not accept TELEGRAM_BOT_TOKEN. Take the token from @BotFather and start again; "
    "until then the desk works without Telegram, keeps what it owes, and goes on trying."
)

# The reader is the only one who reads: what was begun and not finished was begun by a process
# that died. Unlike a webhook, it may also be patient with one chat without holding up others.
MANNER = Manner(patience=30.0, abandoned_after=0.0)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Poller:
    """Reads and serves updates until stopped. start() and stop() once each."""

    desk: Desk
    messenger: TelegramMessenger
    talk: Conversation = the_desk
    manner: Manner = MANNER
    lanes: Lanes = field(default_factory=Lanes)
    _hands: Hands = field(default_factory=Hands)
    _stop: threading.Event = field(default_factory=threading.Event)
    _long_poll: LongPoll | None = None
    _thread: threading.Thread | None = None
    _said: set[str] = field(default_factory=set)

    def start(self) -> None:
        self._long_poll = LongPoll(self.wire.token, self.wire.base_url)
        self._thread = threading.Thread(
            target=self._run, args=(self._long_poll,), name="telegram polling", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Within about a second. What is under way and not finished is delivered again later."""
        self._stop.set()
        self._hands.wake()
        if self._long_poll is not None:
            self._long_poll.give_up()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN)
        self.lanes.stop(STOP_WITHIN)

    @property
    def wire(self) -> Wire:
        return self.messenger.wire

    def _run(self, long_poll: LongPoll) -> None:
        self._look_for_a_webhook()
        menu.show_to_all(self.desk, self.wire)
        pause = FIRST_PAUSE
        while not self._stop.is_set():
            try:
                self._take(self._ask(long_poll))
            except (TelegramError, TradegramError, GivenUp) as error:
                wait = self._how_long(error, pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._stop.wait(wait)
            else:
                pause = FIRST_PAUSE
                self._works()
        long_poll.close()

    def _ask(self, long_poll: LongPoll) -> Sequence[dict[str, Any]]:
        """Long when all is done; else at once, after giving what is under way a moment."""
        now = self.desk.clock.monotonic()
        busy = not self._hands.all_done(SLICE)
        return long_poll.updates(self._hands.offset(now), 0.0 if busy else LONG_POLL, KINDS)

    def _take(self, updates: Sequence[dict[str, Any]]) -> None:
        for update in updates:
            update_id = update.get("update_id")
            if isinstance(update_id, int) and self._hands.take(
                update_id, self.desk.clock.monotonic()
            ):
                self.lanes.put(_lane(update), lambda update=update: self._serve(update))  # type: ignore[misc]

    def _serve(self, update: dict[str, Any]) -> None:
        if self._stop.is_set():
            return
        update_id = update["update_id"]
        try:
            received = receive(self.desk, self.messenger, update, self.talk, self.manner)
        except Exception:
            logger.exception("an update was not served", extra={"update_id": update_id})
            self._stop.wait(SLICE)
            self._hands.drop(update_id)  # it is read again, until it is given up
        else:
            if received is Received.IN_HAND:
                self._hands.drop(update_id)
            else:
                self._hands.done(update_id)

    # -- when it does not work -------------------------------------------------------------------

    def _how_long(self, error: Exception, pause: float) -> float:
        match error:
            case Flood(seconds=seconds):
                return min(seconds, LONGEST_PAUSE)
            case Conflict():
                self._say_once(
                    "Telegram: another program reads this bot's messages, or a webhook is set for "
                    "it. Stop the other one; this one goes on trying."
                )
                return LONGEST_PAUSE / 6
            case InvalidToken():
                self._say_once(REFUSED)
            case UnknownMethod():
                self._say_once(
                    "Telegram does not know this bot: check TELEGRAM_BOT_TOKEN and "
                    "TELEGRAM_API_BASE_URL."
                )
            case _ if not self._stop.is_set():
                self._say_once(UNREACHED)
        return pause

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            logger.error(text)

    def _works(self) -> None:
        if REFUSED in self._said:
            logger.warning("Telegram accepts TELEGRAM_BOT_TOKEN again.")
        self._said -= {UNREACHED, REFUSED}

    def _look_for_a_webhook(self) -> None:
        """A webhook that is not ours is not taken away: somebody may be living on it."""
        try:
            url = self.wire.ask("getWebhookInfo", {})["url"]
        except (MessengerError, LookupError, TypeError):
            return  # the polling itself will say what is wrong
        if url:
            host = urlsplit(url).hostname or "an unknown host"
            logger.error(
                "Telegram delivers this bot's messages to a webhook at %s, so they cannot be read "
                "here. If it is yours and not needed, call deleteWebhook; if it is not yours, "
                "revoke the token at @BotFather.",
                host,
            )


def _lane(update: dict[str, Any]) -> object:
    """Whose words they are; updates that are not shaped like ours share a lane."""
    part = update.get("message") or update.get("callback_query")
    sender = part.get("from") if isinstance(part, dict) else None
    user_id = sender.get("id") if isinstance(sender, dict) else None
    return user_id if isinstance(user_id, int) else 0
