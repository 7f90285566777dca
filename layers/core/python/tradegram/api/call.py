"""One request and its answer, the same for the local server and for Lambda. Pure values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tradegram.api.caller import Asking as Asking
from tradegram.api.caller import Caller as Caller
from tradegram.api.caller import Scope as Scope
from tradegram.model import Account
from tradegram.ports import Change, Desk, Document, Event
from tradegram.vault.sets import Given


class Shape(BaseModel):
    """What goes over the wire, in either direction. Unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, extra="forbid", frozen=True
    )


class Nothing(Shape):
    """No parameters, or no body."""


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


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A write without an Idempotency-Key: nothing is kept of its answer.

    events: who asked for what, for the audit.
    """

    events: tuple[Event, ...] = ()

    def kept(self, answer: Answer) -> tuple[Document, ...]:
        """What keeps this answer, to be written with what it is about."""
        return ()

    def along(self, answer: Answer) -> Change:
        """The same with the events, for what has no event of its own that names the caller."""
        return Change(self.kept(answer), self.events)


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
