"""The dated table of when brokers close intraday positions, `square_off.toml`, as values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

SEGMENTS: Mapping[str, tuple[str, ...]] = {
    "shares": ("NSE", "BSE"),
    "derivatives": ("NFO", "BFO"),
    "commodities": ("MCX",),
}


def squared_off_before(broker: str, segment: str) -> float:
    """Seconds before the close at which this broker begins; the earliest known for others."""
    table = _table()
    row = table[broker] if broker in table else table["other"]
    return float(row[segment]) * 60


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("square_off.toml").read_text(encoding="utf-8"))
