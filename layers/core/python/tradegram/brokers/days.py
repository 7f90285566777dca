"""The desk's day, for brokers whose lists go by time."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

IST = ZoneInfo("Asia/Kolkata")


def day_began(at: float) -> float:
    """Midnight in India before `at`; both in seconds since the epoch."""
    today = datetime.fromtimestamp(at, IST).date()
    return datetime.combine(today, time(), IST).timestamp()
