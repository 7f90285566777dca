"""The command line's words for what was: import, tax report, audit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tradegram.bootstrap import local_home
from tradegram.chat.preferences import account_named
from tradegram.cli import home as cli_home
from tradegram.cli import vault as cli_vault
from tradegram.cli.terminal import Add
from tradegram.errors import UserError
from tradegram.history.importing import Imported, import_tradebook
from tradegram.settings import Settings

LARGEST_FILE = 64 * 1024 * 1024  # bytes
MOST_SHOWN = 50  # rows set aside that are named


def add_commands(add: Add) -> None:
    book = add("import", _import, "Import a whole desk, credentials, or past trades.")
    book.add_argument(
        "file",
        metavar="FILE",
        help="what `export` wrote, a tradebook CSV, or an older desk's SQLite file",
    )
    book.add_argument("--account", metavar="NAME", default="main", help="whose trades they are")
    book.add_argument("--stack", metavar="NAME", help=f"of a whole desk: {cli_home.STACK}")


def _import(settings: Settings, asked: argparse.Namespace) -> int:
    path = Path(asked.file)
    if cli_home.takes(path):
        return cli_home.import_home(settings, path, asked.stack)
    if asked.stack:
        raise UserError(f"{path.name} holds no whole desk; only that goes to --stack.")
    if cli_vault.takes(path):
        return cli_vault.import_credentials(settings, path)
    desk = local_home(settings).desk
    account = account_named(desk, asked.account)
    done = import_tradebook(desk, account.account_id, _read(path), path.name)
    for one in done.set_aside[:MOST_SHOWN]:
        print(f"line {one.line}: {one.why}", file=sys.stderr)
    if len(done.set_aside) > MOST_SHOWN:
        print(f"... and {len(done.set_aside) - MOST_SHOWN} more rows", file=sys.stderr)
    for trade in done.different[:MOST_SHOWN]:
        print(
            f"trade {trade.trade_id} of {trade.day} is on record with other terms; "
            "the record stays as it is",
            file=sys.stderr,
        )
    print(_summary(done))
    return 1 if done.set_aside or done.different else 0


def _summary(done: Imported) -> str:
    return (
        f"{done.new} new trades, {done.known} known before, {done.repeated} repeated in the file, "
        f"{len(done.set_aside)} rows set aside"
    )


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path.name} is larger than {LARGEST_FILE >> 20} MB. Import in parts.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror}.") from None
