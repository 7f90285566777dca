"""The simulator sees every bug we know that others ship; otherwise its silence proves nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from simulation.mutants import MUTANTS
from simulation.planted import Mutant

import tradegram

DAYS = 500  # most are seen within ten
SOURCE = Path(tradegram.__file__).parent
HERE = Path(__file__).parent


def planted(mutant: Mutant, folder: Path) -> Path:
    """A copy of the package with the bug in it."""
    package = folder / "tradegram"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__", "sample"))
    for edit in mutant.edits:
        path = package / edit.module
        text = path.read_text()
        assert edit.old in text, f"{mutant.name} no longer fits {edit.module}: {edit.old!r}"
        path.write_text(text.replace(edit.old, edit.new))
    return folder


def days(package: Path, count: int, mutant: Mutant) -> str:
    run = subprocess.run(
        [sys.executable, str(HERE / "mutant_days.py"), str(package), str(HERE.parent), str(count),
         "liar" if mutant.liar else "honest", mutant.mix],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    assert days(planted(mutant, tmp_path), DAYS, mutant)


def test_the_same_days_without_a_bug_are_silent(tmp_path: Path) -> None:
    none = Mutant("none", ())
    assert not days(planted(none, tmp_path), 100, none)
