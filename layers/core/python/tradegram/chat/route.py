"""Several messengers as one: Telegram for `tg:...`, the console for `web:...`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradegram.chat.reply import Reply
from tradegram.errors import Gone
from tradegram.ports import Messenger


@dataclass(frozen=True, slots=True)
class Route:
    """Implements ports.Messenger. messengers: by what stands before the first colon of a name."""

    messengers: Mapping[str, Messenger]

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        # A reply across messengers would name a message that the other does not have.
        same = reply_to if reply_to.startswith(f"{chat}:") else ""
        return self._of(chat).send(chat, reply, reply_to=same)

    def edit(self, message: str, reply: Reply) -> None:
        self._of(message).edit(message, reply)

    def _of(self, name: str) -> Messenger:
        prefix = name.partition(":")[0]
        if prefix not in self.messengers:
            raise Gone(f"nothing here shows {prefix[:20]!r} messages")
        return self.messengers[prefix]
