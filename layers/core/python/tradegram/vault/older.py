"""
Credentials out of the SQLite file of an older desk, where they lie open.

Its table has a row per set: service, name, api_key, api_secret, username, password, neo_password,
pan, session_token, sid. Whatever it is called, it is known by these columns.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tradegram.errors import UserError
from tradegram.vault.sets import Given

MAGIC = b"SQLite format 3\0"
NEEDED = {"service", "name", "api_key"}
MOST_ROWS = 1000

# By their service: our broker, and their column for each of our fields.
SERVICES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "breeze": ("icicidirect", {"api_key": "api_key", "api_secret": "api_secret"}),
    "kotakneo": (
        "kotakneo",
        {"access_token": "api_key", "mobile": "username", "mpin": "neo_password"},
    ),
    "zerodha": ("zerodha", {"api_key": "api_key", "api_secret": "api_secret"}),
}


@dataclass(frozen=True, slots=True)
class Found:
    """left_out: a sentence for each row that is none of ours. Passwords and tokens stay there."""

    given: Sequence[Given]
    left_out: Sequence[str]


def is_sqlite(head: bytes) -> bool:
    """head: the first bytes of a file, at least 16."""
    return head.startswith(MAGIC)


def read_table(path: Path) -> Found:
    """Opens it for reading only. Raises UserError when there is no such table in the file."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            rows = [row for table in _tables(db) for row in _rows(db, table)]
    except sqlite3.Error as error:
        raise UserError(f"{path.name} cannot be read: {error}.") from None
    given, left_out = [], []
    for row in rows[:MOST_ROWS]:
        service, name = str(row["service"]).casefold(), str(row["name"])
        if service not in SERVICES:
            left_out.append(f"{service} {name}: no broker of that name can be linked")
            continue
        broker, columns = SERVICES[service]
        values = {ours: _value(row, theirs) for ours, theirs in columns.items()}
        given.append(Given(broker, _name(broker, name), "", values))
    return Found(given, left_out)


def _tables(db: sqlite3.Connection) -> Sequence[str]:
    names = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    found = [
        name
        for name in names
        if {row["name"] for row in db.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        >= NEEDED
    ]
    if not found:
        raise UserError("There is no table of credentials in this SQLite file.")
    return found


def _rows(db: sqlite3.Connection, table: str) -> Sequence[sqlite3.Row]:
    quoted = table.replace('"', '""')
    return db.execute(f'SELECT * FROM "{quoted}" LIMIT ?', (MOST_ROWS,)).fetchall()  # noqa: S608


def _value(row: sqlite3.Row, column: str) -> str:
    value = row[column] if column in row.keys() else None  # noqa: SIM118 - a Row is not a mapping
    return "" if value is None else str(value).strip()


def _name(broker: str, name: str) -> str:
    """`kotakneo` for their `default`, else `kotakneo-prod`: names are unique over all brokers."""
    word = re.sub("[^a-z0-9]+", "-", name.casefold()).strip("-")
    return broker if word in ("", "default") else f"{broker}-{word}"[:20].strip("-")
