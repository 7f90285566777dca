"""What the loopback Bot API remembers: the calls it got and the messages its chats show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. files: names of uploaded parts. at: monotonic seconds."""

    method: str
    params: Mapping[str, Any]
    files: tuple[str, ...] = ()
    at: float = 0.0


@dataclass(slots=True)
class Message:
    """A message of the bot as its chat shows it now."""

    chat: int
    message_id: int
    html: str
    text: str
    markup: dict[str, Any]
    silent: bool = False
    reply_to: int | None = None
    photo: bool = False
    edits: int = 0
    deleted: bool = False

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in self.markup.get("inline_keyboard", []) for button in row]

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.buttons]

    def button(self, words: str) -> dict[str, Any]:
        """The first button whose label holds these words."""
        for each in self.buttons:
            if words in each["text"]:
                return each
        raise AssertionError(f"no button {words!r} among {self.labels}")
