"""Listen keys: who has one hears what happens to orders of futures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradegram.sims.binance.state import Exchange, No

GOOD_FOR = 3600.0  # seconds


def begin(sim: Exchange, asked: Mapping[str, str]) -> Any:
    """The one there is, for another hour, or a new one."""
    live = [key for key, ends in sim.listen_keys.items() if ends > sim.floor.now()]
    key = live[0] if live else f"listen{len(sim.listen_keys) + 1:04d}"
    sim.listen_keys[key] = sim.floor.now() + GOOD_FOR
    return {"listenKey": key}


def extend(sim: Exchange, asked: Mapping[str, str]) -> Any:
    if not any(ends > sim.floor.now() for ends in sim.listen_keys.values()):
        raise No(-1125, "This listenKey does not exist.")
    return begin(sim, asked)


def end(sim: Exchange, asked: Mapping[str, str]) -> Any:
    sim.listen_keys.clear()
    return {}
