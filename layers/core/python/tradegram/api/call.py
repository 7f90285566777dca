"""One request and its answer, the same for the local server and for Lambda. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tradegram.model import Account
from tradegram.ports import Desk, Document
from tradegram.vault.sets import Given


class Scope(StrEnum):
    """What a caller may do. TRADE and SIGNAL do not imply READ."""

    READ = "read"
    TRADE = "trade"
    SIGNAL = "signal"


class Shape(BaseModel):
    """What goes over the wire, in either direction. Unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True
    )


class Nothing(Shape):
    """No parameters, or no body."""


@dataclass(frozen=True, slots=True)
class Asking:
    """
    A request as it came. path: decoded, with its slash. headers: names in small letters.

    sent_by: the address it came from; for limits, never for rights. private: it came over TLS or
    from this very machine.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    sent_by: str = ""
    private: bool = False


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


# Who asks, by what the request shows; None when it shows nothing of that kind. Raises Fault.
Way = Callable[[Desk, Asking], Caller | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """
    body: a shape, or the text itself. kept: the answer was written with what it is about.
    """

    status: int
    body: Shape | str | bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    media_type: str = "application/json"
    kept: bool = False

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return text_of(self.body).encode()


def text_of(body: Shape | str) -> str:
    if isinstance(body, str):
        return body
    return body.model_dump_json(by_alias=True, exclude_none=True)


class Claim:
    """A write without an Idempotency-Key: nothing is kept of its answer."""

    def kept(self, answer: Answer) -> tuple[Document, ...]:
        """What keeps this answer, to be written with what it is about."""
        return ()


class Linker(Protocol):
    """What seals credentials. The vault is one."""

    def link(self, given: Given, by: str) -> Account:
        """Raises UserError."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """
    What a route is given: everything checked. place: the named parts of the address.

    linker: None where nothing can be sealed. private: see `Asking`.
    """

    desk: Desk
    caller: Caller
    place: Mapping[str, str]
    query: Any = None
    body: Any = None
    claim: Claim = field(default_factory=Claim)
    linker: Linker | None = None
    private: bool = False
