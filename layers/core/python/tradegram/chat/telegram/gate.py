"""
What an update is, before anybody acts on it: words, a press, or nothing for us.

Its shape is checked here, once, and only the few fields that matter are read. Unknown fields and
kinds of updates are normal: Telegram adds some every few months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("message", "callback_query", "my_chat_member")  # of updates; no others are asked for
ANONYMOUS_ADMIN = 1087968824  # "GroupAnonymousBot", who writes for admins who hide
GROUPS = ("group", "supergroup")
LAST_MOMENT = 253_402_300_799  # seconds since the epoch: the end of the year 9999
AUTOMATIC = "is_automatic_forward"  # of a channel's post into its group


@dataclass(frozen=True, slots=True)
class Words:
    """
    A message in a private chat. text: None when it is a picture, a voice, a sticker ...

    said_at: seconds since the epoch, by Telegram's clock. message: its name, `tg:42:7`.
    forwarded_from: None for the person's own words; else the channel, "" where it was none.
    """

    update_id: int
    user_id: int
    name: str
    message: str
    text: str | None
    said_at: float
    forwarded_from: str | None

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
        update_id = _number(update, "update_id")
        if (message := update.get("message")) is not None:
            return _words(update_id, message)
        if (query := update.get("callback_query")) is not None:
            return _tap(update_id, query)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        # Anything may be missing or of the wrong kind in what strangers send.
        return Ignored(f"malformed ({type(error).__name__})")
    return Ignored("a kind of update we do not use")


def _words(update_id: int, message: Mapping[str, Any]) -> Words | InGroup | Ignored:
    sender = message.get("from")
    if sender is None or message.get("sender_chat") is not None or sender["is_bot"]:
        return Ignored("not from a person")
    user_id, (chat_id, kind) = _number(sender, "id"), _chat(message)
    if user_id == ANONYMOUS_ADMIN:
        return Ignored("not from a person")
    if any(message.get(name) for name in ("via_bot", "business_connection_id", AUTOMATIC)):
        return Ignored("through somebody else")
    if kind in GROUPS:
        return InGroup(f"tg:{chat_id}")
    if kind != "private" or chat_id != user_id:
        return Ignored("not a private chat")
    text = message.get("text")
    if not isinstance(text, str | None):
        return Ignored("malformed")
    return Words(
        update_id,
        user_id,
        _full_name(sender),
        f"tg:{chat_id}:{_number(message, 'message_id')}",
        text,
        _moment(message),
        _source(message.get("forward_origin")),
    )


def _source(origin: Mapping[str, Any] | None) -> str | None:
    """By its username, which is one channel's, else by its title, which others may take too."""
    if origin is None:
        return None
    if origin["type"] != "channel":
        return ""
    chat = origin["chat"]
    return str(chat.get("username") or chat.get("title") or "")


def _tap(update_id: int, query: Mapping[str, Any]) -> Tap | Ignored:
    sender, query_id = query["from"], query["id"]
    if sender["is_bot"] or not isinstance(query_id, str):
        return Ignored("not from a person")
    user_id, message = _number(sender, "id"), query.get("message")
    named = ""
    if message is not None and (chat_id := _chat(message)[0]) == user_id:
        named = f"tg:{chat_id}:{_number(message, 'message_id')}"
    data = query.get("data")
    return Tap(update_id, user_id, query_id, named, data if isinstance(data, str) else "")


def _chat(message: Mapping[str, Any]) -> tuple[int, str]:
    chat = message["chat"]
    return _number(chat, "id"), chat["type"]


def _moment(message: Mapping[str, Any]) -> float:
    at = _number(message, "date")
    if abs(at) > LAST_MOMENT:
        raise ValueError("date")
    return float(at)


def _full_name(sender: Mapping[str, Any]) -> str:
    first, last = sender["first_name"], sender.get("last_name")
    return f"{first} {last}" if last else str(first)


def _number(part: Mapping[str, Any], name: str) -> int:
    value = part[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(name)
    return value
