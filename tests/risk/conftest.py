from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tickets.desks import Scene, scene


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Scene]:
    made = scene(tmp_path)
    yield made
    made.store.close()
