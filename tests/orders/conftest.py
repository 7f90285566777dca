from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from orders.desks import KiteDesk, kite_desk
from samples import STAGED

from tradegram.orders.state import Order
from tradegram.ports import commit_order


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[KiteDesk]:
    made = kite_desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def staged(desk: KiteDesk) -> Order:
    """INFY, buy 100 at 1500.05, written just now."""
    now = desk.clock.now()
    return commit_order(
        desk.store, replace(STAGED, staged_at=now, send_by=now + 120), {"event": "staged"}
    )
