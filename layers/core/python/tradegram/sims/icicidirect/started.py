"""A simulated ICICI Direct for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.brokers.icicidirect.dialect import SEGMENTS
from tradegram.ports import Clock
from tradegram.sims.icicidirect import IciciDirectSim
from tradegram.sims.icicidirect.talk import GREETING, PricesTalk, UpdatesTalk
from tradegram.sims.sockets import pinged, sockets
from tradegram.sims.started import Started, lively, over_http


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock, frozenset(SEGMENTS))
    sim = IciciDirectSim(stock.floor, stock)
    half = stock.floor.cash / 2
    sim.allocated = {"equity": half, "fno": half}

    def told(address: str) -> Started:
        urls = dict.fromkeys(("api", "login", "history", "instruments"), address)
        return Started(
            stock.floor,
            {**urls, "stream": there.address, "prices": prices.address},
            sim.user,
            {"api_key": sim.api_key, "api_secret": sim.api_secret},
            f"Its login page sends the browser back to {sim.redirect} at once.",
        )

    with (
        sockets(lambda: UpdatesTalk(sim), stock.floor, greeting=[GREETING]) as there,
        sockets(lambda: PricesTalk(sim), stock.floor, greeting=[GREETING]) as prices,
        pinged(prices),
        over_http(sim, port, told) as started,
    ):
        yield started
