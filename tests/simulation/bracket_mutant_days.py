"""
Play days of a bracket until one breaks a promise. Run on a mutated copy of the source.

python bracket_mutant_days.py PACKAGE_ROOT TESTS_ROOT DAYS: prints the violation, or nothing.
"""

from __future__ import annotations

import logging
import sys

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # what fails here fails on purpose
    package, tests, days = sys.argv[1:]
    sys.path[:0] = [package, tests]

    from simulation.bracket_days import BracketViolation, play

    for seed in range(int(days)):
        try:
            play(seed)
        except BracketViolation as violation:
            sys.stdout.write(str(violation))
            break
