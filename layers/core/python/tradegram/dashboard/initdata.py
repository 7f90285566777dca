"""
What Telegram says of who opened a Mini App, and the proof that Telegram said it.

https://core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app: every field but
`hash`, as `name=value` in the order of their names, divided by line ends, under HMAC-SHA256 with a
key that is made of the bot's token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from tradegram.errors import UserError

FRESH = 3600.0  # seconds
AHEAD = 60.0  # that Telegram's clock may be before ours
LONGEST = 8 * 1024
MOST_FIELDS = 20
NOT_SIGNED = "Telegram did not sign this. Open the page from the bot again."
STALE = "Telegram said this more than an hour ago. Open the page from the bot again."


@dataclass(frozen=True, slots=True)
class Opened:
    """Who opened the app. said: names this opening, so that it serves once."""

    user_id: int
    said: str


def read(init_data: str, token: str, now: float) -> Opened:
    """token: the bot's. now: seconds since the epoch. Raises UserError."""
    given = _fields(init_data)
    shown = given.pop("hash", "")
    right = signature(given, token)
    if not token or not hmac.compare_digest(shown.encode(), right.encode()):
        raise UserError(NOT_SIGNED)
    said_at = given.get("auth_date", "")
    at = float(said_at) if said_at.isascii() and said_at.isdecimal() else 0.0
    if not now - FRESH <= at <= now + AHEAD:
        raise UserError(STALE)
    return Opened(_user(given.get("user", "")), right)


def signature(fields: dict[str, str], token: str) -> str:
    text = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _fields(init_data: str) -> dict[str, str]:
    """Raises UserError."""
    try:
        pairs = parse_qsl(
            init_data[: LONGEST + 1], keep_blank_values=True, max_num_fields=MOST_FIELDS,
            errors="strict",
        )  # fmt: skip
    except ValueError:
        raise UserError(NOT_SIGNED) from None
    found = dict(pairs)
    if len(init_data) > LONGEST or len(found) != len(pairs):
        raise UserError(NOT_SIGNED)
    return found


def _user(text: str) -> int:
    """Raises UserError."""
    try:
        found = json.loads(text)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(NOT_SIGNED) from None
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise UserError(NOT_SIGNED)
    return found
