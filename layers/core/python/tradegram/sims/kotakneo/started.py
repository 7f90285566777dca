"""A simulated Kotak Neo for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.ports import Clock
from tradegram.sims.kotakneo import KotakNeoSim
from tradegram.sims.kotakneo.talk import FeedTalk
from tradegram.sims.sockets import sockets
from tradegram.sims.started import Started, lively, over_http


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock)
    sim = KotakNeoSim(stock.floor, stock)
    credentials = {
        "access_token": sim.access_token,
        "mobile": sim.mobile,
        "mpin": sim.mpin,
        "totp_secret": sim.totp_secret,
    }

    def told(address: str) -> Started:
        urls = dict.fromkeys(("api", "login", "instruments"), address)
        urls["stream"] = there.address
        return Started(stock.floor, urls, sim.user, credentials)

    with (
        sockets(lambda: FeedTalk(sim), stock.floor) as there,
        over_http(sim, port, told) as started,
    ):
        yield started
