"""Time-based one-time passwords: RFC 6238 with SHA-1, six digits, thirty seconds. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

PERIOD = 30.0  # seconds
DIGITS = 6
PLAY = 1  # steps that the two clocks may differ, either way


def code(secret: str, step: int) -> str:
    """secret: base32, without padding. step: periods since the epoch. RFC 4226 section 5.3."""
    digest = hmac.new(_key(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, given: str, now: float, after: int) -> int | None:
    """
    The period whose code this is; None when it is of none near `now`.

    after: the last period whose code was used; it and those before it are refused.
    """
    this = int(now // PERIOD)
    found = None
    for step in range(this - PLAY, this + PLAY + 1):  # all of them, in the same time
        same = hmac.compare_digest(code(secret, step).encode(), given.encode())
        if same and step > after:
            found = step
    return found


def address(secret: str, who: str) -> str:
    """What an authenticator app reads, as text or as a QR code."""
    label = quote(f"tradegram:{who}", safe="")
    words = {"secret": secret, "issuer": "tradegram", "digits": DIGITS, "period": int(PERIOD)}
    return f"otpauth://totp/{label}?{urlencode(words)}"


def _key(secret: str) -> bytes:
    return base64.b32decode(secret + "=" * (-len(secret) % 8))
