"""The key ring of AWS: KMS wraps and unwraps, and no key of ours ever lies anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from tradegram.errors import SettingError, StoreUnavailable
from tradegram.vault.envelope import Place, broken

T = TypeVar("T")

# What proves that a wrapped key was altered, or belongs to another place or key.
NOT_OURS = {"InvalidCiphertextException", "IncorrectKeyException"}
# What somebody must mend in the key's policy or state before it can work.
NOT_ALLOWED = {
    "AccessDeniedException",
    "DisabledException",
    "KMSInvalidStateException",
    "NotFoundException",
}


class KmsClient(Protocol):
    """The three calls of boto3's client that are made."""

    def generate_data_key(self, **asked: Any) -> Mapping[str, Any]: ...
    def decrypt(self, **asked: Any) -> Mapping[str, Any]: ...
    def re_encrypt(self, **asked: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class KmsKeyRing:
    """
    Implements ports.KeyRing. key_id: the key that wraps from now on.

    KMS knows itself which key wrapped what; sealings of an earlier key stay readable as long as
    the function's role may decrypt with it. Raises StoreUnavailable when KMS does not answer.
    """

    client: KmsClient
    key_id: str

    def new(self, place: Place) -> tuple[bytes, bytes]:
        made = _asked(
            place,
            lambda: self.client.generate_data_key(
                KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=dict(place)
            ),
        )
        return made["Plaintext"], made["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, place: Place) -> bytes:
        opened = _asked(
            place,
            lambda: self.client.decrypt(CiphertextBlob=wrapped, EncryptionContext=dict(place)),
        )
        plain: bytes = opened["Plaintext"]
        return plain

    def rewrap(self, wrapped: bytes, place: Place) -> bytes:
        """Inside KMS: the data key does not leave it."""
        made = _asked(
            place,
            lambda: self.client.re_encrypt(
                CiphertextBlob=wrapped,
                SourceEncryptionContext=dict(place),
                DestinationKeyId=self.key_id,
                DestinationEncryptionContext=dict(place),
            ),
        )
        blob: bytes = made["CiphertextBlob"]
        return blob


def _asked(place: Place, call: Callable[[], T]) -> T:
    try:
        return call()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in NOT_OURS:
            raise broken(place) from None
        if code in NOT_ALLOWED:
            raise SettingError(f"KMS does not let this function use the key: {code}.") from None
        raise StoreUnavailable(f"KMS: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"KMS: {type(error).__name__}") from error
