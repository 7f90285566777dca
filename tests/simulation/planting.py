"""Plant one bug in a copy of the package, and play days on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from simulation.planted import Mutant

import tradegram

DAYS = 500  # most are seen within ten
SOURCE = Path(tradegram.__file__).parent
HERE = Path(__file__).parent


def planted(mutant: Mutant, folder: Path) -> Path:
    """A copy of the package with the bug in it."""
    package = folder / "tradegram"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in mutant.edits:
        path = package / edit.module
        text = path.read_text()
        assert edit.old in text, f"{mutant.name} no longer fits {edit.module}: {edit.old!r}"
        path.write_text(text.replace(edit.old, edit.new))
    return folder


def days(package: Path, count: int, mutant: Mutant) -> str:
    """The first promise that broke in so many days; empty when none did."""
    liar = "liar" if mutant.liar else "honest"
    return _played("mutant_days.py", package, str(count), liar, mutant.mix)


def part_days(package: Path, count: int, mutant: Mutant, part: str) -> str:
    """The same of the days of one part, see `part_mutant_days`."""
    return _played("part_mutant_days.py", package, str(count), part, mutant.mix)


def _played(script: str, package: Path, *words: str) -> str:
    run = subprocess.run(
        [sys.executable, str(HERE / script), str(package), str(HERE.parent), *words],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout
