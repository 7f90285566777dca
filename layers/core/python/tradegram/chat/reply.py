"""What the desk answers with, for Telegram and for the console alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Style(StrEnum):
    """How a button looks; the words are Telegram's."""

    PLAIN = ""
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """
    data: at most 64 bytes; names a ticket or an order, an action and a version, never terms.
    copy, url: when set, the button copies this text or opens this address instead of being pressed.
    """

    label: str
    data: str = ""
    style: Style = Style.PLAIN
    copy: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to keep: name as it is saved, e.g. `trades.csv`; media_type as in HTTP."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = "text/csv"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    One message. text: Telegram's HTML subset (b i u s code pre blockquote tg-spoiler tg-time),
    everything from people, brokers and masters escaped. silent: shown without a sound.
    picture: PNG bytes, when the message is one; then text is its caption.
    file: sent along, when the message carries one; then text is its caption.
    ticket_id: set when the message shows that ticket, so that it can be edited later.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False
    ticket_id: str = ""
    picture: bytes | None = field(default=None, repr=False)
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """
    One message from a person who may use the desk.

    chat: where to answer, as the messenger names it (`tg:42`, `web:0`).
    said_at: seconds since the epoch, by the platform's clock.
    forwarded_from: for a forwarded message the channel it came from, "" for none; None for a
    person's own words. Names are for showing; anybody can choose one.
    """

    user_id: int
    chat: str
    text: str
    said_at: float
    forwarded_from: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press of a button. message: the message it hangs under (`tg:42:1001`)."""

    user_id: int
    chat: str
    message: str
    data: str


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a press leads to.

    toast: at most 200 characters, shown over the chat; alert: shown until it is dismissed.
    edit:  the pressed message becomes this; None leaves it. replies: new messages.
    """

    toast: str = ""
    alert: bool = False
    edit: Reply | None = None
    replies: tuple[Reply, ...] = ()
