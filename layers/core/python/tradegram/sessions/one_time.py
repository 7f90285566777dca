"""One-time codes, for brokers that log in by them. Loaded when one is wanted."""

from __future__ import annotations

import base64

import pyotp

from tradegram.errors import UserError

LETTERS_TOGETHER = 8  # base32 is padded to a multiple of this


def code(secret: str, at: float) -> str:
    """
    The code of this moment, six digits.

    secret: base32 as the broker shows it, with or without blanks and padding. at: seconds since
    the epoch. Raises UserError for what is no base32.
    """
    try:
        return _Totp(secret.replace(" ", "").rstrip("=")).at(int(at))
    except ValueError:
        why = "the TOTP secret is not base32; give it again, as the broker shows it"
        raise UserError(why) from None


class _Totp(pyotp.TOTP):
    """pyotp refuses less than 112 bits. Brokers hand out secrets of 16 letters, which are 80."""

    def byte_secret(self) -> bytes:
        padded = self.secret + "=" * (-len(self.secret) % LETTERS_TOGETHER)
        found = base64.b32decode(padded, casefold=True)
        if not found:
            raise ValueError("there is no secret")
        return found
