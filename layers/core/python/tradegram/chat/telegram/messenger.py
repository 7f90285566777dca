"""Telegram as a messenger: replies become messages, edits and answers to presses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tradegram.chat.reply import Reply
from tradegram.chat.telegram.pace import Pace
from tradegram.chat.telegram.render import CAPTION_LIMIT, keyboard, parts, plain
from tradegram.chat.telegram.wire import BadRequest, Wire
from tradegram.errors import Busy, Gone, MessengerError

NO_PREVIEW = {"is_disabled": True}
HTML = "HTML"
TOAST_LIMIT = 200

# How Telegram words two refusals that are not faults of the message's receiver.
UNREADABLE = "can't parse entities"
THE_SAME = "message is not modified"

# Says one text with one parse mode: HTML, or None for plain text.
Saying = Callable[[str, str | None], Any]
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
        return _name(chat_id, sent)

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

        def become(text: str, mode: str | None) -> Any:
            if captioned:
                terms = {"caption": text, "parse_mode": mode, **where}
                return self.wire.ask("editMessageCaption", terms)
            terms = {"text": text, "parse_mode": mode, "link_preview_options": NO_PREVIEW, **where}
            return self.wire.ask("editMessageText", terms)

        self._say(chat_id, text, become)

    def answer(self, query_id: str, text: str = "", *, alert: bool = False) -> bool:
        """Answer a press. False when it was too late: then nobody saw the text."""
        shown = {"callback_query_id": query_id, "text": text[:TOAST_LIMIT], "show_alert": alert}
        try:
            return bool(self.wire.ask("answerCallbackQuery", shown))
        except BadRequest:
            return False

    def delete(self, message: str) -> bool:
        """False when Telegram does not allow it (any more)."""
        chat_id, message_id = _message_id(message)
        try:
            where = {"chat_id": chat_id, "message_id": message_id}
            return bool(self.wire.ask("deleteMessage", where))
        except MessengerError as error:
            logger.warning("message not deleted: %s", type(error).__name__)
            return False

    def username(self) -> str:
        """The bot's own, without @; "" when Telegram cannot be asked now."""
        if not self._username:
            try:
                self._username = self.wire.username()
            except MessengerError as error:
                logger.warning("own name not known: %s", type(error).__name__)
        return self._username

    def close(self) -> None:
        self.wire.close()

    def _attached(self, chat_id: int, reply: Reply, reply_to: str) -> str:
        """A picture or a file, with as much of the text as a caption holds."""
        shown = parts(reply.text, CAPTION_LIMIT)

        def show(text: str, mode: str | None) -> Any:
            terms: dict[str, Any] = {
                "chat_id": chat_id,
                "caption": text or None,
                "parse_mode": mode,
                "reply_markup": keyboard(reply) if reply.buttons else None,
                "disable_notification": reply.silent,
                "reply_parameters": _replying(reply_to),
            }
            if reply.file is None:
                picture = ("picture.png", reply.picture or b"")
                return self.wire.ask("sendPhoto", terms, {"photo": picture})
            document = (reply.file.name, reply.file.content)
            return self.wire.ask("sendDocument", terms, {"document": document})

        sent = self._say(chat_id, shown[0], show)
        for text in shown[1:]:
            self._say(chat_id, text, self._sender(chat_id, Reply("", silent=reply.silent), ""))
        return _name(chat_id, sent)

    def _sender(self, chat_id: int, reply: Reply, reply_to: str) -> Saying:
        def show(text: str, mode: str | None) -> Any:
            terms = {
                "chat_id": chat_id,
                "text": text,
                "parse_mode": mode,
                "reply_markup": keyboard(reply) if reply.buttons else None,
                "disable_notification": reply.silent,
                "link_preview_options": NO_PREVIEW,
                "reply_parameters": _replying(reply_to),
            }
            return self.wire.ask("sendMessage", terms)

        return show

    def _turn(self, chat_id: int) -> None:
        wait = self.pace.take(chat_id)
        if wait > 0:
            raise Busy("this chat was written to a moment ago", retry_after=wait)

    def _say(self, chat_id: int, text: str, saying: Saying) -> Any:
        """As HTML; as plain text when Telegram cannot read it: better ugly than unsaid."""
        try:
            try:
                return saying(text, HTML)
            except BadRequest as error:
                why = str(error).lower()
                if THE_SAME in why:
                    return None
                if UNREADABLE not in why:
                    raise
                logger.error("Telegram could not read our markup; sent as plain text")  # noqa: TRY400
                return saying(plain(text), None)
        except Busy as busy:
            self.pace.hold(chat_id, busy.retry_after)
            raise


def _name(chat_id: int, sent: Mapping[str, Any]) -> str:
    return f"tg:{chat_id}:{int(sent['message_id'])}"


def _replying(message: str) -> Mapping[str, Any] | None:
    """A message that is gone must not keep the reply to it from being said."""
    if not message.startswith("tg:"):
        return None
    return {"message_id": _message_id(message)[1], "allow_sending_without_reply": True}


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
