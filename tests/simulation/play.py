"""
Play many seeded days, on all cores, and say what was seen.

python tests/simulation/play.py --days 20000 [--first 0] [--liar] [--store sqlite] [--table FILE]
       [--dialect kite|angelone|kotakneo|binance]
python tests/simulation/play.py --why 1234 [--liar]
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

from clocks import StillClock  # noqa: E402 - after the path is known
from simulation.dialects import DIALECTS  # noqa: E402
from simulation.history import Day, play  # noqa: E402
from simulation.rules import RULES, Violation  # noqa: E402
from simulation.rules_brackets import BRACKETS  # noqa: E402
from simulation.rules_nameless import NAMELESS  # noqa: E402
from simulation.rules_people import PEOPLE  # noqa: E402
from simulation.story import why  # noqa: E402
from simulation.table import MOVES, written  # noqa: E402
from simulation.world import Faults  # noqa: E402

from tradegram.ports import Store  # noqa: E402
from tradegram.store.sqlite import SqliteStore  # noqa: E402

CHUNK = 100
LONG = 10_000  # days in which everything that can happen must have happened
AT_DAWN = StillClock(0.0)  # of the stores: the day's own seconds count from there
TOLD = 3  # violations whose whole story is told


@dataclass
class Seen:
    """
    days, orders, at_exchange, crashes: how much was played. fired, acts, moves: how often each
    fault struck, each thing was done, each move was made. violations, broken: a line and a seed
    for each day that broke a promise.
    """

    days: int = 0
    orders: int = 0
    at_exchange: int = 0
    crashes: int = 0
    shown: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            else:
                setattr(self, each.name, mine + theirs)

    def look(self, day: Day) -> None:
        self.orders += len(day.store.history)
        self.at_exchange += len(day.rows)
        self.crashes += day.world.crashes
        self.shown += len(day.telegram.shown)
        self.fired.update(day.world.fired)
        self.acts.update(day.world.acts)
        by_terms = [key for key in day.store.history if day.inner.order(key).by_terms]
        self.acts["found by terms"] += len(by_terms)
        for states in day.store.history.values():
            self.moves.update(
                (a.state.value, b.state.value)
                for (_, a), (_, b) in pairwise(states)
                if a.state is not b.state
            )

    def never(self, *, liar: bool = False) -> list[str]:
        """Faults and legal moves that no day had."""
        faults = [each.name for each in fields(Faults) if liar or each.name != "liar"]
        missing = [name for name in faults if name != "skew" and not self.fired[name]]
        return missing + [f"{a} -> {b}" for a, b in sorted(MOVES) if not self.moves[a, b]]


def play_days(
    days: range, liar: bool = False, store: str = "memory", dialect: str = "kite"
) -> Seen:
    seen = Seen()
    for seed in days:
        seen.days += 1
        with _quiet(), _opened(store) as inner:
            try:
                seen.look(play(seed, liar=liar, inner=inner, dialect=dialect))
            except Violation as violation:
                seen.violations.append(str(violation))
                seen.broken.append(seed)
    return seen


@contextmanager
def _quiet() -> Iterator[None]:
    """What fails in a day fails on purpose; what the caller's process logs after it is heard."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _opened(store: str) -> Iterator[Store | None]:
    """A new record for one day. None: the simulator's own."""
    if store == "memory":
        yield None
    elif store == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            inner = SqliteStore(Path(folder) / "day.sqlite", AT_DAWN)
            yield inner
            inner.close()
    else:
        from cloud import dynamodb, make_table  # they take a second to import
        from moto import mock_aws

        from tradegram.store.dynamodb import DynamoStore

        with mock_aws():
            client = dynamodb("")
            make_table(client, "day")
            yield DynamoStore(client, "day", AT_DAWN)


def _spread(days: range, liar: bool, store: str, dialect: str) -> Seen:
    chunks = [days[at : at + CHUNK] for at in range(0, len(days), CHUNK)]
    if store == "dynamodb":  # moto is for one thread, and starts slowly
        return play_days(days, liar, store, dialect)
    total = Seen()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        played = partial(play_days, liar=liar, store=store, dialect=dialect)
        for part in pool.map(played, chunks):
            total.add(part)
    return total


def _read() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--days", type=int, default=2_000)
    arguments.add_argument("--first", type=int, default=0)
    arguments.add_argument("--liar", action="store_true", help="a broker that refuses, then places")
    arguments.add_argument("--store", choices=("memory", "sqlite", "dynamodb"), default="memory")
    arguments.add_argument("--dialect", choices=DIALECTS, default="kite")
    arguments.add_argument("--table", type=Path, help="write the figures to this page")
    arguments.add_argument("--why", type=int, metavar="SEED", help="tell the story of one day")
    return arguments.parse_args()


def main() -> int:
    asked = _read()
    if asked.why is not None:
        logging.disable(logging.CRITICAL)
        print(why(asked.why, liar=asked.liar, dialect=asked.dialect))
        return 0
    begun = time.perf_counter()
    days = range(asked.first, asked.first + asked.days)
    total = _spread(days, asked.liar, asked.store, asked.dialect)
    seconds = time.perf_counter() - begun
    print(
        f"{total.days} days, {total.orders} orders, {total.at_exchange} at the exchange, "
        f"{total.shown} messages, {total.crashes} worker deaths, "
        f"{len(total.violations)} violations, {seconds:.0f} s"
    )
    moves = Counter({f"{a} -> {b}": n for (a, b), n in total.moves.items()})
    for name, counts in (("acts", total.acts), ("faults", total.fired), ("moves", moves)):
        print(f"{name}: " + ", ".join(f"{each} {n}" for each, n in counts.most_common()))
    if asked.table:
        rules = [rule.__name__ for rule in (*RULES, *NAMELESS, *BRACKETS, *PEOPLE)]
        asked.table.write_text(written(total, rules, seconds, asked.store))
    for violation in total.violations[:20]:
        print(violation)
    for seed in total.broken[:TOLD]:
        print("\n" + why(seed, liar=asked.liar, dialect=asked.dialect))
    # What a dialect's own days cannot have is no gap in them.
    is_all = total.days >= LONG and asked.dialect == "kite"
    never = total.never(liar=asked.liar) if is_all else []
    if never:
        print("never happened: " + ", ".join(never))
    return 1 if total.violations or never else 0


if __name__ == "__main__":
    sys.exit(main())
