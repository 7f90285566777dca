"""How long many orders take to leave, said where somebody waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tradegram.brokers.pacing import seconds_for
from tradegram.ports import Desk

WORTH_SAYING = 1.0  # seconds


def pace_line(desk: Desk, account_ids: Iterable[str]) -> str:
    """account_ids: one for each order. Empty while it takes about no time."""
    seconds = max(
        (
            seconds_for(desk.brokers.profile(account_id), count)
            for account_id, count in Counter(account_ids).items()
        ),
        default=0.0,
    )
    if seconds < WORTH_SAYING:
        return ""
    return f"The last of them leaves about {seconds:.0f} s after the first: brokers limit the rate."
