"""The simulator sees every bug we know that others ship; otherwise its silence proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.mutants import MUTANTS
from simulation.planted import Mutant
from simulation.planting import DAYS, days, planted


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    assert days(planted(mutant, tmp_path), DAYS, mutant)


def test_the_same_days_without_a_bug_are_silent(tmp_path: Path) -> None:
    none = Mutant("none", ())
    assert not days(planted(none, tmp_path), 100, none)
