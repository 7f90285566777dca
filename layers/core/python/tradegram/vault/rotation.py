"""Rotation of one machine's key ring: every secret is sealed again, and the old keys go."""

from __future__ import annotations

import fcntl
from dataclasses import replace

from tradegram.errors import SettingError
from tradegram.vault.credentials import Vault
from tradegram.vault.keyring import LocalKeyRing


def rotate(vault: Vault, ring: LocalKeyRing, by: str, passphrase: str | None = None) -> int:
    """
    Seal everything under a new key; answers with how many secrets that were.

    May be killed anywhere: a new key comes into the file first, then one write seals everything
    with it, and only then the old keys go. What is left half done opens as before, and the next
    rotation finishes it. passphrase: see `LocalKeyRing.renew`.

    Raises SettingError when another rotation is under way, SealBroken when something does not
    open; then everything still opens as it did.
    """
    with ring.path.with_suffix(".rotation").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SettingError("Another rotation is under way. Let it finish.") from None
        ring.renew(passphrase)
        count = replace(vault, ring=ring).reseal_all(by)
        ring.forget_old()
        return count
