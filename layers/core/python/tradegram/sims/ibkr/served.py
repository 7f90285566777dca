"""A simulated TWS on a loopback port, over the socket protocol that clients speak."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tradegram.sims.ibkr.messages import Fields, framed, stamp
from tradegram.sims.ibkr.tws import Hangs, Tws

HELLO = b"API\0"
LONGEST = 100_000  # bytes of a message
GARBAGE = b"\x00\x00\x00\x06nonsen\xff\xff\xff\xff"


class Gateway:
    """
    A running one. port: where it listens; the same again after `restart`.

    Stopping it cuts every connection, as a gateway that ends does.
    """

    def __init__(self, tws: Tws, port: int = 0) -> None:
        self.tws, self.port = tws, port
        self._server: _Server | None = None
        self._thread = threading.Thread()

    def start(self) -> None:
        self._server = _Server(("127.0.0.1", self.port), _Client)
        self._server.tws = self.tws
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.cut()
        server.server_close()
        self._thread.join(5)

    def cut(self) -> None:
        """End every connection; new ones are taken."""
        if self._server is not None:
            self._server.cut()


@contextmanager
def served(tws: Tws, port: int = 0) -> Iterator[Gateway]:
    """On 127.0.0.1 only; a port of 0 takes a free one."""
    gateway = Gateway(tws, port)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    tws: Tws

    def __init__(self, *args: object) -> None:
        self.clients: set[socket.socket] = set()
        super().__init__(*args)  # type: ignore[arg-type]

    def cut(self) -> None:
        for one in list(self.clients):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Client(socketserver.BaseRequestHandler):
    """One connection: hello, versions, startApi, then messages until it ends."""

    server: _Server
    request: socket.socket

    def handle(self) -> None:
        self.writing = threading.Lock()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.clients.add(self.request)
        client, tws = -1, self.server.tws
        send = self._send
        try:
            if self._exactly(len(HELLO)) != HELLO:
                return
            self._frame()
            self._send([str(tws.version), f"{stamp(tws.floor.now())} UTC"])
            for _ in iter(int, 1):  # until the connection ends
                fields = self._frame().split("\0")[:-1]
                if fields[0] == "71":
                    client = int(fields[2])
                    tws.start(client, send)
                else:
                    tws.hear(client, fields, send)
        except (OSError, EOFError, Hangs):
            return
        finally:
            tws.gone(client, send)
            self.server.clients.discard(self.request)

    def _frame(self) -> str:
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > LONGEST:
            raise EOFError
        return self._exactly(length).decode()

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            more = self.request.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def _send(self, fields: Fields) -> None:
        faults = self.server.tws.faults
        if fields[0] in faults.withheld:
            return
        with self.writing, contextlib.suppress(OSError):
            if faults.garbled and fields[0] not in ("15", "9", "49"):
                faults.garbled -= 1
                self.request.sendall(GARBAGE)
                return
            self.request.sendall(framed(fields))
