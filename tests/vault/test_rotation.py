"""Rotation: all or nothing, and it may be killed anywhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from clocks import StillClock
from vault.test_envelope import on_kms
from vault.vaults import BY, canaries, everything, ring_in, vault_in

from tradegram.errors import SealBroken, SettingError, StoreUnavailable
from tradegram.model import Session
from tradegram.ports import Change, Document, Record
from tradegram.store.sqlite import SqliteStore
from tradegram.vault.credentials import Vault
from tradegram.vault.envelope import place_of, read, rewrap
from tradegram.vault.keyring import LocalKeyRing
from tradegram.vault.kms import KmsKeyRing
from tradegram.vault.rotation import rotate

GIVEN = (canaries("zerodha", "AB1234"), canaries("kotakneo", "ABC12"), canaries("alpaca"))
FIELDS = sum(len(each.values) for each in GIVEN)
WHOLE: Mapping[str, Mapping[str, str]] = {each.account_id: each.values for each in GIVEN}
SESSION = Session("zerodha:AB1234", 2e9, {"access_token": "CANARY-token"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with vault_in(tmp_path) as vault:
        vault.link_all(GIVEN, BY)
        vault.keep_session(SESSION, BY)
    return tmp_path


def rotate_in(folder: Path) -> None:
    with vault_in(folder) as vault:
        rotate(vault, ring_in(folder), BY)


def is_whole(folder: Path) -> bool:
    with vault_in(folder) as vault:
        return everything(vault) == WHOLE and vault.session("zerodha:AB1234", BY, "look") == SESSION


def sealings(vault: Vault) -> set[str]:
    found = [*vault.store.documents("credential"), *vault.store.documents("session")]
    return {text for each in found for text in each.body["fields"].values()}


def test_everything_is_sealed_anew_and_the_old_key_is_gone(folder: Path) -> None:
    with vault_in(folder) as vault:
        before, keys = sealings(vault), set(ring_in(folder).keys())

        assert rotate(vault, ring_in(folder), BY) == len(before) == FIELDS + 1

        assert not sealings(vault) & before
        assert not set(ring_in(folder).keys()) & keys
        assert len(ring_in(folder).keys()) == 1
    assert is_whole(folder)


STEPS: Mapping[str, Callable[[Vault, LocalKeyRing], object]] = {
    "before the new key": lambda vault, ring: None,
    "after the new key": lambda vault, ring: ring.renew(),
    "after two new keys": lambda vault, ring: (ring.renew(), ring.renew()),
    "after the sealing": lambda vault, ring: (ring.renew(), vault.reseal_all(BY)),
    "at the end": lambda vault, ring: rotate(vault, ring, BY),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_rotation_that_died_there_leaves_all_whole_and_the_next_ends_it(
    folder: Path, step: str
) -> None:
    with vault_in(folder) as vault:
        STEPS[step](vault, ring_in(folder))
    assert is_whole(folder)

    rotate_in(folder)

    assert is_whole(folder)
    assert len(ring_in(folder).keys()) == 1


class Store(SqliteStore):
    """before, after: called around each commit that seals something. tried: what they were."""

    before: Callable[[], None] = staticmethod(lambda: None)
    after: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, path: Path, clock: StillClock) -> None:
        super().__init__(path, clock)
        self.tried: list[Change] = []

    def commit(self, change: Change) -> Sequence[Record]:
        if not change.records:
            return super().commit(change)
        self.tried.append(change)
        self.before()
        stored = super().commit(change)
        self.after()
        return stored


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    made = Store(folder / "desk.sqlite", StillClock())
    yield made
    made.close()


def dies() -> None:
    raise StoreUnavailable("nobody knows")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_write_without_an_answer_leaves_all_whole(folder: Path, store: Store, when: str) -> None:
    setattr(store, when, dies)
    vault = Vault(store, StillClock(), ring_in(folder))

    with pytest.raises(StoreUnavailable):
        rotate(vault, ring_in(folder), BY)

    assert is_whole(folder)
    assert len(ring_in(folder).keys()) == 2  # both, for nobody knows which one is needed
    rotate_in(folder)
    assert is_whole(folder)


def test_what_was_sealed_with_the_old_key_meanwhile_is_sealed_again(
    folder: Path, store: Store
) -> None:
    def meanwhile() -> None:
        store.before = lambda: None
        rotate_in(folder)

    store.before = meanwhile  # after our sealing, before our write
    new = canaries("ibkr", "U1234567")

    Vault(store, StillClock(), ring_in(folder)).link(new, BY)

    assert len(store.tried) == 2
    with vault_in(folder) as vault:
        assert everything(vault) == {**WHOLE, "ibkr:U1234567": new.values}


def test_what_is_linked_while_a_rotation_seals_is_sealed_with_it(
    folder: Path, store: Store
) -> None:
    new = canaries("ibkr", "U1234567")

    def meanwhile() -> None:
        store.before = lambda: None
        with vault_in(folder) as vault:
            vault.link(new, BY)

    store.before = meanwhile
    rotate(Vault(store, StillClock(), ring_in(folder)), ring_in(folder), BY)

    with vault_in(folder) as vault:
        assert everything(vault) == {**WHOLE, "ibkr:U1234567": new.values}


@dataclass
class Interrupted:
    """A key ring; something else happens at its first new key."""

    ring: LocalKeyRing
    meanwhile: Callable[[], object]

    def new(self, place: Mapping[str, str]) -> tuple[bytes, bytes]:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return self.ring.new(place)

    def unwrap(self, wrapped: bytes, place: Mapping[str, str]) -> bytes:
        return self.ring.unwrap(wrapped, place)

    def rewrap(self, wrapped: bytes, place: Mapping[str, str]) -> bytes:
        return self.ring.rewrap(wrapped, place)


def test_what_is_linked_after_a_rotation_looked_is_not_forgotten(
    folder: Path, store: Store
) -> None:
    new, ring = canaries("ibkr", "U1234567"), ring_in(folder)
    store.before = dies
    with pytest.raises(StoreUnavailable):
        Vault(store, StillClock(), ring_in(folder)).link(new, BY)
    sealed_before = store.tried[-1]

    with vault_in(folder) as vault, vault_in(folder) as other:
        ring.renew()
        late = Interrupted(ring, lambda: other.store.commit(sealed_before))
        replace(vault, ring=late).reseal_all(BY)
        ring.forget_old()

        assert everything(vault) == {**WHOLE, "ibkr:U1234567": new.values}


def test_one_secret_that_does_not_open_stops_it_and_the_others_still_open(folder: Path) -> None:
    with vault_in(folder) as vault:
        found = vault.store.document("credential", "alpaca:alpaca")
        assert found is not None
        body = {**found.body, "fields": {**found.body["fields"], "api_key": "AQAA"}}
        vault.store.commit(Change((replace(found, body=body),)))
        before = sealings(vault)

        with pytest.raises(SealBroken):
            rotate(vault, ring_in(folder), BY)

        assert sealings(vault) == before
        assert vault.opened("zerodha:AB1234", BY, "look") == WHOLE["zerodha:AB1234"]


def test_two_rotations_do_not_run_at_once(folder: Path, store: Store) -> None:
    refused: list[SettingError] = []

    def meanwhile() -> None:
        store.before = lambda: None
        try:
            rotate_in(folder)
        except SettingError as error:
            refused.append(error)

    store.before = meanwhile
    rotate(Vault(store, StillClock(), ring_in(folder)), ring_in(folder), BY)

    assert "under way" in str(refused)
    assert is_whole(folder)


def test_many_seal_while_one_rotates(folder: Path) -> None:
    failed: list[BaseException] = []

    def seals(account_id: str) -> None:
        try:
            with vault_in(folder) as vault:
                for number in range(8):
                    vault.keep_session(Session(account_id, 2e9, {"t": f"{number}"}), BY)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=seals, args=(each,)) for each in WHOLE]
    for thread in threads:
        thread.start()
    done = 0
    while any(thread.is_alive() for thread in threads) and done < 20:
        try:
            rotate_in(folder)
        except StoreUnavailable:
            continue
        finally:
            done += 1
    for thread in threads:
        thread.join(20)

    assert all("written by others" in str(each) for each in failed), failed
    with vault_in(folder) as vault:
        assert everything(vault) == WHOLE
        for each in WHOLE:
            vault.session(each, BY, "look")  # whatever came last, it opens


def test_a_new_passphrase_locks_the_key_and_none_unlocks_it(folder: Path) -> None:
    with vault_in(folder) as vault:
        rotate(vault, ring_in(folder), BY, "open sesame")
    with vault_in(folder) as vault, pytest.raises(SettingError, match="passphrase"):
        everything(vault)
    with vault_in(folder, "open sesame") as vault:
        assert everything(vault) == WHOLE
        rotate(vault, ring_in(folder, "open sesame"), BY, "")
    assert is_whole(folder)


ENDLESS = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from vault.test_rotation import rotate_in
print("go", flush=True)
while True:
    rotate_in(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("moment", [0.01, 0.04, 0.07, 0.11])
def test_a_process_killed_while_it_rotates_leaves_all_whole(folder: Path, moment: float) -> None:
    words = [sys.executable, "-c", ENDLESS, str(folder), *sys.path]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)

    assert is_whole(folder)


def test_on_aws_data_keys_are_wrapped_again_under_another_key(tmp_path: Path) -> None:
    with on_kms() as first, vault_in(tmp_path) as local:
        vault = replace(local, ring=first)
        vault.link_all(GIVEN, BY)
        client: Any = first.client
        second = client.create_key()["KeyMetadata"]["KeyId"]
        renewed = replace(vault, ring=KmsKeyRing(client, second))

        assert renewed.reseal_all(BY, rewrap) == FIELDS

        assert everything(renewed) == WHOLE
        assert {_wrapped_by(client, each) for each in local.store.documents("credential")} == {
            second
        }


def _wrapped_by(client: Any, document: Document) -> str:
    name, text = next(iter(document.body["fields"].items()))
    place = place_of(document.key, document.body["broker"], name)
    blob = read(text).wrapped
    answer = client.decrypt(CiphertextBlob=blob, EncryptionContext=dict(place))
    return str(answer["KeyId"]).rpartition("/")[2]
