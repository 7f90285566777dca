"""Reading order texts in tests: the shipped sample on its own date, and two orders to a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from tradegram.chat.asked import Asked, Readings
from tradegram.chat.grammar.read import read_order
from tradegram.instruments import sample
from tradegram.instruments.master import Master

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC).timestamp()
NOTHING: Mapping[str, str] = {}


@cache
def master() -> Master:
    return sample.load()


def read(text: str, remembered: Mapping[str, str] = NOTHING) -> Readings:
    return read_order(text, master(), NOW, remembered, sample.start_price)


def one(text: str) -> Asked:
    """The only reading of a text."""
    readings = read(text)
    assert len(readings.readings) == 1, readings
    return readings.readings[0]


def labels(readings: Readings) -> list[str]:
    return [reading.label for reading in readings.readings]


def offered(readings: Readings) -> list[str]:
    return [offer.text for offer in readings.offers]
