"""There is no login: each call is signed. What a session would do has nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradegram.brokers.adapter import Call, Steps, Tokens
from tradegram.brokers.binance.dialect import Dialect, again
from tradegram.model import Session

NEVER = 4e9  # seconds since the epoch


class Keys(Dialect):
    """WHO: a call that only keys answer, and what of its answer names the account."""

    WHO: tuple[str, str]

    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        raise KeyError("keys need no browser")

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        """Proves that the keys are let in."""
        return Tokens({}, NEVER, (yield from self.check()))

    def check(self) -> Steps[str]:
        call, name = self.WHO
        answer: Any = yield from again(Call(self.request("GET", call), lambda told: told))
        rows = answer if isinstance(answer, list) else [answer]
        return str(rows[0][name]) if rows else ""

    def leave(self, session: Session) -> Steps[None]:
        """Keys end where they were made: on the broker's own pages."""
        return
        yield  # a generator that asks nothing
