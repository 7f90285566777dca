"""How much time Lambda leaves a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

SecondsLeft = Callable[[], float]


class Context(Protocol):
    """Of what Lambda tells a function, the part that runs out."""

    def get_remaining_time_in_millis(self) -> int: ...


def seconds_left(context: Context) -> SecondsLeft:
    return lambda: context.get_remaining_time_in_millis() / 1000
