"""
Play days of one part of the desk until one breaks a promise. Run on a mutated copy of the source.

python part_mutant_days.py PACKAGE_ROOT TESTS_ROOT DAYS PART MIX: prints the violation, or nothing.
PART: `bracket_days` or `trigger_days`.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what fails here fails on purpose
    package, tests, days, part, said = sys.argv[1:]
    sys.path[:0] = [package, tests]
    play = import_module(f"simulation.{part}").play

    mix = {name: float(odds) for name, _, odds in (one.partition("=") for one in said.split())}
    for seed in range(int(days)):
        try:
            play(seed, mix)
        except AssertionError as violation:
            sys.stdout.write(str(violation))
            break
