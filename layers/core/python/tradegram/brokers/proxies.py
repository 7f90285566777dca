"""The proxy that an account's orders leave through, as its holder gave it."""

from __future__ import annotations

from urllib.parse import urlsplit

from tradegram.codes import Code
from tradegram.errors import SessionExpired

WHY = "the account's proxy is no address like http://user:password@host:port; link it again"


def checked(proxy: str) -> str | None:
    """None for none. Raises SessionExpired, without what was given: it holds a password."""
    if not proxy:
        return None
    try:
        parts = urlsplit(proxy)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_address = is_address and (parts.port is None or parts.port > 0)
    except ValueError:
        is_address = False
    if not is_address:
        raise SessionExpired("proxy", WHY, means=Code.INVALID_CREDENTIALS)
    return proxy
