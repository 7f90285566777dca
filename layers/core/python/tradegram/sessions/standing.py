"""What is known of an account's login, and what somebody is offered who wants one. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tradegram.model import Account


class Phase(StrEnum):
    """Where a login stands."""

    OUT = "OUT"
    ENTERING = "ENTERING"
    IN = "IN"
    FAILED = "FAILED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Standing:
    """
    until: seconds since the epoch, an estimate; None where a login does not end, or there is none.

    words: the broker's own, of what failed or ended.
    """

    phase: Phase
    until: float | None = None
    words: str = ""

    @property
    def is_in(self) -> bool:
        return self.phase is Phase.IN


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What somebody does next. words: a sentence, plain. url: to be opened; "" when nothing is left.
    """

    words: str
    url: str = ""


class Sessions(Protocol):
    """The logins of a desk's accounts."""

    def standing(self, account: Account) -> Standing:
        """Opens nothing and asks nobody."""
        ...

    def begin(self, account: Account, user_id: int) -> Offer:
        """Log in, or say where to. Raises UserError, with the broker's words when it refused."""
        ...

    def link(self, user_id: int) -> Offer:
        """Where credentials are entered, once. Raises UserError."""
        ...

    def dashboard(self, user_id: int) -> Offer:
        """The page that shows the desk; its link signs this person in, once."""
        ...

    def leave(self, account: Account, user_id: int) -> Offer:
        """Log out, here and at the broker where that can be done. Raises UserError."""
        ...
