"""The same promises from both key rings, and from the texts that lie in the record."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloud
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tradegram.errors import SealBroken, SettingError, StoreUnavailable
from tradegram.ports import KeyRing
from tradegram.vault.envelope import Sealed, place_of, read, reseal, rewrap, seal, unseal
from tradegram.vault.keyring import LocalKeyRing
from tradegram.vault.kms import KmsKeyRing

MINE = place_of("zerodha:AB1234", "zerodha", "api_secret")
ELSEWHERE = (
    place_of("zerodha:XY9999", "zerodha", "api_secret"),
    place_of("zerodha:AB1234", "angelone", "api_secret"),
    place_of("zerodha:AB1234", "zerodha", "api_key"),
)


@contextmanager
def on_kms() -> Iterator[KmsKeyRing]:
    with mock_aws():
        client: Any = cloud.session().client("kms")
        yield KmsKeyRing(client, client.create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(params=["file", "kms"])
def ring(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyRing]:
    if request.param == "file":
        yield LocalKeyRing(tmp_path / "vault.key")
    else:
        with on_kms() as made:
            yield made


@pytest.mark.parametrize("secret", [b"", b"s3cret", "₹ पासवर्ड".encode(), bytes(range(256)) * 40])
def test_a_secret_opens_in_its_own_place(ring: KeyRing, secret: bytes) -> None:
    assert unseal(ring, read(seal(ring, secret, MINE).text()), MINE) == secret


@pytest.mark.parametrize("place", ELSEWHERE)
def test_a_secret_moved_elsewhere_does_not_open(ring: KeyRing, place: dict[str, str]) -> None:
    sealed = seal(ring, b"s3cret", MINE)

    with pytest.raises(SealBroken, match=f"{place['field']} of {place['account']}"):
        unseal(ring, sealed, place)
    with pytest.raises(SealBroken):
        rewrap(ring, sealed, place)


def test_a_secret_in_anothers_wrapping_does_not_open(ring: KeyRing) -> None:
    mine, other = seal(ring, b"s3cret", MINE), seal(ring, b"another", MINE)

    with pytest.raises(SealBroken):
        unseal(ring, Sealed(other.wrapped, mine.nonce, mine.ciphertext), MINE)


def test_no_two_sealings_share_a_key_or_a_nonce(ring: KeyRing) -> None:
    sealed = [seal(ring, b"s3cret", MINE) for _ in range(20)]

    assert len({ring.unwrap(each.wrapped, MINE) for each in sealed}) == 20
    assert len({each.nonce for each in sealed}) == 20


def test_sealed_again_it_still_opens_and_nothing_of_the_old_is_left(ring: KeyRing) -> None:
    old = seal(ring, b"s3cret", MINE)
    fresh, rewrapped = reseal(ring, old, MINE), rewrap(ring, old, MINE)

    assert unseal(ring, fresh, MINE) == unseal(ring, rewrapped, MINE) == b"s3cret"
    assert fresh.ciphertext != old.ciphertext
    assert rewrapped.wrapped != old.wrapped
    assert rewrapped.ciphertext == old.ciphertext


def test_another_ring_does_not_open_it(ring: KeyRing, tmp_path: Path) -> None:
    sealed = seal(ring, b"s3cret", MINE)

    with pytest.raises(SealBroken):
        unseal(LocalKeyRing(tmp_path / "other.key"), sealed, MINE)


texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.binary(max_size=300), account=texts, broker=texts, field=texts)
def test_any_secret_opens_in_any_place(
    tmp_path: Path, secret: bytes, account: str, broker: str, field: str
) -> None:
    ring, place = LocalKeyRing(tmp_path / "vault.key"), place_of(account, broker, field)

    assert unseal(ring, read(seal(ring, secret, place).text()), place) == secret


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_bit_anywhere_refuses_without_a_word_of_the_secret(
    tmp_path: Path, data: st.DataObject
) -> None:
    ring = LocalKeyRing(tmp_path / "vault.key")
    raw = bytearray(base64.b64decode(seal(ring, b"canary-value", MINE).text()))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with pytest.raises(SealBroken) as caught:
        unseal(ring, read(base64.b64encode(raw).decode()), MINE)

    assert "canary" not in str(caught.value)


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(base64.b64encode)))
def test_what_is_not_a_sealing_is_refused(text: str | bytes) -> None:
    with pytest.raises(SealBroken):
        read(text if isinstance(text, str) else text.decode())


def test_one_sealing_has_one_spelling(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path / "vault.key")
    text = next(text for n in range(3) if (text := seal(ring, b"x" * n, MINE).text()).endswith("="))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = len(text.rstrip("=")) - 1
    other = letters[letters.index(text[last]) + 1]
    respelled = text[:last] + other + text[last + 1 :]

    assert base64.b64decode(respelled) == base64.b64decode(text)
    with pytest.raises(SealBroken):
        read(respelled)


def test_a_key_that_kms_does_not_give_is_said(tmp_path: Path) -> None:
    with on_kms() as ring, pytest.raises(SettingError, match=r"KMS does not let .* NotFound"):
        seal(KmsKeyRing(ring.client, "nobodys"), b"s3cret", MINE)


def test_a_kms_that_does_not_answer_is_asked_again_later(tmp_path: Path) -> None:
    once = Config(proxies=cloud.NOWHERE, connect_timeout=1, retries={"total_max_attempts": 1})
    client: Any = cloud.session().client("kms", config=once)
    with pytest.raises(StoreUnavailable, match="KMS: "):
        seal(KmsKeyRing(client, "any"), b"s3cret", MINE)


def test_a_kms_that_fails_is_asked_again_later() -> None:
    class Overloaded:
        def generate_data_key(self, **asked: object) -> dict[str, object]:
            raise ClientError({"Error": {"Code": "KMSInternalException"}}, "GenerateDataKey")

        decrypt = re_encrypt = generate_data_key

    with pytest.raises(StoreUnavailable, match="KMSInternalException"):
        seal(KmsKeyRing(Overloaded(), "any"), b"s3cret", MINE)
