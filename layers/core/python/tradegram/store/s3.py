"""The shelf of a desk on AWS: one bucket, and a folder of the sandbox's own."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tradegram.errors import StoreUnavailable

GONE = frozenset({"404", "NoSuchKey", "NotFound"})
PACKED = 5  # packing harder takes seconds more and saves little


class S3Client(Protocol):
    """The part of boto3's client that is used."""

    def put_object(self, **asked: Any) -> Mapping[str, Any]: ...
    def head_object(self, **asked: Any) -> Mapping[str, Any]: ...
    def get_object(self, **asked: Any) -> Mapping[str, Any]: ...


def sandbox_folder() -> Path:
    return Path(tempfile.gettempdir()) / "tradegram"


@dataclass(frozen=True, slots=True)
class S3Shelf:
    """
    Implements Shelf. A file lies in the bucket packed, under its own name; S3 replaces it whole.

    Needs s3:PutObject (who refreshes), s3:GetObject, and s3:ListBucket: without that one a file
    that is not there yet would be an error.
    """

    client: S3Client
    bucket: str
    folder: Path = field(default_factory=sandbox_folder)

    def give(self, name: str) -> None:
        content = (self.folder / name).read_bytes()
        packed = gzip.compress(content, compresslevel=PACKED, mtime=0)
        try:
            self.client.put_object(Bucket=self.bucket, Key=name, Body=packed)
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailable(type(error).__name__) from error

    def mark(self, name: str) -> str:
        try:
            return str(self.client.head_object(Bucket=self.bucket, Key=name)["ETag"])
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return ""
            raise StoreUnavailable(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error

    def take(self, name: str) -> Path:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / name
        beside = path.with_name(f"{name}.taken")
        try:
            packed = self.client.get_object(Bucket=self.bucket, Key=name)["Body"]
            with gzip.GzipFile(fileobj=packed) as source, beside.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise FileNotFoundError(name) from None
            raise StoreUnavailable(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        beside.replace(path)
        return path
