"""Exits under every fault of the desk: never more than was bought, and planted bugs are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.bracket_days import kinds_of_end, play
from simulation.planted import Edit, Mutant
from simulation.planting import part_days, planted

DAYS = 40
UNTIL_SEEN = 300
PLAN, KEEP = "brackets/plan.py", "brackets/keep.py"

# What exits may close is bounded twice: by the fills, and by the position less what closes it.
# A bug in one of them is held by the other, so these lift both.
UNCAPPED = Edit(
    KEEP,
    "left = there - sum((order.may_fill for order in working), Decimal(0))",
    "left = wanted",
)
BUGS = (
    Mutant(
        "live_exits_are_not_counted",
        (Edit(PLAN, "    if order.state in TERMINAL:\n", "    if True:\n"), UNCAPPED),
    ),
    Mutant(
        "asking_for_a_cancel_is_taken_for_its_proof",
        (
            Edit(
                PLAN,
                "    if order.state in TERMINAL:\n",
                "    if order.state in TERMINAL or order.cancel_wanted:\n",
            ),
            UNCAPPED,
        ),
    ),
    Mutant(
        "an_unknown_exit_is_taken_for_none",
        (
            Edit(
                PLAN,
                "    if order.state in TERMINAL:\n",
                "    if order.state in TERMINAL or order.state == 'UNKNOWN':\n",
            ),
            UNCAPPED,
        ),
    ),
    Mutant(
        "what_was_ordered_is_protected_and_not_what_was_filled",
        (
            Edit(
                PLAN,
                "bracket.held + sum((order.cum_quantity for order in entries), Decimal(0))",
                "bracket.held + sum((order.quantity for order in entries), Decimal(0))",
            ),
            UNCAPPED,
        ),
    ),
    Mutant(
        "the_bracket_does_not_know_its_exits",
        (Edit(KEEP, "            after = with_exit(after, one)\n", ""),),
    ),
    Mutant(
        "a_bracket_outlives_its_day",
        (
            Edit(
                "brackets/rules.py",
                "    if bracket.ends_at is not None and seen.now > bracket.ends_at:\n",
                "    if bracket.ends_at is not None and seen.now > bracket.ends_at + 1e6:\n",
            ),
        ),
    ),
)


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_day_of_a_bracket_keeps_its_promises(seed: int) -> None:
    play(seed)


def test_the_days_end_in_every_way() -> None:
    ends = {kinds_of_end(play(seed)) for seed in range(4 * DAYS)}
    assert {
        "ENDED: the position is closed",
        "ENDED: its day is over",
        "ENDED: you ended it",
    } <= ends


@pytest.mark.parametrize("mutant", BUGS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    seen = part_days(planted(mutant, tmp_path), UNTIL_SEEN, mutant, "bracket_days")
    assert seen, f"{mutant.name} was not seen in {UNTIL_SEEN} days"
