"""
Seal a secret so that it opens only where it belongs.

Each sealing takes a fresh data key from the key ring, so no nonce is ever used twice with a key.
The place a secret belongs to is bound twice: the key ring binds the wrapped data key to it (AWS
KMS as encryption context, which CloudTrail shows too), and AES-GCM binds the secret itself.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradegram.errors import SealBroken
from tradegram.ports import KeyRing

VERSION = 1
NONCE = 12  # bytes: the 96 bits that GCM is made for
Place = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sealed:
    """wrapped: the data key as the key ring gave it. ciphertext: with GCM's tag of 16 bytes."""

    wrapped: bytes
    nonce: bytes
    ciphertext: bytes
    version: int = VERSION

    def text(self) -> str:
        """For a record: base64 of version, length of the wrapped key (2 bytes), and the three."""
        head = bytes([self.version]) + len(self.wrapped).to_bytes(2, "big")
        return base64.b64encode(head + self.wrapped + self.nonce + self.ciphertext).decode()


def read(text: str) -> Sealed:
    """What `Sealed.text` wrote. Raises SealBroken."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealBroken("A sealed secret is not in our form.") from None
    after_key = 3 + int.from_bytes(raw[1:3], "big")
    nonce, ciphertext = raw[after_key : after_key + NONCE], raw[after_key + NONCE :]
    sealed = Sealed(raw[3:after_key], nonce, ciphertext, raw[0] if raw else 0)
    # Written again it must be the same: base64 has more than one way to write some bytes.
    if sealed.version != VERSION or len(nonce) != NONCE or sealed.text() != text:
        raise SealBroken("A sealed secret is not in our form.")
    return sealed


def place_of(account_id: str, broker: str, field: str) -> Place:
    return {"account": account_id, "broker": broker, "field": field}


def seal(ring: KeyRing, secret: bytes, place: Place) -> Sealed:
    """place: see `place_of`. Raises SettingError when the ring has no key."""
    key, wrapped = ring.new(place)
    nonce = os.urandom(NONCE)
    return Sealed(wrapped, nonce, AESGCM(key).encrypt(nonce, secret, bound(place)))


def unseal(ring: KeyRing, sealed: Sealed, place: Place) -> bytes:
    """Raises SealBroken; the error never carries the secret or the key."""
    key = ring.unwrap(sealed.wrapped, place)
    try:
        return AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, bound(place))
    except (InvalidTag, ValueError):
        raise broken(place) from None


def reseal(ring: KeyRing, sealed: Sealed, place: Place) -> Sealed:
    """Under a fresh data key and the ring's key of now. Raises SealBroken."""
    return seal(ring, unseal(ring, sealed, place), place)


def rewrap(ring: KeyRing, sealed: Sealed, place: Place) -> Sealed:
    """The same data key under the ring's key of now; the secret is never opened."""
    return replace(sealed, wrapped=ring.rewrap(sealed.wrapped, place))


def broken(place: Place) -> SealBroken:
    return SealBroken(
        f"{place['field']} of {place['account']} cannot be opened: it was altered, moved from its "
        f"place, or sealed with another key. Link the account again."
    )


def bound(place: Place) -> bytes:
    """What GCM authenticates beside the secret."""
    return json.dumps({"v": VERSION, **place}, sort_keys=True, separators=(",", ":")).encode()
