from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser import chromium, page, phone
from console_desk import Console

from tradegram.clock import SystemClock

__all__ = ["chromium", "page", "phone"]


@pytest.fixture
def console() -> Iterator[Console]:
    running = Console(SystemClock())
    yield running
    running.server.stop()
