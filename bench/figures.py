"""A figure is one line: its name, its value, its unit."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def show(name: str, value: float, unit: str) -> None:
    print(f"{name:<46} {value:>12.3f} {unit}", flush=True)


def show_times(name: str, seconds: Sequence[float]) -> None:
    """p50 and p95, in milliseconds."""
    ordered = sorted(seconds)
    show(f"{name} p50", statistics.median(ordered) * 1000, "ms")
    show(f"{name} p95", ordered[int(len(ordered) * 0.95)] * 1000, "ms")
