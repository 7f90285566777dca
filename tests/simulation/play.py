"""
Play many seeded days, on all cores, and say what was seen.

python tests/simulation/play.py --days 20000 [--first 0] [--liar] [--store sqlite]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise, repeat
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from simulation.history import play  # noqa: E402 - after the path is known
from simulation.rules import Violation  # noqa: E402

from tradegram.store.sqlite import SqliteStore  # noqa: E402

CHUNK = 250


@dataclass
class Seen:
    """days, orders, at_exchange, crashes: how much was played; violations: one line each."""

    days: int = 0
    orders: int = 0
    at_exchange: int = 0
    crashes: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    moves: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        self.days += other.days
        self.orders += other.orders
        self.at_exchange += other.at_exchange
        self.crashes += other.crashes
        self.fired.update(other.fired)
        self.moves.update(other.moves)
        self.violations += other.violations


def play_days(first: int, last: int, liar: bool = False, store: str = "memory") -> Seen:
    """Seeds first (included) to last (not included)."""
    seen = Seen()
    for seed in range(first, last):
        with tempfile.TemporaryDirectory() as folder:
            inner = SqliteStore(Path(folder) / "day.sqlite") if store == "sqlite" else None
            try:
                day = play(seed, liar=liar, inner=inner)
            except Violation as violation:
                seen.violations.append(str(violation))
                continue
            finally:
                seen.days += 1
                if inner is not None:
                    inner.close()
        seen.orders += len(day.store.history)
        seen.at_exchange += len(day.exchange.rows)
        seen.crashes += day.world.crashes
        seen.fired.update(day.world.fired)
        for states in day.store.history.values():
            names = [order.state.value for _, order in states]
            seen.moves.update(f"{a} -> {b}" for a, b in pairwise(names))
    return seen


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=2_000)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--liar", action="store_true", help="a broker that refuses, then places")
    arguments.add_argument("--store", choices=("memory", "sqlite"), default="memory")
    asked = arguments.parse_args()
    last = asked.first + asked.days
    firsts = range(asked.first, last, CHUNK)
    lasts = [min(first + CHUNK, last) for first in firsts]
    begun = time.perf_counter()
    total = Seen()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        liar, store = repeat(asked.liar), repeat(asked.store)
        for part in pool.map(play_days, firsts, lasts, liar, store):
            total.add(part)
    print(
        f"{total.days} days, {total.orders} orders, {total.at_exchange} at the exchange, "
        f"{total.crashes} worker deaths, {len(total.violations)} violations, "
        f"{time.perf_counter() - begun:.0f} s"
    )
    print("faults: " + ", ".join(f"{name} {n}" for name, n in total.fired.most_common()))
    print("moves: " + ", ".join(f"{name} {n}" for name, n in total.moves.most_common()))
    for violation in total.violations[:20]:
        print(violation)
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())
