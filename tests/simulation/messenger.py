"""The simulated Telegram: it keeps what people see, and loses replies."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulation.world import World

from tradegram.chat.reply import Reply
from tradegram.errors import Busy, Gone, Unreachable


@dataclass(frozen=True)
class Shown:
    """One thing a person got to see. reply_to: "" for a card or an alert."""

    at: float
    message: str
    text: str
    reply_to: str
    edited: bool


@dataclass
class SimulatedTelegram:
    """
    Implements ports.Messenger over a network. An edit that timed out was shown at once or never:
    one that arrives after a later one would need an answer by Telegram that it does not give.
    """

    world: World
    shown: list[Shown] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        message = f"{chat}:{2000 + len(self.shown)}"
        self._show(Shown(self.world.time, message, reply.text, reply_to, edited=False))
        return message

    def edit(self, message: str, reply: Reply) -> None:
        if self.world.hit("message_deleted", 0.2):
            self.deleted.add(message)
        self._show(Shown(self.world.time, message, reply.text, "", edited=True))

    def screen(self, message: str) -> str:
        """What the person sees there at the end of the day."""
        texts = [one.text for one in self.shown if one.message == message]
        return texts[-1] if texts and message not in self.deleted else ""

    def _show(self, what: Shown) -> None:
        w = self.world
        w.pause(0.05)
        if w.hit("messenger_busy"):
            raise Busy("too many requests", retry_after=w.rng.uniform(1, 30))
        if w.hit("messenger_silent"):
            if w.rng.random() < 0.5:
                self._put(what)
            w.pause(10)
            raise Unreachable("no answer")
        self._put(what)
        w.pause(0.05)

    def _put(self, what: Shown) -> None:
        if what.message in self.deleted:
            raise Gone("message to edit not found")
        self.shown.append(what)
        self.world.tell("telegram", what.message, what.text)
