"""
The record on one machine: one SQLite file, written through to the disk.

WAL with synchronous=FULL: a write that was answered survives a power cut. Writers that arrive
while another writes are put into one transaction with one flush (each behind its own savepoint,
so that one conflict does not undo its neighbours): many accounts share the cost of the disk.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tradegram.audit import Link, link
from tradegram.clock import SystemClock
from tradegram.copies import replace
from tradegram.errors import (
    Conflict,
    NotFound,
    SettingError,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from tradegram.orders.state import Order
from tradegram.ports import Change, Clock, Document, Event, Notice, Page, Record
from tradegram.store.batches import Batches, Waiting
from tradegram.store.items import dump, load_document, load_notice, load_order, load_ticket
from tradegram.tickets.ticket import Ticket

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL,
    account_id TEXT, staged_at REAL, settled INTEGER, expires_at REAL, body TEXT NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;
CREATE INDEX IF NOT EXISTS unsettled ON records (account_id, staged_at, key) WHERE settled = 0;
CREATE INDEX IF NOT EXISTS history ON records (account_id, staged_at, key)
    WHERE account_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS expiring ON records (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS audit (
    account_id TEXT NOT NULL, sequence INTEGER NOT NULL,
    previous TEXT NOT NULL, body TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (account_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL
) STRICT;
"""

COLUMNS = ("version", "account_id", "staged_at", "settled", "expires_at", "body")
# Whose an order is and when it was staged never changes, nor then its place in the history.
UPDATE = (
    "UPDATE records SET version = ?, settled = ?, expires_at = ?, body = ? "
    "WHERE kind = ? AND key = ? AND version = ? AND (expires_at IS NULL OR expires_at > ?)"
)
INSERT = (
    f"INSERT INTO records (kind, key, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608
    "ON CONFLICT (kind, key) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in COLUMNS)} WHERE expires_at <= ?"
)
LAST_LINK = (
    "SELECT sequence, previous, body, digest FROM audit WHERE account_id = ? "
    "ORDER BY sequence DESC LIMIT 1"
)

MOST_WRITTEN = 2048  # orders kept as they were written, their older versions too
BATCH = 64  # writers in one transaction; more would make the first wait for the last
PATIENCE = 5.0  # seconds to wait for another process (the command line) that is writing

# What the disk answers when it takes no more. A flush that fails is not among these: what it was
# to flush may be there.
NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
FULL = (
    "The disk is full or refuses writes, so nothing can be recorded and nothing is sent. Make room "
    "for TRADEGRAM_DATA_DIR; the desk then goes on by itself."
)

# What a change itself can be wrong about; its neighbours in a batch are none the worse for it.
ITS_OWN_FAULT = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError)

logger = logging.getLogger(__name__)

Job = Callable[[sqlite3.Connection], Any]


