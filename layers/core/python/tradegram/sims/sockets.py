"""A simulated broker's stream of order updates: WebSockets on a loopback port."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from websockets.exceptions import WebSocketException
from websockets.sync.server import ServerConnection, serve

from tradegram.sims.floor import Entry, Floor

Frame = str | bytes

QUIET = logging.getLogger(f"{__name__}.socket")
QUIET.setLevel(logging.CRITICAL)


class Talk(Protocol):
    """One connection, as a dialect leads it."""

    def opened(self, path: str, headers: Mapping[str, str]) -> bool:
        """Whether it may stay. headers: names in lower case."""
        ...

    def said(self, text: Frame) -> Sequence[Frame]:
        """The answers."""
        ...

    def changed(self, entry: Entry) -> Sequence[Frame]:
        """What is told of an order that changed."""
        ...


@dataclass
class Sockets:
    """
    Every connection of one simulated broker.

    greeting: what the broker says first, to everybody. opened: how many there ever were. heard: all
    that came in. deaf: orders are told to nobody.
    """

    make: Callable[[], Talk]
    greeting: Sequence[Frame] = ()
    address: str = ""
    opened: int = 0
    heard: list[Frame] = field(default_factory=list)
    deaf: bool = False
    _live: dict[ServerConnection, Talk] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def drop(self) -> None:
        """Every connection is cut."""
        for socket in self._now():
            socket.close()

    def send(self, frame: Frame) -> None:
        """To everybody, whatever it is."""
        for socket in self._now():
            _send(socket, [frame])

    def tell(self, entry: Entry) -> None:
        for socket, talk in self._now().items():
            if not self.deaf:
                _send(socket, talk.changed(entry))

    def serve(self, socket: ServerConnection) -> None:
        talk, asked = self.make(), socket.request
        assert asked is not None  # noqa: S101 - the handshake is over
        headers = {name.lower(): value for name, value in asked.headers.raw_items()}
        if not talk.opened(asked.path, headers):
            socket.close(1008, "not authorized")
            return
        with self._lock:
            self.opened += 1
            self._live[socket] = talk
        try:
            _send(socket, self.greeting)
            for text in socket:
                self.heard.append(text)
                _send(socket, talk.said(text))
        finally:
            with self._lock:
                self._live.pop(socket)

    def _now(self) -> dict[ServerConnection, Talk]:
        with self._lock:
            return dict(self._live)


@contextmanager
def sockets(
    make: Callable[[], Talk], floor: Floor, port: int = 0, greeting: Sequence[Frame] = ()
) -> Iterator[Sockets]:
    """On 127.0.0.1 only; every change on the floor is told to whoever listens."""
    made = Sockets(make, greeting)
    server = serve(made.serve, "127.0.0.1", port, logger=QUIET, compression=None)
    made.address = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    floor.watchers.append(made.tell)
    try:
        yield made
    finally:
        floor.watchers.remove(made.tell)
        server.shutdown()
        made.drop()
        thread.join(5)


@contextmanager
def pinged(there: Sockets, every: float = 1.0) -> Iterator[None]:
    """A ping of Socket.IO to everybody, once in so many seconds."""
    stop = threading.Event()

    def ping() -> None:
        while not stop.wait(every):
            there.send("2")

    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _send(socket: ServerConnection, frames: Sequence[Frame]) -> None:
    try:
        for frame in frames:
            socket.send(frame)
    except WebSocketException:
        return  # it went away
