"""Who asks, and what was asked. Without pydantic: the chat needs these too, and not the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a caller may do. TRADE and SIGNAL do not imply READ."""

    READ = "read"
    TRADE = "trade"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class Asking:
    """
    A request as it came. path: decoded, with its slash. headers: names in small letters.

    sent_by: the address it came from; for limits, never for rights. private: it came over TLS or
    from this very machine. secure: it came over TLS.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    sent_by: str = ""
    private: bool = False
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who asks. name: for people, such as `key bot`; goes into the audit.

    alone: may send orders that nobody confirms in chat. accounts: only these; empty for all.
    key_id: of an API key, "" for a person who signed in. secret: what was shown as proof; kept for
    the digest of the parameters only.
    """

    user_id: int
    name: str
    scopes: frozenset[Scope]
    alone: bool = False
    accounts: frozenset[str] = frozenset()
    key_id: str = ""
    per_minute: int = 0
    secret: str = field(default="", repr=False)

    @property
    def by(self) -> str:
        """As the audit names it."""
        return f"user {self.user_id} by {self.name}"

    @property
    def called(self) -> str:
        """One name for everything that is counted or kept for this caller."""
        return self.key_id or f"user {self.user_id}"
