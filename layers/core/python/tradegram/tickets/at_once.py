"""Ask about several accounts at the same time: each question may cost a call over a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

MOST_AT_ONCE = 24  # as many as one ticket has accounts; each waits for its own broker


def at_once(ask: Callable[[A], B], things: Sequence[A]) -> list[B]:
    """The answers, in the order of the things. Raises what the first of them to fail raised."""
    if len(things) < 2:
        return [ask(one) for one in things]
    with ThreadPoolExecutor(min(len(things), MOST_AT_ONCE), "ask") as pool:
        return list(pool.map(ask, things))
