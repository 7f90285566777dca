"""
Play days until one breaks a promise. Run on a mutated copy of the source.

python mutant_days.py PACKAGE_ROOT TESTS_ROOT DAYS LIAR MIX: prints the violation, or nothing.
"""

from __future__ import annotations

import logging
import sys

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what fails here fails on purpose
    package, tests, days, liar, said = sys.argv[1:]
    sys.path[:0] = [package, tests]

    from simulation.history import play
    from simulation.rules import Violation

    mix = {name: float(odds) for name, _, odds in (one.partition("=") for one in said.split())}
    for seed in range(int(days)):
        try:
            play(seed, liar=liar == "liar", mix=mix)
        except Violation as violation:
            sys.stdout.write(str(violation))
            break
