"""The figures of a long run as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tradegram.orders.state import LEGAL, LOCAL, RANK, TERMINAL, WRITTEN_OFF, State

if TYPE_CHECKING:
    from simulation.play import Seen

HEARD = [state for state in State if state not in LOCAL]
# An order that was never claimed or was denied is at no broker, so no broker's record moves it. A
# status cannot come before a lower one was passed, but each rank may be skipped.
UNHEARD = {State.STAGED, State.DENIED}
# These days have no orders that lapse, and an honest broker: a lying one has runs of its own.
ABSENT = {State.EXPIRED}


def _moves() -> set[tuple[str, str]]:
    local = {(a, b) for a, after in LEGAL.items() for b in after}
    heard = {
        (a, b)
        for a in State
        for b in HEARD
        if a not in UNHEARD | WRITTEN_OFF and RANK[b] > RANK[a] and not {a, b} & ABSENT
    }
    crossed = (State.CANCELLED, State.FILLED)
    ended = {(a, b) for a, b in heard if a in TERMINAL and (a, b) != crossed}
    late = {(State.WORKING, State.REJECTED)}  # an exchange rejects what is not yet at work
    return {(a.value, b.value) for a, b in (local | heard) - ended - late}


LEFT_OUT = """## What these days do not have

Orders that lapse, money and margins, an edit of a message that reaches Telegram after a later one,
and settlement. A fill that the broker reports only after it said *cancelled*, and an order that it
refused and then placed, can close a position beside the exit that took its place. A bracket cannot
foresee either: it takes the newer exit back as soon as the book shows the older one, sizes what
follows by the broker's position, and says so when more was closed than was open; that much is held
on every day, and the rest left out. Where a broker keeps no name of ours, an order whose answer was
lost and one that the holder placed by hand, of the same terms and within the same minutes, cannot
be told apart: the only one that is listed is taken for ours, and a second one is told of.
"""

MOVES = _moves()  # that an honest broker's days must show


def written(seen: Seen, rules: Sequence[str], seconds: float, store: str) -> str:
    """seconds: wall time of the run on all cores."""
    moves = {f"{a} → {b}": n for (a, b), n in seen.moves.items()}
    intro = (
        f"{seen.days:,} seeded days: {seen.orders:,} orders, {seen.at_exchange:,} of them at a "
        f"broker, {seen.shown:,} messages to people, {seen.crashes:,} worker deaths, "
        f"**{len(seen.violations)} violations**; {seconds:.0f} s, record: {store}."
    )
    parts = [
        "# Simulated days",
        "Written by `python tests/simulation/play.py --days N --table docs/simulation.md`; do not "
        "edit. A day is the real order path, outbox and kill switch between a simulated store, "
        "network, broker and Telegram. Every day draws its own mix of faults from its seed, and is "
        "compared with the brokers' ledgers when it is over.",
        intro,
        "## Rules, held on every day",
        *_listed(rule.replace("_", " ") for rule in rules),
        "## What people did",
        _columns("act", seen.acts),
        "## Faults that struck",
        _columns("fault", seen.fired),
        "## Moves of orders",
        _columns("move", moves),
    ]
    text = "\n\n".join(textwrap.fill(p, 100) if not p.startswith("|") else p for p in parts)
    return f"{text}\n\n{LEFT_OUT}"


def _listed(words: Iterable[str]) -> list[str]:
    return [", ".join(words) + "."]


def _columns(head: str, counts: Mapping[str, int]) -> str:
    rows = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    lines = [f"| {name.replace('_', ' ')} | {n:,} |" for name, n in rows]
    return "\n".join([f"| {head} | times |", "|---|---:|", *lines])
