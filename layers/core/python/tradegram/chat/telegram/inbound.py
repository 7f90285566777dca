"""One update from Telegram, from either home: who may, once, in time; then the desk's chat."""

from __future__ import annotations

import html
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from tradegram.chat import desk as the_desk
from tradegram.chat import people
from tradegram.chat.reply import Answer, Pressed, Reply, Said
from tradegram.chat.telegram import gate, menu, seen
from tradegram.chat.telegram.catch_up import catch_up, orders_pressed
from tradegram.chat.telegram.leaks import looks_secret
from tradegram.chat.telegram.messenger import TOAST_LIMIT, TelegramMessenger
from tradegram.chat.telegram.showing import Showing
from tradegram.errors import Conflict, StoreFull, TradegramError
from tradegram.ports import Change, Desk, Document

TOO_LATE = 120.0  # seconds between saying and hearing; older words do nothing
LONGEST = 1000  # characters of one message that are read
REPEATED = 300  # characters of it that we say back
ONE_LINE_PER_GROUP = 24 * 3600.0  # seconds

logger = logging.getLogger(__name__)


class Conversation(Protocol):
    """The desk's chat; the module `tradegram.chat.desk` is one."""

    def said(self, desk: Desk, said: Said, /) -> Sequence[Reply]: ...
    def pressed(self, desk: Desk, pressed: Pressed, /) -> Answer: ...


class Received(Enum):
    """What became of an update. Only IN_HAND wants it delivered again."""

    ACTED = "acted on"
    IGNORED = "nothing for us, or a repetition"
    IN_HAND = "another process began it and has not finished"


@dataclass(frozen=True, slots=True)
class Manner:
    """
    patience:        seconds one answer may wait when Telegram asks us to.
    too_late:        seconds between saying and hearing after which words do nothing.
    abandoned_after: seconds after which an update that was begun and not finished is taken over;
                     0 where one process reads the updates, as in polling.
    """

    patience: float = 8.0
    too_late: float = TOO_LATE
    abandoned_after: float = seen.ABANDONED_AFTER


def receive(
    desk: Desk,
    messenger: TelegramMessenger,
    update: Mapping[str, Any],
    talk: Conversation = the_desk,
    manner: Manner | None = None,
) -> Received:
    """
    Act on one update: the same behind polling and behind the webhook.

    Raises StoreUnavailable before anything was done: the update must then be delivered again.
    """
    manner = manner or Manner()
    one = _One(desk, messenger, talk, manner, Showing(messenger, manner.patience))
    heard = gate.read(update)
    try:
        return _received(desk, one, heard)
    except StoreFull:
        return one.no_room(heard)


def _received(desk: Desk, one: _One, heard: gate.Heard) -> Received:
    match heard:
        case gate.Ignored(why):
            logger.info("update ignored: %s", why)
            return Received.IGNORED
        case gate.InGroup(chat):
            return one.in_group(chat)
        case gate.Words() | gate.Tap():
            if not people.may_use(desk, heard.user_id):
                return one.stranger(heard)
            return one.once(heard)


