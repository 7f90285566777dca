"""
What an update is, before anybody acts on it: words, a press, or nothing for us.

Its shape is checked here, once. Unknown fields and kinds of updates are normal: Telegram adds some
every few months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType

ANONYMOUS_ADMIN = 1087968824  # "GroupAnonymousBot", who writes for admins who hide


@dataclass(frozen=True, slots=True)
class Words:
    """
    A message in a private chat. text: None when it is a picture, a voice, a sticker ...

    said_at: seconds since the epoch, by Telegram's clock. message: its name, `tg:42:7`.
    """

    update_id: int
    user_id: int
    name: str
    message: str
    text: str | None
    said_at: float
    forwarded: bool

    @property
    def chat(self) -> str:
        return f"tg:{self.user_id}"


@dataclass(frozen=True, slots=True)
class Tap:
    """A press of a button. message: "" when Telegram does not say which, or in no private chat."""

    update_id: int
    user_id: int
    query_id: str
    message: str
    data: str

    @property
    def chat(self) -> str:
        return f"tg:{self.user_id}"


@dataclass(frozen=True, slots=True)
class InGroup:
    """Somebody wrote in a group that has this bot. chat: the group, `tg:-100...`."""

    chat: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """why: for the log."""

    why: str


Heard = Words | Tap | InGroup | Ignored


def read(update: Mapping[str, Any]) -> Heard:
    try:
        parsed = Update.de_json(dict(update), None)
        if isinstance(parsed.update_id, bool) or not isinstance(parsed.update_id, int):
            return Ignored("malformed")
        if parsed.message is not None:
            return _words(parsed.update_id, parsed.message)
        if parsed.callback_query is not None:
            return _tap(parsed.update_id, parsed.callback_query)
    except (
        Exception
    ) as error:  # anything may be missing or of the wrong kind in what strangers send
        return Ignored(f"malformed ({type(error).__name__})")
    return Ignored("a kind of update we do not use")


def _words(update_id: int, message: Message) -> Words | InGroup | Ignored:
    sender = message.from_user
    if sender is None or message.sender_chat or sender.is_bot or sender.id == ANONYMOUS_ADMIN:
        return Ignored("not from a person")
    if message.via_bot or message.business_connection_id or message.is_automatic_forward:
        return Ignored("through somebody else")
    if message.chat.type in (ChatType.GROUP, ChatType.SUPERGROUP):
        return InGroup(f"tg:{int(message.chat.id)}")
    if message.chat.type != ChatType.PRIVATE or message.chat.id != sender.id:
        return Ignored("not a private chat")
    if not isinstance(message.text, str | None):
        return Ignored("malformed")
    return Words(
        update_id,
        int(sender.id),
        sender.full_name,
        f"tg:{int(message.chat.id)}:{int(message.message_id)}",
        message.text,
        message.date.timestamp(),
        message.forward_origin is not None,
    )


def _tap(update_id: int, query: CallbackQuery) -> Tap | Ignored:
    if query.from_user.is_bot or not isinstance(query.id, str):
        return Ignored("not from a person")
    message = query.message
    named = ""
    if message is not None and message.chat.id == query.from_user.id:
        named = f"tg:{int(message.chat.id)}:{int(message.message_id)}"
    data = query.data if isinstance(query.data, str) else ""
    return Tap(update_id, int(query.from_user.id), query.id, named, data)
