"""Why a day broke a promise: the fewest faults that still break one, and what happened in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from simulation.history import NO_MIX, Day, play
from simulation.rules import Violation
from simulation.world import Faults

LINES = 400  # of a story; a day has some hundred


def smallest(
    seed: int,
    *,
    liar: bool = False,
    mix: Mapping[str, float] = NO_MIX,
    dialect: str = "kite",
) -> tuple[list[str], Violation | None]:
    """The faults without which the day would be whole, and what it breaks with them alone."""
    without: set[str] = set()
    broken = _broken(seed, liar, mix, without, dialect)
    for name in [each.name for each in fields(Faults)]:
        still = _broken(seed, liar, mix, {*without, name}, dialect)
        if still is not None:
            without.add(name)
            broken = still
    drawn = broken.day.world.faults if broken else None
    left = [each.name for each in fields(Faults) if getattr(drawn, each.name, 0.0)]
    return left, broken


def story(day: Day) -> str:
    """What the record, the brokers, Telegram and people said and did, in order of time."""
    lines = [f"{at:8.2f}  {who:8}  {_words(what)}" for at, who, what in day.world.told[:LINES]]
    more = len(day.world.told) - LINES
    return "\n".join(lines + ([f"... and {more} more"] if more > 0 else []))


def why(
    seed: int,
    *,
    liar: bool = False,
    mix: Mapping[str, float] = NO_MIX,
    dialect: str = "kite",
) -> str:
    """All of it, for a person who mends it."""
    faults, broken = smallest(seed, liar=liar, mix=mix, dialect=dialect)
    if broken is None:
        return f"seed {seed}: no promise is broken"
    mixed = ", ".join(faults) or "none"
    return f"{broken}\nfaults it takes: {mixed}\n{story(broken.day)}"


def _broken(
    seed: int, liar: bool, mix: Mapping[str, float], without: set[str], dialect: str
) -> Violation | None:
    try:
        play(seed, liar=liar, mix=mix, without=without, dialect=dialect)
    except Violation as violation:
        return violation
    return None


def _words(what: tuple[object, ...]) -> str:
    parts = []
    for each in what:
        if isinstance(each, Mapping):
            parts += [f"{name}={value}" for name, value in each.items() if name != "terms"]
        else:
            parts.append(str(each).replace("\n", " / "))
    return "  ".join(parts)
