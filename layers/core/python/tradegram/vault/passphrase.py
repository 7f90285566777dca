"""A box that a passphrase opens: for the key file of one machine, and for backups."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradegram.errors import SealBroken, UserError

SALT, NONCE = 16, 12  # bytes
MOST_MEMORY = 512 * 1024 * 1024  # bytes; a box that asks for more was not written by us
SHORTEST = 10  # characters


@dataclass(frozen=True, slots=True)
class Cost:
    """
    Of one try, as scrypt takes it: memory is 128 * n * r bytes, here 128 MB.

    Source: OWASP Password Storage Cheat Sheet, scrypt.
    """

    n: int = 2**17
    r: int = 8
    p: int = 1

    @property
    def memory(self) -> int:
        return 128 * self.r * (self.n + self.p + 2)


def lock(secret: bytes, passphrase: str, purpose: str, cost: Cost | None = None) -> dict[str, Any]:
    """A box as JSON values. purpose: a box made for one purpose does not open for another."""
    cost = cost or Cost()
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    head = {**asdict(cost), "salt": _text(salt), "nonce": _text(nonce)}
    key = AESGCM(key_of(passphrase, salt, cost))
    return {**head, "box": _text(key.encrypt(nonce, secret, _bound(head, purpose)))}


def unlock(box: Mapping[str, Any], passphrase: str, purpose: str) -> bytes:
    """Raises SealBroken: another passphrase, or another box."""
    try:
        cost = Cost(int(box["n"]), int(box["r"]), int(box["p"]))
        salt, nonce, sealed = (_bytes(box[name]) for name in ("salt", "nonce", "box"))
        if cost.memory > MOST_MEMORY or min(cost.r, cost.p) < 1 or cost.p > 16:
            raise SealBroken("The box asks for more than opening one takes.")
        head = {**asdict(cost), "salt": _text(salt), "nonce": _text(nonce)}
        key = AESGCM(key_of(passphrase, salt, cost))
        return key.decrypt(nonce, sealed, _bound(head, purpose))
    except (InvalidTag, KeyError, TypeError, ValueError):
        raise SealBroken("The passphrase does not fit, or the file was altered.") from None


def good(passphrase: str) -> str:
    """The passphrase itself. Raises UserError when it is too short to protect anything."""
    if len(passphrase) < SHORTEST:
        raise UserError(f"A passphrase has at least {SHORTEST} characters. Nothing was written.")
    return passphrase


def key_of(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """32 bytes, by scrypt."""
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory + 2**20,
        dklen=32,
    )


def _bound(head: Mapping[str, Any], purpose: str) -> bytes:
    return json.dumps({"purpose": purpose, **head}, sort_keys=True).encode()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
