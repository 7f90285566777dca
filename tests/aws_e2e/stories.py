"""An order's story on the deployed stack: who said it, what became of it, what the chat shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from aws_e2e.stack import Stack
from loopback.bot_api import Message, Person

from tradegram.orders.state import Order, State

PATIENCE = 150.0  # seconds, on a busy machine; what is waited for mostly comes at once
PRICES = count(3000)  # above the market; never the same, which would be asked about twice


@dataclass(frozen=True, slots=True)
class Story:
    stack: Stack
    person: Person
    account_id: str
    tap: dict[str, Any]

    @property
    def order(self) -> Order:
        """The newest of the account."""
        [order] = self.stack.store().orders(self.account_id, limit=1).orders
        return order

    @property
    def placed(self) -> int:
        """Orders in the paper broker's own book of this account."""
        return len(self.stack.store().documents("paper", f"{self.account_id}#"))

    def ends(self, state: State, *, tick: bool = True) -> None:
        """tick: the minute's work is asked for at once; else its schedule has to do it."""

        def ended() -> bool:
            if tick and self.order.state is not state:
                self.stack.tick()
            return self.order.state is state

        self.stack.until(ended, PATIENCE, f"{self.account_id} is {state}")

    def reads(self, words: str) -> None:
        self.person.sees(words, PATIENCE)

    def press_again(self) -> int:
        """A second tap on the same button."""
        query = self.tap["callback_query"]
        return self.stack.webhook(self.person.press_under(query["message"], query["data"]))


def confirmed(stack: Stack, name: str, price: int = 0, account_id: str = "") -> Story:
    """A ticket for ten shares, and the tap on Confirm. On paper, unless account_id says where."""
    person = stack.person()
    said = person.says(f"/buy RELIANCE 10 @ {price or next(PRICES)} #{name}")
    assert stack.webhook(said) == 200
    tap = person.press(offering(person, "Confirm")[-1], "Confirm")
    assert stack.webhook(tap) == 200
    if asked_again := offering(person, "really"):  # its broker was slow to answer
        tap = person.press(asked_again[-1], "really")
        assert stack.webhook(tap) == 200
    return Story(stack, person, account_id or f"paper:{name}", tap)


def offering(person: Person, words: str) -> list[Message]:
    """What shows such a button, oldest first; alerts to everybody come in between."""
    return [each for each in person.shown() if any(words in label for label in each.labels)]
