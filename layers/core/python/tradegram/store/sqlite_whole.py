"""One machine's record as a whole: read as it lies, and filled in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tradegram.errors import StoreError, StoreUnavailable, UserError
from tradegram.ports import Clock, Notice
from tradegram.store.sqlite import SCHEMA, row_of
from tradegram.store.whole import is_in_use, line, link_of, parts_of, record_of

TABLES = ("records", "audit", "outbox")


class SqliteWhole:
    """Implements `store.whole.Whole` over one file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def check(self) -> None:
        """Filled in one transaction, a file is never half filled."""

    def lines(self) -> Iterator[str]:
        try:
            with closing(self._open()) as db:
                db.execute("BEGIN")  # one view of it all
                yield from _lines(db, self._clock.now())
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the record could not be read: {error}") from error

    def fill(self, lines: Iterable[str], mark: str) -> None:
        try:
            with closing(self._open()) as db:
                db.executescript(SCHEMA)
                db.execute("BEGIN IMMEDIATE")
                if is_in_use(_lines(db, self._clock.now())):
                    raise UserError(
                        "This home is in use: it has orders, people or accounts of its own. Import "
                        "into a new one, with another TRADEGRAM_DATA_DIR."
                    )
                for table in TABLES:
                    db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own three words
                for each in lines:
                    _put(db, parts_of(each))
                db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreUnavailable(f"nothing was imported: {error}") from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        return db


def _lines(db: sqlite3.Connection, now: float) -> Iterator[str]:
    lives = "WHERE expires_at IS NULL OR expires_at > ?"
    for kind, body in db.execute(f"SELECT kind, body FROM records {lives}", (now,)):  # noqa: S608
        yield line(kind.partition(":")[0], body)
    for row in db.execute(
        "SELECT account_id, sequence, previous, body, digest FROM audit ORDER BY 1, 2"
    ):
        yield line("link", *row)
    for (body,) in db.execute("SELECT body FROM outbox ORDER BY id"):
        yield line("notice", body)


def _put(db: sqlite3.Connection, parts: list[Any]) -> None:
    if parts[0] == "link":
        account_id, one = link_of(parts)
        row = (account_id, one.sequence, one.previous, one.body, one.digest)
        db.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", row)
    elif parts[0] == "notice":
        db.execute("INSERT INTO outbox (body) VALUES (?)", (parts[1],))
    else:
        record = record_of(parts)
        if isinstance(record, Notice):
            raise StoreError("a notice stands where a record should")
        kind, key, *others = row_of(record)
        values = (kind, key, record.version, *others, parts[1])
        db.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
