"""What a command is: a row of a table that explains itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tradegram.chat.reply import Reply
from tradegram.ports import Desk


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is speaking, and where to answer."""

    user_id: int
    chat: str


Run = Callable[[Desk, Holder, str], Sequence[Reply]]


@dataclass(frozen=True, slots=True)
class Command:
    """
    name: with its slash. usage: its form. about: one sentence. example: a text that works.
    run: is given what stands after the name. reads_only: it may stand on a button by itself.
    """

    name: str
    usage: str
    about: str
    example: str
    run: Run
    reads_only: bool = False


def command(
    name: str, *, usage: str, about: str, example: str, reads_only: bool = False
) -> Callable[[Run], Command]:
    return lambda run: Command(name, usage, about, example, run, reads_only)
