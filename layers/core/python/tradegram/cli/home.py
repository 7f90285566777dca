"""The command line's words for moving a desk: `tradegram export` and `import` of a whole home."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

from tradegram.bootstrap import RECORD, data_folder, local_home, only_one
from tradegram.cli import vault as cli_vault
from tradegram.cli.terminal import Add, secret
from tradegram.errors import UserError
from tradegram.moving import archive
from tradegram.moving.archive import Archive, Count
from tradegram.moving.home import Home, enter, leave
from tradegram.ports import Desk
from tradegram.settings import Settings
from tradegram.store.sqlite_whole import SqliteWhole
from tradegram.vault import locked_file

HEAD = 64  # bytes that show what a file is
STACK = "the home on AWS: the name of its stack; without it this machine's TRADEGRAM_DATA_DIR"


def add_commands(add: Add) -> None:
    leaving = add(
        "export",
        _export,
        "Write the whole desk into a file locked by a passphrase, to go on in another home.",
    )
    leaving.add_argument("file", metavar="FILE")
    leaving.add_argument("--stack", metavar="NAME", help=STACK)
    leaving.add_argument(
        "--anyway", action="store_true", help="also while an order's outcome is unknown"
    )
    leaving.add_argument(
        "--credentials", action="store_true", help="only the brokers' credentials; the desk goes on"
    )


def takes(path: Path) -> bool:
    """Whether `tradegram import` of this file is about a whole desk."""
    try:
        with path.open("rb") as file:
            return locked_file.is_of(file.read(HEAD), archive.KIND)
    except OSError:
        return False  # whoever reads it next says why


def import_home(settings: Settings, path: Path, stack: str | None) -> int:
    file = Archive(path, secret("Passphrase of the file: "))
    count = file.examined()  # before anything is stopped for it
    with _home(settings, stack, filled=True) as home:
        enter(home, file, count, cli_vault.BY)
    print(f"{_in_words(count)} are here, and every audit chain is whole.")
    print("The kill switch is on: this desk watches and sends nothing. When the desk you left will")
    print(f"not send either, say {_resume(stack)}. Log in at the brokers again: days' tokens")
    print("did not travel, and neither did the settings of the environment.")
    return 0


def _export(settings: Settings, asked: argparse.Namespace) -> int:
    path = Path(asked.file)
    if asked.credentials:
        if asked.stack:
            raise UserError("--credentials writes those of this machine. Leave out --stack.")
        return cli_vault.export_credentials(settings, path)
    passphrase = cli_vault.chosen("Passphrase for the file: ")
    back = _resume(asked.stack)
    with _home(settings, asked.stack, filled=False) as home:
        count = leave(home, path, passphrase, cli_vault.BY, anyway=asked.anyway)
    print(f"{_in_words(count)} are in {path.name}. Without the passphrase nothing opens it.")
    print("The kill switch is on, here and in the file: two desks must never trade for the same")
    print("accounts, so no order is sent and no stop is carried out until one of them resumes.")
    print(f"`tradegram import` fills another home with it; to stay in this one say {back}.")
    return 0


def desk_of(settings: Settings, stack: str | None) -> Desk:
    """Of a home that goes on meanwhile."""
    desk: Desk = local_home(settings).desk if stack is None else _aws().desk_of(settings, stack)
    return desk


def _home(settings: Settings, stack: str | None, *, filled: bool) -> AbstractContextManager[Home]:
    if stack is None:
        return _this_machine(settings)
    made: AbstractContextManager[Home] = _aws().stopped_stack(settings, stack, filled=filled)
    return made


def _aws() -> ModuleType:
    """Loaded when it is needed: whoever has one machine need not have boto3."""
    try:
        from tradegram.cli import home_aws
    except ImportError:
        raise UserError("--stack needs boto3: pip install 'tradegram[aws]'.") from None
    return home_aws


@contextmanager
def _this_machine(settings: Settings) -> Iterator[Home]:
    """Raises SettingError while a desk runs on it."""
    folder = data_folder(settings)
    let_go = only_one(folder)
    try:
        home = local_home(settings)
        vault, _ = cli_vault.vault_of(home, settings)
        yield Home(home.desk, vault, SqliteWhole(folder / RECORD, home.desk.clock))
    finally:
        let_go()


def _resume(stack: str | None) -> str:
    return f"`tradegram resume --stack {stack}`" if stack else "`tradegram resume`"


def _in_words(count: Count) -> str:
    counted = [
        f"{count.of.get(kind, 0)} {words}"
        for kind, words in (
            ("order", "orders"),
            ("link", "audit events"),
            ("secret", "sets of secrets"),
        )
    ]
    return f"{', '.join(counted[:-1])} and {counted[-1]}"
