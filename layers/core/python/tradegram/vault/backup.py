"""Credentials in one file that a passphrase opens, to take elsewhere and to bring back."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tradegram.errors import SealBroken, UserError
from tradegram.model import Account
from tradegram.vault.credentials import Vault
from tradegram.vault.passphrase import Cost, good, lock, unlock
from tradegram.vault.sets import Given

KIND, VERSION = "tradegram credentials", 1
LARGEST = 4 * 1024 * 1024  # bytes; the most that can be linked is smaller
MARK = b'{"tradegram": "credentials"'


def export(vault: Vault, path: Path, passphrase: str, by: str, cost: Cost | None = None) -> int:
    """
    Write all sets into a new file; answers with how many. Sessions stay: they end with the day.

    Raises UserError: the passphrase is too short, or there is such a file.
    """
    good(passphrase)
    sets = [
        {
            "broker": each.broker,
            "name": each.name,
            "client": _client(each.account_id, each.broker, each.name),
            "values": dict(vault.opened(each.account_id, by, "backup")),
        }
        for each in vault.sets()
    ]
    if not sets:
        raise UserError("Nothing is linked, so there is nothing to export.")
    locked = lock(json.dumps(sets).encode(), passphrase, KIND, cost)
    content = json.dumps({"tradegram": "credentials", "version": VERSION, "locked": locked})
    try:
        # Never over another file, and its owner's alone from the first byte on.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror}.") from None
    return len(sets)


def is_backup(head: bytes) -> bool:
    """head: the first bytes of a file, at least 32."""
    return head.startswith(MARK)


def restore(vault: Vault, content: bytes, passphrase: str, by: str) -> Sequence[Account]:
    """
    Link every set of a backup, over those of the same accounts; all of them or none.

    Raises UserError: it is no backup of ours, or the passphrase does not fit.
    """
    try:
        file: Any = json.loads(content)
        if len(content) > LARGEST or file["version"] != VERSION:
            raise UserError("This is not a backup that this version can read.")
        locked = file["locked"]
    except (ValueError, KeyError, TypeError):
        raise UserError("This is not a backup of credentials.") from None
    try:
        sets = json.loads(unlock(locked, passphrase, KIND))
    except SealBroken:
        raise UserError(
            "The passphrase does not open this backup, or the file was altered; nothing was "
            "imported."
        ) from None
    return vault.link_all([Given(**each) for each in sets], by, partly=True)


def _client(account_id: str, broker: str, name: str) -> str:
    client = account_id.removeprefix(f"{broker}:")
    return "" if client == name else client