@dataclass(frozen=True, slots=True)
class _One:
    desk: Desk
    messenger: TelegramMessenger
    talk: Conversation
    manner: Manner
    showing: Showing

    # -- those who may not -----------------------------------------------------------------------

    def in_group(self, chat: str) -> Received:
        expires = self.desk.clock.now() + ONE_LINE_PER_GROUP
        try:
            self.desk.store.commit(Change((Document("group", chat, {}, expires_at=expires),)))
        except Conflict:
            return Received.IGNORED
        self.showing.send(
            chat, [Reply("I take orders in private chats only, and do nothing here.")]
        )
        return Received.ACTED

    def stranger(self, heard: gate.Words | gate.Tap) -> Received:
        """Silence, except for somebody who offers a code while one is out."""
        code = _offered_code(heard)
        if not isinstance(heard, gate.Words) or code is None:
            logger.info("a stranger was ignored", extra={"user_id": heard.user_id})
            return Received.IGNORED
        if not people.pair(self.desk, heard.user_id, heard.name, code):
            return Received.IGNORED
        menu.show_to(self.messenger.wire, heard.user_id)
        self.showing.send(heard.chat, [Reply("✅ <b>Paired.</b> This desk now listens to you.")])
        self._said(heard, "/start")
        return Received.ACTED

    def no_room(self, heard: gate.Heard) -> Received:
        """Said instead of done, and not done later: by then nobody might want it any more."""
        if not isinstance(heard, gate.Words | gate.Tap):
            return Received.IGNORED
        if not people.may_use(self.desk, heard.user_id):
            return Received.IGNORED
        if isinstance(heard, gate.Tap) and self.showing.answer(
            heard.query_id, the_desk.FULL, alert=True
        ):
            return Received.ACTED
        self.showing.send(heard.chat, [Reply(html.escape(the_desk.FULL, quote=False))])
        return Received.ACTED

    # -- those who may ---------------------------------------------------------------------------

    def once(self, heard: gate.Words | gate.Tap) -> Received:
        begun = seen.begin(self.desk, heard.update_id, self.manner.abandoned_after)
        if begun is seen.Begun.DONE:
            logger.info("a repeated update was ignored", extra={"update_id": heard.update_id})
            return Received.IGNORED
        if begun is seen.Begun.IN_HAND:
            return Received.IN_HAND
        if isinstance(heard, gate.Tap):
            self._tapped(heard)
        else:
            self._words(heard)
        seen.done(self.desk, heard.update_id)
        return Received.ACTED

    def _words(self, words: gate.Words) -> None:
        text = words.text
        if text is not None and looks_secret(text):
            self._secret(words)
        elif (why := self._not_acted_on(words)) is not None:
            self.showing.send(words.chat, [Reply(why)])
        elif text is not None and words.forwarded_from is not None:
            self._said(words, text)
        elif text is not None and (command := self._for_us(text)) is not None:
            self._said(words, command)

    def _not_acted_on(self, words: gate.Words) -> str | None:
        """Why these words do nothing, as HTML; None when they are to be acted on."""
        if words.text is None:
            return "I read text only; nothing was done."
        if len(words.text) > LONGEST:
            return f"That is longer than {LONGEST:,} characters; nothing was done."
        age = self.desk.clock.now() - words.said_at
        if age > self.manner.too_late:
            text = html.escape(words.text[:REPEATED], quote=False)
            return (
                f"I was offline when you sent this, {_ago(age)}; nothing was done. "
                f"Send it again if you still mean it:\n<code>{text}</code>"
            )
        return None

    def _secret(self, words: gate.Words) -> None:
        logger.warning("a message that looks like a secret", extra={"user_id": words.user_id})
        deleted = self.messenger.delete(words.message)
        what = "I deleted it" if deleted else "Delete it"
        text = (
            f"⚠ That looked like a password, key or token. {what}; it was not stored or used. "
            "<b>Revoke it</b> where it came from: chats are no place for secrets."
        )
        self.showing.send(words.chat, [Reply(text)])

    def _for_us(self, text: str) -> str | None:
        """The text without our own name after the command; None when it names another bot."""
        first = text.split(maxsplit=1)[0] if text.strip() else ""
        if not first.startswith("/") or "@" not in first:
            return text
        command, _, named = first.partition("@")
        ours = self.messenger.username()
        if ours and named.strip().lower() != ours.lower():
            return None
        return command + text.strip().removeprefix(first)

    def _said(self, words: gate.Words, text: str) -> None:
        said = Said(words.user_id, words.chat, text, words.said_at, words.forwarded_from)
        try:
            replies = self.talk.said(self.desk, said)
        except Exception as error:
            replies = [Reply(self._failed(error))]
        self.showing.send(words.chat, replies)

    def _tapped(self, tap: gate.Tap) -> None:
        if not tap.message or not tap.data:
            self.showing.answer(
                tap.query_id, "That button is not in our chat any more. Type the command again.",
                alert=True,
            )  # fmt: skip
            return
        before = orders_pressed(self.desk, tap.data)
        answer = self._pressed(tap)
        said = self.showing.answer(tap.query_id, answer.toast[:TOAST_LIMIT], alert=answer.alert)
        if answer.edit is not None and self.showing.edit(
            tap.message, answer.edit, else_send_to=tap.chat
        ):
            self._catch_up(tap, answer.edit, before)
        if answer.toast and answer.alert and not said:
            self.showing.send(tap.chat, [Reply(html.escape(answer.toast, quote=False))])
        self.showing.send(tap.chat, answer.replies)

    def _pressed(self, tap: gate.Tap) -> Answer:
        pressed = Pressed(tap.user_id, tap.chat, tap.message, tap.data)
        try:
            return self.talk.pressed(self.desk, pressed)
        except Exception as error:
            return Answer(replies=(Reply(self._failed(error)),))

    def _catch_up(self, tap: gate.Tap, shown: Reply, before: Any) -> None:
        def look() -> None:
            catch_up(
                self.desk,
                self.messenger,
                message=tap.message,
                data=tap.data,
                before=before,
                shown=shown,
            )

        try:
            self.showing.patiently(look)
        except TradegramError as error:
            logger.warning("an order's message may be out of date: %s", error)

    def _failed(self, error: Exception) -> str:
        """Never raises: an update that fails must not come back for ever."""
        reference = self.desk.ids.nonce()[:6]
        logger.error("the desk failed", exc_info=error, extra={"reference": reference})
        return (
            "⚠ Something went wrong on this side, and I cannot say whether it was done. "
            f"Look at /orders before you try again. Reference <code>{reference}</code>"
        )


def _offered_code(heard: gate.Words | gate.Tap) -> str | None:
    if not isinstance(heard, gate.Words) or heard.text is None or heard.forwarded_from is not None:
        return None
    code = heard.text.removeprefix("/start").strip()
    return code if people.looks_like_code(code) else None


def _ago(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{round(seconds / 60)} min ago"
    if seconds < 2 * 86400:
        return f"{round(seconds / 3600)} hours ago"
    return f"{round(seconds / 86400)} days ago"
