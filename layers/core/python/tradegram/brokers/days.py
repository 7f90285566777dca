"""The desk's day, for brokers whose lists go by time."""

from __future__ import annotations

from datetime import datetime, time

from tradegram.brokers.indian import IST


def day_began(at: float) -> float:
    """Midnight in India before `at`; both in seconds since the epoch."""
    today = datetime.fromtimestamp(at, IST).date()
    return datetime.combine(today, time(), IST).timestamp()
