"""Words about sessions that people read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

INDIA = timezone(timedelta(hours=5, minutes=30))
LONGEST = 200  # characters of a broker's own words
SHORTEST_SECRET = 4  # shorter ones are not looked for: they would black out whole sentences


def until_words(until: float | None) -> str:
    """` until about 22 Nov 06:00 IST`; "" when it does not end."""
    if until is None:
        return ""
    return f" until about {datetime.fromtimestamp(until, UTC).astimezone(INDIA):%d %b %H:%M} IST"


def shown(words: str, secrets: Iterable[str]) -> str:
    """A broker's own words, shortened, with none of what it was given in them."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            words = words.replace(secret, "•••")
    return words[:LONGEST].rstrip(". ")
