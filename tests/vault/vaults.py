"""A vault on a record of its own, and values that must never be seen outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clocks import StillClock

from tradegram.store.sqlite import SqliteStore
from tradegram.vault.credentials import Vault
from tradegram.vault.fields import NEEDS
from tradegram.vault.keyring import KEY_FILE, LocalKeyRing
from tradegram.vault.passphrase import Cost
from tradegram.vault.sets import Given

CHEAP = Cost(n=2**4)  # of a try; the real one takes half a second
BY = "a test"


@contextmanager
def vault_in(
    folder: Path, passphrase: str = "", clock: StillClock | None = None
) -> Iterator[Vault]:
    """Opened anew each time, as another process would."""
    clock = clock or StillClock()
    store = SqliteStore(folder / "desk.sqlite", clock)
    try:
        yield Vault(store, clock, ring_in(folder, passphrase))
    finally:
        store.close()


def ring_in(folder: Path, passphrase: str = "") -> LocalKeyRing:
    return LocalKeyRing(folder / KEY_FILE, lambda: passphrase, CHEAP)


def canaries(broker: str, client: str = "", name: str = "") -> Given:
    """A value that is found at sight in every field of the broker."""
    values = {each.name: f"CANARY-{broker}-{each.name}" for each in NEEDS[broker].fields}
    return Given(broker, name or broker, client, values)


def everything(vault: Vault) -> dict[str, dict[str, str]]:
    """What opens, by account."""
    return {
        each.account_id: dict(vault.opened(each.account_id, BY, "to look")) for each in vault.sets()
    }
