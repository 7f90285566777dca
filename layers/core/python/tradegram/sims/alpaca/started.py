"""A simulated Alpaca for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.ports import Clock
from tradegram.sims.alpaca import AlpacaSim, uuid_of
from tradegram.sims.alpaca.talk import Updates
from tradegram.sims.sockets import sockets
from tradegram.sims.started import Started, lively, over_http

EXCHANGES = frozenset({"NASDAQ", "NYSE"})


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock, EXCHANGES)
    stock.floor.numbered = uuid_of
    sim = AlpacaSim(stock.floor, stock)

    def told(address: str) -> Started:
        stream = f"{there.address}/stream"
        urls = {"api": address, "live": address, "data": address}
        urls |= {"stream": stream, "live_stream": stream}
        keys = {"api_key": sim.api_key, "api_secret": sim.api_secret}
        return Started(stock.floor, urls, "", keys)

    with (
        sockets(lambda: Updates(sim), stock.floor) as there,
        over_http(sim, port, told) as started,
    ):
        yield started
