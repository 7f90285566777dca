"""It sees those of legs, the switch, the outbox, pacing, brackets and nameless brokers too."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.mutants_more import MORE
from simulation.mutants_nameless import NAMELESS
from simulation.planted import Mutant
from simulation.planting import DAYS, days, planted


@pytest.mark.parametrize("mutant", [*MORE, *NAMELESS], ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    assert days(planted(mutant, tmp_path), DAYS, mutant)
