"""
A file that a passphrase opens, written and read piece by piece: it may be larger than memory.

The first line says how the key is made of the passphrase. Pieces follow: four bytes of length, and
what AES-GCM made of at most a megabyte. Each is bound to the first line, to its number and to
whether it is the last, so a piece that is missing, moved, or cut off at the end does not open.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradegram.errors import SealBroken
from tradegram.vault.passphrase import MOST_MEMORY, SALT, Cost, key_of

PIECE = 1024 * 1024  # bytes of text in one piece
LARGEST_PIECE = 2 * PIECE  # bytes, sealed: a line may stick out, and compressing may fail
LONGEST_HEAD = 1024  # bytes
KIND = "tradegram"


def write(file: IO[bytes], lines: Iterable[str], passphrase: str, kind: str, cost: Cost) -> None:
    """lines: of text, none with a line end in it. kind: a file of one kind opens as no other."""
    salt = os.urandom(SALT)
    head = json.dumps({KIND: kind, "version": 1, **asdict(cost), "salt": salt.hex()}).encode()
    file.write(head + b"\n")
    # Counted nonces are never repeated under a key, and the salt makes the key this file's own.
    key = AESGCM(key_of(passphrase, salt, cost))
    pieces = _pieces(lines)
    number, piece = 0, next(pieces, b"")
    for following in pieces:
        _put(file, key, head, number, piece, last=False)
        number, piece = number + 1, following
    _put(file, key, head, number, piece, last=True)


def read(file: IO[bytes], passphrase: str, kind: str) -> Iterator[str]:
    """The lines that were written. Raises SealBroken, maybe after some of them."""
    head = file.readline(LONGEST_HEAD).rstrip(b"\n")
    key = AESGCM(_key(head, passphrase, kind))
    number, last = 0, False
    while not last:  # ends with the file: every round reads a piece of it
        sealed = _next(file)
        opened, last = _opened(key, head, number, sealed)
        yield from zlib.decompress(opened).decode().splitlines()
        number += 1
    if file.read(1):
        raise broken()


def is_of(head: bytes, kind: str) -> bool:
    """head: the first bytes of a file, at least 64."""
    return head.startswith(json.dumps({KIND: kind})[:-1].encode())


def broken() -> SealBroken:
    return SealBroken("The passphrase does not open this file, or the file is not whole.")


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line.encode() + b"\n")
        size += len(held[-1])
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _put(
    file: IO[bytes], key: AESGCM, head: bytes, number: int, piece: bytes, *, last: bool
) -> None:
    sealed = key.encrypt(_nonce(number), zlib.compress(piece), _bound(head, number, last=last))
    file.write(len(sealed).to_bytes(4, "big") + sealed)


def _next(file: IO[bytes]) -> bytes:
    length = int.from_bytes(file.read(4), "big")
    sealed = file.read(length) if length <= LARGEST_PIECE else b""
    if not sealed or len(sealed) != length:
        raise broken()
    return sealed


def _opened(key: AESGCM, head: bytes, number: int, sealed: bytes) -> tuple[bytes, bool]:
    """A piece, and whether it is the last."""
    for last in (False, True):
        try:
            return key.decrypt(_nonce(number), sealed, _bound(head, number, last=last)), last
        except InvalidTag:
            continue
    raise broken()


def _key(head: bytes, passphrase: str, kind: str) -> bytes:
    try:
        said: Any = json.loads(head)
        cost = Cost(int(said["n"]), int(said["r"]), int(said["p"]))
        if said[KIND] != kind or said["version"] != 1 or cost.memory > MOST_MEMORY:
            raise broken()
        return key_of(passphrase, bytes.fromhex(said["salt"]), cost)
    except (ValueError, KeyError, TypeError):
        raise broken() from None


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _bound(head: bytes, number: int, *, last: bool) -> bytes:
    return head + f"|{number}|{'last' if last else 'more'}".encode()
