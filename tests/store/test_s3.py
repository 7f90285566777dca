"""The shelf on AWS keeps what the shelf of one machine keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from tradegram.errors import StoreUnavailable
from tradegram.instruments.shelf import FolderShelf, Shelf
from tradegram.store.s3 import S3Shelf

REGION = "ap-south-1"
NOWHERE = Config(connect_timeout=0.2, retries={"total_max_attempts": 1})


@pytest.fixture(params=["folder", "s3"])
def shelves(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Shelf, Shelf]]:
    """Of whoever refreshes, and of another process."""
    if request.param == "folder":
        yield FolderShelf(tmp_path), FolderShelf(tmp_path)
        return
    with mock_aws():
        client = boto3.client("s3", region_name=REGION)
        place = {"LocationConstraint": REGION}
        client.create_bucket(Bucket="lists", CreateBucketConfiguration=place)
        yield (
            S3Shelf(client, "lists", tmp_path / "mine"),
            S3Shelf(client, "lists", tmp_path / "other"),
        )


def written(shelf: Shelf, content: bytes) -> None:
    shelf.folder.mkdir(exist_ok=True)
    (shelf.folder / "a.listings").write_bytes(content)
    shelf.give("a.listings")


def test_what_is_not_there_yet_is_no_trouble(shelves: tuple[Shelf, Shelf]) -> None:
    _, other = shelves

    assert other.mark("a.listings") == ""
    with pytest.raises(FileNotFoundError):
        other.take("a.listings")


def test_what_one_gives_the_other_takes_and_each_version_has_its_mark(
    shelves: tuple[Shelf, Shelf],
) -> None:
    mine, other = shelves
    written(mine, b"first")
    first = other.mark("a.listings")
    assert other.take("a.listings").read_bytes() == b"first"
    assert first == other.mark("a.listings") != ""

    written(mine, b"second one")

    assert other.mark("a.listings") != first
    assert other.take("a.listings").read_bytes() == b"second one"


def test_a_bucket_that_does_not_answer_is_said_to_be_away(tmp_path: Path) -> None:
    client = boto3.client(
        "s3", region_name=REGION, endpoint_url="http://127.0.0.1:9", config=NOWHERE,
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    shelf = S3Shelf(client, "lists", tmp_path)
    written_to = tmp_path / "a.listings"
    written_to.write_bytes(b"x")

    for call in (shelf.mark, shelf.take, shelf.give):
        with pytest.raises(StoreUnavailable):
            call("a.listings")
