"""Imported before an SDK: from then on this process reaches no other machine."""

from __future__ import annotations

import socket
from typing import Any

HERE = ("127.0.0.1", "::1", "localhost")
_connect = socket.socket.connect
_look_up = socket.getaddrinfo


def _checked(host: object) -> None:
    if host not in HERE:
        raise OSError(f"fenced in: {host!r} is not this machine")


def _connect_here(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _checked(address[0])
    _connect(self, address)


def _look_up_here(host: Any, *more: Any, **named: Any) -> Any:
    _checked(host.decode() if isinstance(host, bytes) else host)
    return _look_up(host, *more, **named)


socket.socket.connect = _connect_here  # type: ignore[assignment,method-assign]
socket.getaddrinfo = _look_up_here
