"""
The key ring of one machine: a file beside the record, its owner's alone (0600).

Without a passphrase it needs no question and no setting. It then protects a copy of the record
that travels alone (a backup, a synchronised file, one sent for help); whoever can read the whole
data directory, or run programs as you, can open the secrets too. With a passphrase
(TRADEGRAM_VAULT_PASSPHRASE, or `tradegram rotate --passphrase`) the file is locked by scrypt, and
the directory alone does not open them either; a running desk still can.

The file holds several keys only while a rotation is under way: the last is the one of now.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tradegram.errors import SealBroken, SettingError
from tradegram.vault.envelope import NONCE, Place, bound, broken
from tradegram.vault.passphrase import Cost, lock, unlock

KEY_FILE = "vault.key"
KEY, NAME = 32, 8  # bytes of a key, and of the name it goes by
PURPOSE = "vault keys"
VERSION = 1

Keys = Mapping[str, bytes]  # by name in hex, oldest first


@dataclass(slots=True)
class LocalKeyRing:
    """
    Implements ports.KeyRing. Every use looks at the file, because another process may rotate it.

    passphrase: asked only when the file is locked, and when it is made: "" makes it unlocked.
    cost: of a lock that is made.
    """

    path: Path
    passphrase: Callable[[], str] = field(default=lambda: "", repr=False)
    cost: Cost = field(default_factory=Cost)
    _read: tuple[bytes | None, Keys] = field(default=(None, {}), repr=False)
    _given: str | None = field(default=None, repr=False)

    def new(self, place: Place) -> tuple[bytes, bytes]:
        key = os.urandom(KEY)
        return key, self._wrap(key, place)

    def unwrap(self, wrapped: bytes, place: Place) -> bytes:
        name, nonce = wrapped[:NAME].hex(), wrapped[NAME : NAME + NONCE]
        keys = self.keys()
        if name not in keys:
            raise broken(place)
        try:
            return AESGCM(keys[name]).decrypt(nonce, wrapped[NAME + NONCE :], bound(place))
        except (InvalidTag, ValueError):
            raise broken(place) from None

    def rewrap(self, wrapped: bytes, place: Place) -> bytes:
        return self._wrap(self.unwrap(wrapped, place), place)

    def keys(self) -> Keys:
        """{} before the first sealing. Raises SettingError."""
        try:
            written = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingError(f"{self.path.name} cannot be read: {error.strerror}.") from None
        if written != self._read[0]:
            self._read = (written, self._open(written))
        return self._read[1]

    @property
    def is_locked(self) -> bool:
        """Whether a passphrase protects the file."""
        return self.path.exists() and b'"locked"' in self.path.read_bytes()

    def renew(self, passphrase: str | None = None) -> str:
        """
        Add a key that is the one of now; answers with its name. The older ones still open.

        passphrase: locks the file anew, "" unlocks it. None: as the ring was told.
        """
        with self._alone():
            keys = dict(self.keys())
            if passphrase is not None:
                self._given = passphrase
            return self._add(keys)

    def forget_old(self) -> None:
        """Keep only the key of now. What the others sealed does not open any more."""
        with self._alone():
            keys = self.keys()
            if len(keys) > 1:
                name = list(keys)[-1]
                self._write({name: keys[name]})

    def _wrap(self, key: bytes, place: Place) -> bytes:
        keys = self.keys()
        if not keys:
            with self._alone():
                if not self.keys():
                    self._add({})
            keys = self.keys()
        name, nonce = list(keys)[-1], os.urandom(NONCE)
        sealed = AESGCM(keys[name]).encrypt(nonce, key, bound(place))
        return bytes.fromhex(name) + nonce + sealed

    def _add(self, keys: Keys) -> str:
        name = os.urandom(NAME).hex()
        self._write({**keys, name: os.urandom(KEY)})
        return name

    def _open(self, written: bytes) -> Keys:
        if self.path.stat().st_mode & 0o077:
            raise SettingError(
                f"{self.path.name} in TRADEGRAM_DATA_DIR may be read by others, and it opens the "
                f"brokers' secrets. Say chmod 600 {self.path.name} there, then tradegram rotate."
            )
        try:
            file: Mapping[str, Any] = json.loads(written)
            keys = json.loads(self._unlocked(file["locked"])) if "locked" in file else file["keys"]
            return {name: base64.b64decode(key, validate=True) for name, key in keys.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SettingError(
                f"{self.path.name} in TRADEGRAM_DATA_DIR is damaged. Restore it from a backup, or "
                "remove it and link the accounts again."
            ) from None

    def _unlocked(self, box: Mapping[str, Any]) -> bytes:
        passphrase = self._passphrase()
        try:
            return unlock(box, passphrase, PURPOSE)
        except SealBroken:
            self._given = None
            raise SettingError(
                f"{self.path.name} is locked, and the passphrase does not open it. Set "
                "TRADEGRAM_VAULT_PASSPHRASE to the one it was locked with."
            ) from None

    def _passphrase(self) -> str:
        if self._given is None:
            self._given = self.passphrase()
        return self._given

    def _write(self, keys: Keys) -> None:
        """All of it or nothing, also when the power fails."""
        text = {name: base64.b64encode(key).decode() for name, key in keys.items()}
        file: dict[str, Any] = {"version": VERSION}
        if passphrase := self._passphrase():
            file["locked"] = lock(json.dumps(text).encode(), passphrase, PURPOSE, self.cost)
        else:
            file["keys"] = text
        content = json.dumps(file).encode()
        write_private(self.path, content)
        self._read = (content, keys)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No two processes change the file at once: one would lose the other's key."""
        with self.path.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def write_private(path: Path, content: bytes) -> None:
    """Replace a file by one that only its owner may read, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise SettingError(f"{path.name} cannot be written: {error.strerror}.") from None
