"""
Tests reach this machine and nothing else.

A hook of the interpreter's own refuses every other address before a packet leaves, so that a
client which somebody forgot to point at a loopback server fails loudly.

And no example of a property has a deadline: a busy machine would miss it and prove nothing.
"""

from __future__ import annotations

import ipaddress
import sys

from hypothesis import HealthCheck, settings

HERE = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", ""})


class NotHere(OSError):
    """An address that is not this machine's."""


def _fence(event: str, given: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        _check(given[0])
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        _check(given[1][0])


def _check(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or not isinstance(name, str) or name in HERE:
        return
    try:
        is_here = ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        is_here = False
    if not is_here and name != "0.0.0.0":  # noqa: S104 - looked up, not bound
        raise NotHere(f"tests reach this machine only, and not {name}")


sys.addaudithook(_fence)

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