class SqliteStore:
    """Implements ports.Store. Safe to share between threads; one per process and file."""

    def __init__(self, path: str | Path, clock: Clock | None = None) -> None:
        """Raises SettingError when the file cannot be opened or is not a healthy database."""
        self._path = str(path)
        self._clock = clock or SystemClock()
        # One at a time has a connection: a thread that reads beside another on the same one reads
        # in that one's older snapshot. They outlive their threads, which come and go.
        self._idle: deque[sqlite3.Connection] = deque()
        self._open: list[sqlite3.Connection] = []
        # A command that ends without closing leaves no file open, and Python 3.13 no warning.
        weakref.finalize(self, _close, self._open).atexit = False
        self._opening = threading.Lock()
        self._batches = Batches[Job](self._write_batch, BATCH)
        self._tails: dict[str, Link | None] = {}  # ends of the audit chains, as written last
        # By their text, which is read anew all the same: whoever wrote an order reads it next.
        self._written: dict[str, Order] = {}
        self._full = False
        self._closed = False
        try:
            self._writer = self._connect()
            self._writer.executescript(SCHEMA)
            self.purge()
        except (sqlite3.Error, StoreUnavailable) as error:
            raise SettingError(
                f"The record {Path(self._path).name} cannot be used: {error}. Check that the disk "
                "is not full and that TRADEGRAM_DATA_DIR may be written, or restore a backup."
            ) from error

    def close(self) -> None:
        """Reads and writes after it raise StoreUnavailable. Harmless to repeat."""
        self._closed = True
        with self._batches.nobody_at_work(), self._opening:
            _close(self._open)

    def _still_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the record is closed")

    # -- reading ---------------------------------------------------------------------------------

    def order(self, client_order_id: str) -> Order:
        return self._order(self._body("order", client_order_id))

    def ticket(self, ticket_id: str) -> Ticket:
        return load_ticket(self._body("ticket", ticket_id))

    def document(self, kind: str, key: str) -> Document | None:
        rows = self._rows(
            "SELECT body FROM records WHERE kind = ? AND key = ? "
            "AND (expires_at IS NULL OR expires_at > ?)",
            (f"document:{kind}", key, self._clock.now()),
        )
        return load_document(rows[0][0]) if rows else None

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        rows = self._rows(
            "SELECT body FROM records WHERE kind = ? AND key >= ? AND key < ? "
            "AND (expires_at IS NULL OR expires_at > ?) ORDER BY key",
            (f"document:{kind}", prefix, prefix + "\U0010ffff", self._clock.now()),
        )
        return [load_document(body) for (body,) in rows]

    def unsettled(self, account_id: str) -> Sequence[Order]:
        rows = self._rows(
            "SELECT body FROM records WHERE account_id = ? AND settled = 0 ORDER BY staged_at, key",
            (account_id,),
        )
        return [self._order(body) for (body,) in rows]

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        staged_at, key = after.split("|") if after else ("9e99", "")
        rows = self._rows(
            "SELECT body FROM records WHERE account_id = ? AND (staged_at, key) < (?, ?) "
            "ORDER BY staged_at DESC, key DESC LIMIT ?",
            (account_id, float(staged_at), key, limit),
        )
        orders = [self._order(body) for (body,) in rows]
        more = len(orders) == limit
        return Page(orders, f"{orders[-1].staged_at!r}|{orders[-1].key}" if more else "")

    def notices(self, limit: int = 50) -> Sequence[Notice]:
        rows = self._rows("SELECT id, body FROM outbox ORDER BY id LIMIT ?", (limit,))
        return [replace(load_notice(body), notice_id=str(number)) for number, body in rows]

    def chain(self, account_id: str, after: int = -1) -> Iterator[Link]:
        while True:  # ends with the chain: every round reads links beyond the last
            rows = self._rows(
                "SELECT sequence, CAST(previous AS BLOB), CAST(body AS BLOB), "
                "CAST(digest AS BLOB) FROM audit "
                "WHERE account_id = ? AND sequence > ? ORDER BY sequence LIMIT 500",
                (account_id, after),
            )
            if not rows:
                return
            for sequence, *texts in rows:  # as they lie there: damage must not stop the reading
                yield Link(sequence, *(text.decode(errors="surrogateescape") for text in texts))
            after = rows[-1][0]

    def head(self, account_id: str) -> Link | None:
        rows = self._rows(
            "SELECT sequence, previous, body, digest FROM audit WHERE account_id = ? "
            "ORDER BY sequence DESC LIMIT 1",
            (account_id,),
        )
        return Link(*rows[0]) if rows else None

    def audited(self) -> Sequence[str]:
        rows = self._rows("SELECT DISTINCT account_id FROM audit ORDER BY 1", ())
        return [account_id for (account_id,) in rows]

    # -- writing ---------------------------------------------------------------------------------

    def commit(self, change: Change) -> Sequence[Record]:
        stored: Sequence[Record] = self._write(lambda db: self._apply(db, change))
        return stored

    def remove(self, document: Document) -> None:
        where = (f"document:{document.kind}", document.key)
        self._write(lambda db: db.execute("DELETE FROM records WHERE kind = ? AND key = ?", where))

    def delivered(self, notice: Notice) -> None:
        number = int(notice.notice_id)
        self._write(lambda db: db.execute("DELETE FROM outbox WHERE id = ?", (number,)))

    def purge(self) -> None:
        """Forget documents that have expired. Readers have not seen them since."""
        now = self._clock.now()
        self._write(lambda db: db.execute("DELETE FROM records WHERE expires_at <= ?", (now,)))

    def _apply(self, db: sqlite3.Connection, change: Change) -> Sequence[Record]:
        now = self._clock.now()
        stored = [self._put(db, record, now) for record in change.records]
        for event in change.events:
            self._append(db, event, now)
        for notice in change.notices:
            db.execute("INSERT INTO outbox (body) VALUES (?)", (dump(notice),))
        return stored

    def _put(self, db: sqlite3.Connection, record: Record, now: float) -> Record:
        """Over the version it was read at, and nothing else. Raises Conflict."""
        after = replace(record, version=record.version + 1)
        text = dump(after)
        if isinstance(after, Order):
            if len(self._written) >= MOST_WRITTEN:
                self._written.clear()
            self._written[text] = after
        kind, key, account_id, staged_at, settled, expires_at = row_of(record)
        ends = (settled, expires_at, text)
        if record.version:
            done = db.execute(UPDATE, (after.version, *ends, kind, key, record.version, now))
        else:
            # One that has expired is gone for every reader, and may be in the way for a while yet.
            done = db.execute(INSERT, (kind, key, after.version, account_id, staged_at, *ends, now))
        if done.rowcount != 1:
            raise Conflict(f"{kind} {key}")
        return after

    def _append(self, db: sqlite3.Connection, event: Event, at: float) -> None:
        account_id = event.account_id
        if account_id not in self._tails:
            self._tails[account_id] = _tail(db, account_id)
        try:
            self._tails[account_id] = _linked(db, event, self._tails[account_id], at)
        except sqlite3.IntegrityError:  # another process, the command line, has added to it
            self._tails[account_id] = _linked(db, event, _tail(db, account_id), at)

    def _write(self, job: Job) -> Any:
        self._still_open()
        return self._batches.do(job)

    def _write_batch(self, batch: Sequence[Waiting[Job]]) -> None:
        written = self._writer.total_changes
        try:
            # IMMEDIATE takes the write lock before the reads, so what we compare is current.
            self._writer.execute("BEGIN IMMEDIATE")
            if len(batch) == 1:
                self._alone(batch[0])
            else:
                for one in batch:
                    self._beside_others(one)
                self._writer.execute("COMMIT")
            if self._full and self._writer.total_changes > written:
                self._full = False
                logger.warning("The record can be written again.")
        except BaseException as error:
            failed = self._failed(error)
            for one in batch:
                one.error = failed
            if not isinstance(error, sqlite3.Error):
                raise
        finally:
            if self._writer.in_transaction:
                self._tails.clear()
                self._writer.execute("ROLLBACK")

    def _failed(self, error: BaseException) -> StoreUnavailable:
        text = f"the record could not be written: {error}"
        if getattr(error, "sqlite_errorcode", None) not in NO_ROOM:
            return StoreUnavailable(text)
        if not self._full:  # every write fails now: once is enough
            self._full = True
            logger.error(FULL)
        return StoreFull(text)

    def _alone(self, one: Waiting[Job]) -> None:
        """The transaction is its own, and is undone with it."""
        self._try(one)
        self._writer.execute("COMMIT" if one.error is None else "ROLLBACK")

    def _beside_others(self, one: Waiting[Job]) -> None:
        """Behind a savepoint, so that its conflict does not undo its neighbours."""
        self._writer.execute("SAVEPOINT one")
        self._try(one)
        if one.error is not None:
            self._writer.execute("ROLLBACK TO one")
        self._writer.execute("RELEASE one")

    def _try(self, one: Waiting[Job]) -> None:
        try:
            one.answer = one.job(self._writer)
        except ITS_OWN_FAULT as error:
            one.error = StoreError(f"a change cannot be written: {error}")
        except sqlite3.Error:
            raise  # the disk or the lock failed: nobody in this batch was written
        except Exception as error:
            one.error = error
        if one.error is not None:
            self._tails.clear()  # what it added to a chain is gone

    def _order(self, text: str) -> Order:
        return self._written.get(text) or load_order(text)

    def _body(self, kind: str, key: str) -> str:
        rows = self._rows("SELECT body FROM records WHERE kind = ? AND key = ?", (kind, key))
        if not rows:
            raise NotFound(f"{kind} {key}")
        body: str = rows[0][0]
        return body

    def _rows(self, query: str, values: Sequence[Any]) -> list[Any]:
        self._still_open()
        try:
            connection = self._idle_reader()
            try:
                return connection.execute(query, values).fetchall()
            finally:
                self._idle.append(connection)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the record could not be read: {error}") from error

    def _idle_reader(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            with self._opening:  # or a connection opened beside `close` would stay open
                self._still_open()
                return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        self._open.append(connection)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection


def _close(connections: Iterable[sqlite3.Connection]) -> None:
    for connection in connections:
        connection.close()


def row_of(record: Record) -> tuple[Any, ...]:
    """kind, key, account, staged_at, settled, expires_at."""
    if isinstance(record, Order):
        return "order", record.key, record.account_id, record.staged_at, int(record.settled), None
    if isinstance(record, Ticket):
        return "ticket", record.key, None, None, None, None
    return f"document:{record.kind}", record.key, None, None, None, record.expires_at


def _tail(db: sqlite3.Connection, account_id: str) -> Link | None:
    row = db.execute(LAST_LINK, (account_id,)).fetchone()
    return Link(*row) if row else None


def _linked(db: sqlite3.Connection, event: Event, tail: Link | None, at: float) -> Link:
    one = link(tail, event.body, at)
    db.execute(
        "INSERT INTO audit VALUES (?, ?, ?, ?, ?)",
        (event.account_id, one.sequence, one.previous, one.body, one.digest),
    )
    return one
