from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import telegram_desk


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[telegram_desk.Chat]:
    with telegram_desk.chat(tmp_path) as opened:
        yield opened
