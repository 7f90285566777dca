"""
A record as a whole: lines of text that are the same in every store.

A line is a JSON list: `["order", body]`, `["ticket", body]`, `["document", body]`, `["notice",
body]` with the record as its store keeps it, or `["link", account, sequence, previous, body,
digest]`. Links of one account follow each other, notices stand in the order they are owed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from tradegram.audit import Link
from tradegram.errors import StoreError
from tradegram.ports import Notice, Record
from tradegram.store.items import load_document, load_notice, load_order, load_ticket

MADE_BY_ITSELF = "account added"  # the event of every new home, before anybody used it


class BrokenOff(StoreError):
    """An earlier fill was broken off, so what is there is neither the old nor the new."""


class Whole(Protocol):
    """A store that can be read whole and filled whole. Nobody else may use it meanwhile."""

    def check(self) -> None:
        """Raises BrokenOff."""
        ...

    def lines(self) -> Iterator[str]:
        """Everything that has not expired. Raises StoreError."""
        ...

    def fill(self, lines: Iterable[str], mark: str) -> None:
        """
        Put these lines in place of what is there, all of them or none.

        mark: of the file they come from. Where it cannot be done in one write, a fill that was
        broken off leaves its mark, and the store takes only the same file again.
        Raises UserError when the store is in use, BrokenOff, StoreError.
        """
        ...


def line(kind: str, *parts: str | int) -> str:
    return json.dumps([kind, *parts], separators=(",", ":"))


def line_of(account_id: str, link: Link) -> str:
    return line("link", account_id, link.sequence, link.previous, link.body, link.digest)


def parts_of(text: str) -> list[Any]:
    parts: list[Any] = json.loads(text)
    return parts


def record_of(parts: list[Any]) -> Record | Notice:
    """What the line of a record or a notice holds. Raises KeyError for another kind."""
    return LOADERS[parts[0]](parts[1])


def link_of(parts: list[Any]) -> tuple[str, Link]:
    """The account, and its link."""
    return parts[1], Link(*parts[2:])


def is_in_use(lines: Iterable[str]) -> bool:
    """Whether more is there than a new home writes by itself."""
    return any(_is_use(parts_of(each)) for each in lines)


def _is_use(parts: list[Any]) -> bool:
    if parts[0] == "link":
        return bool(json.loads(parts[4]).get("event") != MADE_BY_ITSELF)
    return bool(parts[0] != "document")  # documents of any weight have a link beside them


LOADERS: Mapping[str, Callable[[str], Record | Notice]] = {
    "order": load_order,
    "ticket": load_ticket,
    "document": load_document,
    "notice": load_notice,
}
