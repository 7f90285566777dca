"""
The file that a whole desk travels in: the lines of its record, locked by a passphrase.

Sealed secrets open only at home, so they travel opened inside the locked file, as `["secret",
body]`, and are sealed anew where they arrive. The last line counts all others: see `Count`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tradegram.audit import GENESIS, Link, digest_of
from tradegram.errors import UserError
from tradegram.store.whole import line, link_of, parts_of
from tradegram.vault import locked_file
from tradegram.vault.passphrase import Cost

KIND = "desk"
END = "end"


@dataclass(slots=True)
class Count:
    """
    How many lines of each kind, and one sum over what they say, in whatever order they come.

    Secrets are counted only: sealed anew they read differently.
    """

    of: dict[str, int] = field(default_factory=dict[str, int])
    total: int = 0

    def add(self, text: str) -> None:
        kind = parts_of(text)[0]
        self.of[kind] = self.of.get(kind, 0) + 1
        if kind != "secret":
            digest = hashlib.sha256(text.encode()).digest()
            self.total = (self.total + int.from_bytes(digest, "big")) % 2**256

    def counted(self, lines: Iterable[str]) -> Iterator[str]:
        for each in lines:
            self.add(each)
            yield each

    def last_line(self) -> str:
        return line(END, json.dumps(self.of, sort_keys=True), f"{self.total:064x}")


@dataclass(frozen=True, slots=True)
class Archive:
    """A file that is there. passphrase: not shown."""

    path: Path
    passphrase: str = field(repr=False)

    @property
    def mark(self) -> str:
        """Its own name, whatever it is called: no two exports share the salt of the first line."""
        with self.path.open("rb") as file:
            return hashlib.sha256(file.readline(locked_file.LONGEST_HEAD)).hexdigest()[:16]

    def lines(self) -> Iterator[str]:
        """Without the last. Raises UserError, SealBroken."""
        for each in self._read():
            if parts_of(each)[0] != END:
                yield each

    def examined(self) -> Count:
        """
        Read to its end: it is whole, and so is every chain in it.

        Raises UserError, SealBroken.
        """
        count, chains, last = Count(), Chains(), ""
        for last in self._read():
            if parts_of(last)[0] != END:
                count.add(last)
                chains.add(last)
        if last != count.last_line():
            raise UserError("This file does not hold what it says. Nothing was imported.")
        if chains.broken:
            raise UserError(
                f"The audit chain of {min(chains.broken)} in this file is broken. Nothing was "
                "imported; `tradegram audit verify` where it came from says what is wrong."
            )
        return count

    def _read(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                yield from locked_file.read(file, self.passphrase, KIND)
        except OSError as error:
            raise UserError(f"{self.path.name} cannot be read: {error.strerror}.") from None


def write(path: Path, lines: Iterable[str], passphrase: str, cost: Cost | None = None) -> Count:
    """
    A new file, whole or not at all. Raises UserError when there is one of that name.

    cost: of opening it, for one who tries passphrases.
    """
    if path.exists():
        raise UserError(f"{path.name} is there already. Name another file.")
    beside = path.with_name(f"{path.name}.part")
    count = Count()

    def all_lines() -> Iterator[str]:
        yield from count.counted(lines)
        yield count.last_line()

    try:
        beside.unlink(missing_ok=True)  # of an export that was broken off
        with open(beside, "xb", opener=_private) as file:
            locked_file.write(file, all_lines(), passphrase, KIND, cost or Cost())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise UserError(f"{path.name} cannot be written: {error.strerror}.") from None
    return count


@dataclass(slots=True)
class Chains:
    """Checks audit chains link by link, as they go by. broken: whose chain is not whole."""

    broken: set[str] = field(default_factory=set[str])
    _last: dict[str, Link] = field(default_factory=dict[str, Link])

    def add(self, text: str) -> None:
        parts = parts_of(text)
        if parts[0] == "link":
            account_id, link = link_of(parts)
            if not _follows(self._last.get(account_id), link):
                self.broken.add(account_id)
            self._last[account_id] = link


def _follows(before: Link | None, link: Link) -> bool:
    sequence, previous = (before.sequence + 1, before.digest) if before else (0, GENESIS)
    whole = digest_of(link.sequence, link.previous, link.body) == link.digest
    return whole and (link.sequence, link.previous) == (sequence, previous)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
