"""Telegram as a messenger: replies become messages, edits and answers to presses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram import LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError

from tradegram.chat.reply import Reply
from tradegram.chat.telegram.pace import Pace
from tradegram.chat.telegram.render import CAPTION_LIMIT, keyboard, parts, plain
from tradegram.chat.telegram.wire import Flood, Wire, translated
from tradegram.errors import Busy, Gone

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
TOAST_LIMIT = 200

# How Telegram words two refusals that are not faults of the message's receiver.
UNREADABLE = "can't parse entities"
THE_SAME = "message is not modified"

# Says one text with one parse mode: HTML, or None for plain text.
Saying = Callable[[str, str | None], Coroutine[Any, Any, Any]]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class TelegramMessenger:
    """
    Implements ports.Messenger, and what only Telegram has: answers to presses, deleting.

    Safe to call from any thread. Nothing here waits for its turn: a chat that was written to too
    often raises Busy, and the caller decides who waits.
    """

    wire: Wire
    pace: Pace
    _username: str = field(default="", init=False)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        """A long text becomes several messages, the buttons under the last; that one is named."""
        chat_id = _chat_id(chat)
        self._turn(chat_id)
        if reply.picture is not None or reply.file is not None:
            return self._attached(chat_id, reply, reply_to)
        *before, last = parts(reply.text)
        for text in before:
            self._say(chat_id, text, self._sender(chat_id, Reply("", silent=reply.silent), ""))
        sent = self._say(chat_id, last, self._sender(chat_id, reply, reply_to))
        return f"tg:{chat_id}:{sent.message_id}"

    def edit(self, message: str, reply: Reply) -> None:
        """A text too long for one message is cut, visibly: an edit must be harmless to repeat."""
        chat_id, message_id = _message_id(message)
        self._turn(chat_id)
        captioned = reply.picture is not None or reply.file is not None
        shown = parts(reply.text, CAPTION_LIMIT if captioned else 4096)
        text = shown[0] + ("\n…" if len(shown) > 1 else "")
        where: dict[str, Any] = {
            "chat_id": chat_id,
            "message_id": message_id,
            "reply_markup": keyboard(reply),
        }

        def become(text: str, mode: str | None) -> Coroutine[Any, Any, Any]:
            if captioned:
                return self.wire.bot.edit_message_caption(caption=text, parse_mode=mode, **where)
            return self.wire.bot.edit_message_text(
                text, parse_mode=mode, link_preview_options=NO_PREVIEW, **where
            )

        self._say(chat_id, text, become)

    def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> bool:
        """Answer a press. False when it was too late: then nobody saw the text."""
        call = self.wire.bot.answer_callback_query(query_id, text[:TOAST_LIMIT], alert)
        try:
            return bool(self.wire.run(call))
        except BadRequest:
            return False
        except TelegramError as error:
            raise translated(error) from error

    def delete(self, message: str) -> bool:
        """False when Telegram does not allow it (any more)."""
        chat_id, message_id = _message_id(message)
        try:
            return bool(self.wire.run(self.wire.bot.delete_message(chat_id, message_id)))
        except TelegramError as error:
            logger.warning("message not deleted: %s", type(error).__name__)
            return False

    def username(self) -> str:
        """The bot's own, without @; "" when Telegram cannot be asked now."""
        if not self._username:
            try:
                self._username = self.wire.run(self.wire.bot.get_me()).username or ""
            except TelegramError as error:
                logger.warning("own name not known: %s", type(error).__name__)
        return self._username

    def close(self) -> None:
        self.wire.close()

    def _attached(self, chat_id: int, reply: Reply, reply_to: str) -> str:
        """A picture or a file, with as much of the text as a caption holds."""
        shown = parts(reply.text, CAPTION_LIMIT)

        def show(text: str, mode: str | None) -> Coroutine[Any, Any, Any]:
            terms: dict[str, Any] = {
                "caption": text or None,
                "parse_mode": mode,
                "reply_markup": keyboard(reply) if reply.buttons else None,
                "disable_notification": reply.silent,
                "reply_parameters": _replying(reply_to),
            }
            if reply.file is None:
                return self.wire.bot.send_photo(chat_id, reply.picture or b"", **terms)
            content, name = reply.file.content, reply.file.name
            return self.wire.bot.send_document(chat_id, content, filename=name, **terms)

        sent = self._say(chat_id, shown[0], show)
        for text in shown[1:]:
            self._say(chat_id, text, self._sender(chat_id, Reply("", silent=reply.silent), ""))
        return f"tg:{chat_id}:{sent.message_id}"

    def _sender(self, chat_id: int, reply: Reply, reply_to: str) -> Saying:
        def show(text: str, mode: str | None) -> Coroutine[Any, Any, Message]:
            return self.wire.bot.send_message(
                chat_id,
                text,
                parse_mode=mode,
                reply_markup=keyboard(reply) if reply.buttons else None,
                disable_notification=reply.silent,
                link_preview_options=NO_PREVIEW,
                reply_parameters=_replying(reply_to),
            )

        return show

    def _turn(self, chat_id: int) -> None:
        wait = self.pace.take(chat_id)
        if wait > 0:
            raise Busy("this chat was written to a moment ago", retry_after=wait)

    def _say(self, chat_id: int, text: str, saying: Saying) -> Any:
        """As HTML; as plain text when Telegram cannot read it: better ugly than unsaid."""
        try:
            try:
                return self.wire.run(saying(text, ParseMode.HTML))
            except BadRequest as error:
                if THE_SAME in error.message.lower():
                    return None
                if UNREADABLE not in error.message.lower():
                    raise
                logger.error("Telegram could not read our markup; sent as plain text")  # noqa: TRY400
                return self.wire.run(saying(plain(text), None))
        except TelegramError as error:
            if isinstance(error, Flood):
                self.pace.hold(chat_id, error.seconds)
            raise translated(error) from error


def _replying(message: str) -> ReplyParameters | None:
    """A message that is gone must not keep the reply to it from being said."""
    if not message.startswith("tg:"):
        return None
    return ReplyParameters(_message_id(message)[1], allow_sending_without_reply=True)


def _chat_id(chat: str) -> int:
    kind, _, number = chat.partition(":")
    if kind != "tg" or not number.lstrip("-").isdecimal():
        raise Gone(f"{chat[:40]!r} is not a Telegram chat")
    return int(number)


def _message_id(message: str) -> tuple[int, int]:
    chat, _, number = message.rpartition(":")
    if not number.isdecimal():
        raise Gone(f"{message[:40]!r} is not a Telegram message")
    return _chat_id(chat), int(number)
