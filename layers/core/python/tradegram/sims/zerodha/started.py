"""A simulated Zerodha for people, on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.ports import Clock
from tradegram.sims.poster import Poster
from tradegram.sims.sockets import sockets
from tradegram.sims.started import Started, lively, over_http
from tradegram.sims.zerodha import ZerodhaSim
from tradegram.sims.zerodha.talk import TickerTalk


@contextmanager
def start(clock: Clock, port: int) -> Iterator[Started]:
    stock = lively(clock)
    sim = ZerodhaSim(stock.floor, stock)

    def redirect(address: str) -> None:
        sim.redirect = address

    def post_to(address: str) -> None:
        sim.tell = Poster(address)

    def told(address: str) -> Started:
        return Started(
            stock.floor,
            {"api": address, "login": address, "stream": there.address},
            sim.user,
            {"api_key": sim.api_key, "api_secret": sim.api_secret},
            f"Its login page sends the browser back to {sim.redirect} at once; --redirect names "
            "another. With --postback ADDRESS it posts news of orders there.",
            redirect,
            post_to,
        )

    with (
        sockets(lambda: TickerTalk(sim), stock.floor) as there,
        over_http(sim, port, told) as started,
    ):
        yield started
