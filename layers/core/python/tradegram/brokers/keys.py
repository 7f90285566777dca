"""Brokers without a login: each call is signed. What a session would do has nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tradegram.brokers.adapter import Steps, Tokens, known
from tradegram.model import Session

NEVER = 4e9  # seconds since the epoch


class _Checks(Protocol):
    def check(self) -> Steps[str]: ...


class Keys:
    """Part of an adapter whose `check` asks what only keys answer."""

    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        raise KeyError("keys need no browser")

    def enter(
        self: _Checks, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        """Proves that the keys are let in."""
        return Tokens({}, NEVER, (yield from self.check()))

    def leave(self, session: Session) -> Steps[None]:
        """Keys end where they were made: on the broker's own pages."""
        return known(None)
