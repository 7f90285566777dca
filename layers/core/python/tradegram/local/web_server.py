"""The console's server: one uvicorn in a thread of its own."""

from __future__ import annotations

import errno
import socket
import threading

import uvicorn
from starlette.applications import Starlette

from tradegram.errors import SettingError

BUSY = frozenset({errno.EADDRINUSE})
LONGEST_GOODBYE = 1  # seconds for answers under way when the console stops
BACKLOG = 64


class ConsoleServer:
    """Serves until `stop`; `port` is the actual one when 0 was asked for."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        """Takes the port at once. Raises SettingError when it cannot be had."""
        self._app = app
        self._socket = listen(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="warning",
                # A first visit may carry the token in its address.
                access_log=False,
                server_header=False,
                # Which headers to believe is not the business of a console on loopback.
                proxy_headers=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=LONGEST_GOODBYE,
                h11_max_incomplete_event_size=64 * 1024,
            )
        )
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        wildcard = self.host in ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1" if wildcard else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the pages' streams, then the server. Harmless to repeat."""
        self._app.state.streams.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(LONGEST_GOODBYE + 4)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def listen(host: str, port: int) -> socket.socket:
    """Raises SettingError with what to write instead."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # Else an answer's second packet waits up to 40 ms for a word that the first came.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        if error.errno in BUSY:
            raise SettingError(
                f"Port {port} is taken by another program, perhaps another tradegram. Stop it, or "
                "write another port into TRADEGRAM_HTTP_PORT (0 takes any free one)."
            ) from None
        if error.errno == errno.EACCES:
            raise SettingError(
                f"This user may not listen on port {port}. Write a port above 1023 into "
                "TRADEGRAM_HTTP_PORT, e.g. 8420."
            ) from None
        raise SettingError(
            f"TRADEGRAM_HTTP_HOST is not an address of this machine: {error.strerror}. "
            "Write 127.0.0.1."
        ) from None
    return made
