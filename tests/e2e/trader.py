"""A person at the desk: a user of their own, and a quantity that the broker's book shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from e2e.product import Product
from loopback.bot_api import BotApi, Message, Person, Update

from tradegram.orders.send import LEASE

WAIT = 30.0 + LEASE  # seconds; who was killed while it sent is given up when its lease has ended


def until(true: Callable[[], Any], what: str, seconds: float = WAIT) -> Any:
    """The first true value of `true()`, looked at a hundred times a second."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return value


@dataclass(frozen=True, slots=True)
class Trader:
    """quantity: in every order of this person and in nobody else's."""

    desk: Product
    api: BotApi
    person: Person
    quantity: int

    @property
    def order_text(self) -> str:
        return f"/buy NIFTYBEES {self.quantity}"

    def ticket(self) -> Message:
        """Ask for a ticket and wait for it."""
        self.person.says(self.order_text)
        return self.card("Confirm")

    def card(self, label: str) -> Message:
        """The newest message with such a button."""

        def found() -> Message | None:
            having = [m for m in self.person.shown() if any(label in each for each in m.labels)]
            return having[-1] if having else None

        card: Message = until(found, f"a button {label!r} among {self.shows()}")
        return card

    def confirm(self, ticket: Message) -> dict[str, Any]:
        return self.person.press(ticket, "Confirm")

    def filled(self, ticket: Message) -> None:
        """Wait until the message of the ticket is the message of its filled order."""
        self.reads(ticket, "Filled")

    def reads(self, message: Message, words: str) -> None:
        until(lambda: words in message.text, f"{words!r} in {message.text!r} of {self.shows()}")

    def sees(self, words: str) -> Message:
        def found() -> Message | None:
            holding = [each for each in self.person.shown() if words in each.text]
            return holding[-1] if holding else None

        message: Message = until(found, f"{words!r} among {self.shows()}")
        return message

    def told(self, words: str) -> dict[str, Any]:
        """Wait for an answer to a press that holds the words: a toast or an alert."""

        def found() -> dict[str, Any] | None:
            holding = [each for each in self.api.answers if words in (each.get("text") or "")]
            return holding[-1] if holding else None

        answer: dict[str, Any] = until(found, f"a toast {words!r} in {self.api.answers[-5:]}")
        return answer

    def twice(self, update: Update) -> None:
        """Have an update read twice in one go, as after an acknowledgement that was lost."""
        with self.api._changed:
            self.api.queue(update)
            self.api.queue(update)

    def settled(self) -> None:
        """Until every update has been acted on and acknowledged."""
        until(lambda: not self.api.pending(), "all updates acted on")

    def answered_to(self, text: str, **more: Any) -> list[Message]:
        """Say something, and all that is shown in answer."""
        before = len(self.person.shown())
        self.person.says(text, **more)
        self.settled()
        return self.person.shown()[before:]

    def shows(self) -> list[str]:
        return [f"{each.text!r} {each.labels}" for each in self.person.shown()[-4:]]

    def orders(self) -> list[dict[str, str]]:
        """This person's, in the broker's own book."""
        return [one for one in self.desk.orders() if one["quantity"] == str(self.quantity)]
