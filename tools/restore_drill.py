"""
Restore the record beside the real one and look at it: a backup that nobody restored is a hope.

    python tools/restore_drill.py                        this machine's record, TRADEGRAM_DATA_DIR
    python tools/restore_drill.py --from FOLDER          a copy of it that was made before
    python tools/restore_drill.py --stack desk           the table on AWS, as it was a moment ago
    python tools/restore_drill.py --stack desk --at 2026-11-20T09:15+05:30 --export FILE

Every row is read, every audit chain followed, and each compared with the record that is live:
what was restored must be its beginning. Nothing live is touched, and what was restored is deleted,
unless --keep. --export writes it into a file that `tradegram import` takes into a new home.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import Any

from tradegram.audit import Link
from tradegram.bootstrap import RECORD
from tradegram.clock import SystemClock
from tradegram.errors import TradegramError, UserError
from tradegram.moving.archive import Chains
from tradegram.ports import Store
from tradegram.settings import read
from tradegram.store.sqlite import SqliteStore
from tradegram.store.sqlite_whole import SqliteWhole
from tradegram.store.whole import Whole, link_of, parts_of
from tradegram.vault.keyring import KEY_FILE

LONGEST = 2 * 3600.0  # seconds that a restore on AWS is waited for
LOOK = 15.0  # seconds between two looks


@dataclass(slots=True)
class Restored:
    """What was found. of: lines by kind. heads: the last link of every chain."""

    of: dict[str, int] = field(default_factory=dict[str, int])
    heads: dict[str, Link] = field(default_factory=dict[str, Link])
    faults: list[str] = field(default_factory=list[str])


def main(words: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(words)
    began = time.monotonic()
    try:
        drill = _on_aws(asked) if asked.stack else _on_this_machine(asked)
        with drill as (whole, live):
            found = examined(whole, live)
            if asked.export and not found.faults:
                _export(asked)
    except TradegramError as error:
        print(error, file=sys.stderr)
        return 1
    for each in found.faults:
        print(f"BAD  {each}")
    counted = ", ".join(f"{number} {kind}s" for kind, number in sorted(found.of.items()))
    print(f"{'BAD ' if found.faults else 'ok  '} restored and read: {counted or 'nothing'}")
    print(f"     {len(found.heads)} audit chains, in {time.monotonic() - began:.0f} s")
    return 1 if found.faults else 0


def examined(whole: Whole, live: Store) -> Restored:
    """Everything that was restored, followed link by link and held against the live chains."""
    found, chains = Restored(), Chains()
    for text in whole.lines():
        parts = parts_of(text)
        found.of[parts[0]] = found.of.get(parts[0], 0) + 1
        chains.add(text)
        if parts[0] == "link":
            account_id, link = link_of(parts)
            found.heads[account_id] = link
    found.faults += [f"{account_id}: its chain is broken" for account_id in sorted(chains.broken)]
    found.faults += [
        f"{account_id}: the live chain has another link {head.sequence}"
        for account_id, head in found.heads.items()
        if not _goes_on(live, account_id, head)
    ]
    if missing := sorted(set(live.audited()) - found.heads.keys()):
        print(f"     begun since: {', '.join(missing)}")
    return found


def _goes_on(live: Store, account_id: str, head: Link) -> bool:
    return next(iter(live.chain(account_id, head.sequence - 1)), None) == head


# -- one machine -----------------------------------------------------------------------------------


@contextmanager
def _on_this_machine(asked: argparse.Namespace) -> Iterator[tuple[Whole, Store]]:
    live_folder = read(os.environ).data_dir.expanduser()
    with tempfile.TemporaryDirectory(prefix="tradegram-drill-") as made:
        folder = Path(made)
        if asked.from_folder:
            shutil.copytree(asked.from_folder, folder, dirs_exist_ok=True)
        else:
            back_up(live_folder, folder)
        with closing(sqlite3.connect(folder / RECORD)) as db:
            [(answer,)] = db.execute("PRAGMA integrity_check(1)").fetchall()
        if answer != "ok":
            raise UserError(f"The copy is damaged: {answer}.")
        clock = SystemClock()
        live = SqliteStore(live_folder / RECORD, clock)
        try:
            yield SqliteWhole(folder / RECORD, clock), live
        finally:
            live.close()


def back_up(live: Path, folder: Path) -> None:
    """
    A copy that a running desk does not disturb. A copy of the file alone would miss what is still
    in the log beside it. Raises UserError.
    """
    if not (live / RECORD).exists():
        raise UserError(f"There is no record in {live}. Set TRADEGRAM_DATA_DIR.")
    source = sqlite3.connect(live / RECORD)
    target = sqlite3.connect(folder / RECORD)
    with closing(source), closing(target):
        source.backup(target)
    if (live / KEY_FILE).exists():
        shutil.copy2(live / KEY_FILE, folder / KEY_FILE)


# -- AWS -------------------------------------------------------------------------------------------


@contextmanager
def _on_aws(asked: argparse.Namespace) -> Iterator[tuple[Whole, Store]]:
    from tradegram import aws
    from tradegram.cli.home_aws import find
    from tradegram.store.dynamodb import DynamoStore
    from tradegram.store.dynamodb_whole import DynamoWhole

    client: Any = aws.clients().dynamodb
    table = find(asked.stack).table
    restored = f"{table}-drill"
    restore(client, table, restored, asked.at, time.sleep)
    clock = SystemClock()
    try:
        yield DynamoWhole(client, restored, clock), DynamoStore(client, table, clock)
    finally:
        if asked.keep:
            print(f"     kept as {restored}; delete it when you are done: it costs as it lies")
        else:
            client.delete_table(TableName=restored)


def restore(
    client: Any, table: str, to: str, at: datetime | None, pause: Callable[[float], None]
) -> None:
    """A new table as the other was. at: None is the last moment that can be restored."""
    backups = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    if backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "ENABLED":
        raise UserError(f"{table} keeps no point-in-time backups. `make deploy` switches them on.")
    moment = {"UseLatestRestorableTime": True} if at is None else {"RestoreDateTime": at}
    client.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=to, **moment)
    until = time.monotonic() + LONGEST
    while client.describe_table(TableName=to)["Table"]["TableStatus"] != "ACTIVE":
        if time.monotonic() > until:
            raise UserError(f"{to} is still being restored. Look at it later, with --keep.")
        pause(LOOK)


def _export(asked: argparse.Namespace) -> None:
    """What was restored, with the credentials that its stack's key opens."""
    from tradegram import aws
    from tradegram.cli.home_aws import Stack, find, home_of
    from tradegram.moving.home import leave

    stack = find(asked.stack)
    restored = Stack(f"{stack.table}-drill", stack.key, ())
    home = home_of(read({}), restored, aws.clients())
    passphrase = getpass("Passphrase for the file: ") if sys.stdin.isatty() else input()
    leave(home, Path(asked.export), passphrase, "restore drill", anyway=True)
    print(f"     {asked.export} holds it; `tradegram import` takes it into a new home")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Restore the record beside the real one.")
    parser.add_argument("--from", dest="from_folder", metavar="FOLDER", help="a copy made before")
    parser.add_argument("--stack", metavar="NAME", help="the table of this stack on AWS")
    parser.add_argument("--at", type=datetime.fromisoformat, metavar="MOMENT", help="with a zone")
    parser.add_argument("--keep", action="store_true", help="do not delete the restored table")
    parser.add_argument("--export", metavar="FILE", help="of the stack, for `tradegram import`")
    return parser


if __name__ == "__main__":
    sys.exit(main())
