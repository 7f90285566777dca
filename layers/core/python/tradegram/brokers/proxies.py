"""How brokers are reached: also through the proxy that an account's holder gave."""

from __future__ import annotations

from urllib.parse import urlsplit

from tradegram.codes import Code
from tradegram.connection import Connection
from tradegram.errors import SessionExpired

WHY = "the account's proxy is no address like http://user:password@host:port; link it again"


def connection(proxy: str = "", *, keep_alive: bool = True) -> Connection:
    """proxy, keep_alive: see `Connection`. Raises SessionExpired for what is no proxy."""
    return Connection(_checked(proxy), keep_alive=keep_alive)


def _checked(proxy: str) -> str:
    """Raises SessionExpired, without what was given: it holds a password."""
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy)
        is_address = parts.scheme == "http" and bool(parts.hostname)
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise SessionExpired("proxy", WHY, means=Code.INVALID_CREDENTIALS)
    return proxy
