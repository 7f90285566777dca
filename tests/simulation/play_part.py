"""
Play many seeded days of one part of the desk, on all cores, and say what was seen.

python tests/simulation/play_part.py bracket_days|trigger_days [--days 2000] [--first 0]
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))

PARTS = ("bracket_days", "trigger_days")
CHUNK = 50
SHOWN = 20  # violations


def broken(days: range, part: str) -> Sequence[str]:
    """A line for each day that broke a promise; the part says which seed."""
    logging.disable(logging.CRITICAL)  # what fails in a day fails on purpose
    play = import_module(f"simulation.{part}").play
    found = []
    for seed in days:
        try:
            play(seed)
        except AssertionError as violation:
            found.append(str(violation))
    return found


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("part", choices=PARTS)
    arguments.add_argument("--days", type=int, default=2_000)
    arguments.add_argument("--first", type=int, default=0)
    asked = arguments.parse_args()
    begun, days = time.perf_counter(), range(asked.first, asked.first + asked.days)
    chunks = [days[at : at + CHUNK] for at in range(0, len(days), CHUNK)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [one for some in pool.map(partial(broken, part=asked.part), chunks) for one in some]
    seconds = time.perf_counter() - begun
    print(f"{asked.part}: {len(days)} days, {len(found)} violations, {seconds:.0f} s")
    for line in found[:SHOWN]:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
