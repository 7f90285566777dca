"""It sees those of legs, the kill switch, the outbox, pacing, the breaker and brackets too."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.mutants_more import MORE
from simulation.planted import Mutant
from simulation.planting import DAYS, days, planted


@pytest.mark.parametrize("mutant", MORE, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    assert days(planted(mutant, tmp_path), DAYS, mutant)
