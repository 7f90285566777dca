"""What an endpoint is: a row that says everything about itself, its example too."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tradegram.api.call import Answer, Call, Nothing, Scope, Shape

Run = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Example:
    """
    A request that works at a desk with the paper account and one working order, and its status.

    place: the parts of the address; "{order}", "{ticket}" stand for what the desk has.
    """

    status: int
    place: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Route:
    """
    path: with {parts}. scope: None for what anybody may read. answers: by status; errors of any
    status have one shape and are not listed. hidden: not in the document.
    """

    method: str
    path: str
    name: str
    about: str
    run: Run
    answers: Mapping[int, type[Shape]]
    example: Example
    scope: Scope | None = Scope.READ
    query: type[Shape] = Nothing
    body: type[Shape] | None = None
    details: str = ""
    tag: str = "orders"
    optional_body: bool = False
    hidden: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,128})", self.path))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\{(\w+)\}", self.path))
