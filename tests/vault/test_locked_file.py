"""A large file that a passphrase opens, whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from vault.vaults import CHEAP

from tradegram.errors import SealBroken
from tradegram.vault import locked_file

PASSPHRASE = "correct horse"
LINES = [f"{number}:{'₹' * 100_000}" for number in range(30)]  # nine megabytes


def written(lines: Sequence[str]) -> bytes:
    file = io.BytesIO()
    locked_file.write(file, lines, PASSPHRASE, "desk", CHEAP)
    return file.getvalue()


def read(content: bytes, kind: str = "desk") -> list[str]:
    return list(locked_file.read(io.BytesIO(content), PASSPHRASE, kind))


def pieces(content: bytes) -> tuple[bytes, list[bytes]]:
    """The first line, and each piece with its length."""
    head, _, rest = content.partition(b"\n")
    found = []
    while rest:
        size = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:size])
        rest = rest[size:]
    return head + b"\n", found


@pytest.mark.parametrize("lines", [[], ["one"], LINES], ids=["none", "one", "many"])
def test_what_was_written_is_read(lines: list[str]) -> None:
    assert read(written(lines)) == lines


def test_a_piece_that_is_missing_moved_or_added_does_not_open() -> None:
    head, found = pieces(written(LINES))
    assert len(found) > 3

    for wrong in (found[:-1], found[1:], [found[1], found[0], *found[2:]], [*found, found[-1]]):
        with pytest.raises(SealBroken):
            read(head + b"".join(wrong))


def test_a_piece_of_another_file_does_not_open() -> None:
    head, found = pieces(written(LINES))
    _, others = pieces(written(LINES))

    with pytest.raises(SealBroken):
        read(head + others[0] + b"".join(found[1:]))


def test_a_file_of_one_kind_opens_as_no_other() -> None:
    content = written(["one"])

    assert locked_file.is_of(content, "desk")
    assert not locked_file.is_of(content, "credentials")
    with pytest.raises(SealBroken):
        read(content, "credentials")


def test_a_file_that_asks_for_more_memory_than_a_machine_has_is_refused() -> None:
    head, found = pieces(written(["one"]))

    with pytest.raises(SealBroken):
        read(head.replace(b'"n": 16', b'"n": 1073741824') + found[0])
