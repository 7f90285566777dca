"""A simulated Angel One for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.ports import Clock
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.started import Started, lively, over_http


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock)
    sim = AngelOneSim(stock.floor, stock)

    def told(address: str) -> Started:
        return Started(
            stock.floor,
            {"api": address, "instruments": address},
            sim.client,
            {"api_key": sim.api_key, "pin": sim.pin, "totp_secret": sim.totp_secret},
            "The desk then logs in by itself: /login, or each morning.",
        )

    with over_http(sim, port, told) as started:
        yield started
