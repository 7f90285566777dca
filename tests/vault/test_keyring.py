from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault.vaults import CHEAP, ring_in

from tradegram.errors import SealBroken, SettingError, UserError
from tradegram.vault.envelope import place_of, seal, unseal
from tradegram.vault.passphrase import good, lock, unlock

PLACE = place_of("zerodha:AB1234", "zerodha", "api_key")


def test_the_key_file_is_made_at_the_first_sealing_and_is_its_owners_alone(tmp_path: Path) -> None:
    ring = ring_in(tmp_path)
    assert ring.keys() == {}
    assert list(tmp_path.iterdir()) == []

    seal(ring, b"s3cret", PLACE)

    assert stat.S_IMODE((tmp_path / "vault.key").stat().st_mode) == 0o600


def test_a_key_file_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    seal(ring_in(tmp_path), b"s3cret", PLACE)
    (tmp_path / "vault.key").chmod(0o640)

    with pytest.raises(SettingError, match="chmod 600"):
        seal(ring_in(tmp_path), b"s3cret", PLACE)


def test_a_locked_file_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    sealed = seal(ring_in(tmp_path, "open sesame"), b"s3cret", PLACE)

    assert unseal(ring_in(tmp_path, "open sesame"), sealed, PLACE) == b"s3cret"
    for wrong in ("", "open sesame "):
        with pytest.raises(SettingError, match="passphrase does not open it") as caught:
            unseal(ring_in(tmp_path, wrong), sealed, PLACE)
        assert "sesame" not in str(caught.value)


def test_a_locked_file_holds_no_key_in_the_open(tmp_path: Path) -> None:
    ring = ring_in(tmp_path, "open sesame")
    seal(ring, b"s3cret", PLACE)
    written = json.loads((tmp_path / "vault.key").read_text())

    assert ring.is_locked
    assert set(written) == {"version", "locked"}


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"keys": {"a": 3}}', '{"keys": {"a": "%"}}', "\0"]
)
def test_a_damaged_key_file_says_so(tmp_path: Path, content: str) -> None:
    seal(ring_in(tmp_path), b"s3cret", PLACE)
    (tmp_path / "vault.key").write_text(content)

    with pytest.raises(SettingError, match="damaged"):
        ring_in(tmp_path).keys()


def test_a_key_that_came_while_we_ran_is_seen(tmp_path: Path) -> None:
    ours, theirs = ring_in(tmp_path), ring_in(tmp_path)
    before = seal(ours, b"before", PLACE)

    theirs.renew()
    after = seal(theirs, b"after", PLACE)

    assert unseal(ours, after, PLACE) == b"after"
    assert unseal(theirs, before, PLACE) == b"before"


def test_half_a_file_left_by_a_power_cut_is_in_nobodys_way(tmp_path: Path) -> None:
    sealed = seal(ring_in(tmp_path), b"s3cret", PLACE)
    (tmp_path / "vault.key.new").write_text('{"keys": {"0')

    ring_in(tmp_path).renew()

    assert unseal(ring_in(tmp_path), sealed, PLACE) == b"s3cret"


def test_forgotten_keys_open_nothing(tmp_path: Path) -> None:
    ring = ring_in(tmp_path)
    sealed = seal(ring, b"s3cret", PLACE)
    ring.renew()
    ring.forget_old()

    with pytest.raises(SealBroken):
        unseal(ring, sealed, PLACE)


def test_a_folder_in_the_place_of_the_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "vault.key").mkdir()

    with pytest.raises(SettingError, match=r"vault\.key cannot be read: Is a directory"):
        ring_in(tmp_path).keys()


def test_a_file_that_cannot_be_written_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    sealed = seal(ring_in(tmp_path), b"s3cret", PLACE)
    (tmp_path / "vault.key.new").mkdir()

    with pytest.raises(SettingError, match=r"vault\.key cannot be written"):
        ring_in(tmp_path).renew()

    assert unseal(ring_in(tmp_path), sealed, PLACE) == b"s3cret"


def test_many_that_seal_first_at_once_make_one_key(tmp_path: Path) -> None:
    rings = [ring_in(tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        sealed = list(threads.map(lambda ring: seal(ring, b"s3cret", PLACE), rings))

    assert len(ring_in(tmp_path).keys()) == 1
    assert {unseal(ring_in(tmp_path), each, PLACE) for each in sealed} == {b"s3cret"}


def test_one_key_is_never_forgotten(tmp_path: Path) -> None:
    ring = ring_in(tmp_path)
    sealed = seal(ring, b"s3cret", PLACE)
    ring.forget_old()

    assert unseal(ring, sealed, PLACE) == b"s3cret"


def test_neither_keys_nor_passphrase_stand_in_a_repr(tmp_path: Path) -> None:
    ring = ring_in(tmp_path, "open sesame")
    ring.renew()

    assert "sesame" not in repr(ring)
    assert all(
        key.hex() not in repr(ring) and repr(key) not in repr(ring) for key in ring.keys().values()
    )


@settings(max_examples=50)
@given(st.binary(max_size=200), st.text(max_size=30), st.text(max_size=30))
def test_a_box_opens_with_its_passphrase_only(secret: bytes, right: str, wrong: str) -> None:
    box = lock(secret, right, "tests", CHEAP)

    assert unlock(box, right, "tests") == secret
    with pytest.raises(SealBroken):
        unlock(box, right, "other tests")
    if wrong != right:
        with pytest.raises(SealBroken):
            unlock(box, wrong, "tests")


@pytest.mark.parametrize(
    "change",
    [{"n": 2**40}, {"n": 3}, {"r": 10**9}, {"p": 0}, {"p": 10**6}, {"salt": "?"}, {"n": "x"}],
)
def test_a_box_cannot_ask_for_more_than_opening_one_takes(change: dict[str, object]) -> None:
    with pytest.raises(SealBroken):
        unlock({**lock(b"s3cret", "right", "tests", CHEAP), **change}, "right", "tests")


def test_a_short_passphrase_is_none() -> None:
    assert good("ten letter") == "ten letter"
    with pytest.raises(UserError, match="10 characters"):
        good("nine char")
