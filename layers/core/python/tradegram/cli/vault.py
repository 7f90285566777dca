"""The command line's words for credentials and for people: link, status, rotate, users ..."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tradegram.bootstrap import LocalHome, data_folder, local_home, public_url
from tradegram.brokers.registry import known_accounts
from tradegram.chat import people
from tradegram.cli.terminal import Add, secret, typed
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.sessions.postback import brokers as posting
from tradegram.sessions.postback import path_secret
from tradegram.sessions.standing import Standing
from tradegram.sessions.words import until_words
from tradegram.settings import Settings
from tradegram.vault import backup, older
from tradegram.vault.credentials import Vault
from tradegram.vault.environment import found
from tradegram.vault.fields import NEEDS, Field, needs_of
from tradegram.vault.keyring import KEY_FILE, LocalKeyRing
from tradegram.vault.passphrase import good
from tradegram.vault.rotation import rotate
from tradegram.vault.sets import CredentialSet, Given

BY = "terminal"
UNLOCKED = (
    f"Sealed with {KEY_FILE} beside the record: a copy of the record alone opens nothing, but "
    "whoever reads the whole data directory can. `tradegram rotate --passphrase` locks it."
)
LOCKED = f"Sealed with {KEY_FILE}, which a passphrase locks."


def add_commands(add: Add) -> None:
    link = add("link", _link, "Give a broker's credentials; asked for here, never shown again.")
    link.add_argument("broker", choices=sorted(NEEDS), metavar="BROKER", help=", ".join(NEEDS))
    link.add_argument("--name", help="what people type after #; the broker's name by default")
    link.add_argument("--client", help="your number there; it names the account, e.g. AB1234")
    link.add_argument(
        "--from-env", action="store_true", help="from variables such as ZERODHA_API_KEY"
    )
    add("status", _status, "List what is linked, what is missing, who is logged in.")
    unlink = add("unlink", _unlink, "Forget the credentials of an account.")
    unlink.add_argument("account", metavar="ACCOUNT", help="its name, or e.g. zerodha:AB1234")
    turn = add("rotate", _rotate, "Seal every credential again under a new key.")
    turn.add_argument(
        "--passphrase", action="store_true", help="ask for a new one; empty locks nothing"
    )
    users = add("users", _users, "List the people of this desk, or give one another role.")
    users.add_argument("user", nargs="?", type=int, metavar="ID", help="whose role to change")
    users.add_argument("--role", choices=people.ROLES, help="viewers look and do not trade")
    users.add_argument("--remove", action="store_true", help="the person may not use it any more")


def takes(path: Path) -> bool:
    """Whether `tradegram import` of this file is about credentials."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False  # whoever reads it next says why
    return backup.is_backup(head) or older.is_sqlite(head)


def import_credentials(settings: Settings, path: Path) -> int:
    """A backup of ours, or the SQLite table of an older desk."""
    vault, _ = vault_of(local_home(settings), settings)
    with path.open("rb") as file:
        content = file.read(backup.LARGEST + 1)
    if older.is_sqlite(content):
        found = older.read_table(path)
        for sentence in found.left_out:
            print(sentence, file=sys.stderr)
        accounts = vault.link_all(found.given, BY, partly=True)
        print(f"{path.name} still holds them in the open: delete it when all is well.")
    else:
        accounts = backup.restore(vault, content, secret("Passphrase of the backup: "), BY)
    ids = {account.account_id for account in accounts}
    for each in vault.sets():
        if each.account_id in ids:
            print(_line(each))
    print(f"{len(accounts)} sets of credentials imported")
    return 0


def _link(settings: Settings, asked: argparse.Namespace) -> int:
    needs = needs_of(asked.broker)
    home = local_home(settings)
    vault, ring = vault_of(home, settings)
    from_env = found(asked.broker, os.environ if asked.from_env else {})
    client = asked.client or from_env.client
    if needs.client and not client and not asked.from_env:
        client = typed(f"{needs.title} {needs.client} (it names the account): ")
    values = from_env.values if asked.from_env else {each.name: _ask(each) for each in needs.fields}
    named = {one.account_id: one.name for one in known_accounts(home.store)}
    name = asked.name or named.get(f"{asked.broker}:{client}") or asked.broker
    account = vault.link(Given(asked.broker, name, client, values), BY)
    print(f"{account.account_id} is linked as #{account.name}. `tradegram login {account.name}`")
    print("logs in; in the chat it is /login.")
    print(LOCKED if ring.is_locked else UNLOCKED)
    return 0


def _status(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    vault, ring = vault_of(home, settings)
    sets = vault.sets()
    if not sets:
        print("Nothing is linked. `tradegram link BROKER` gives a broker's credentials.")
        return 0
    for each in sets:
        account = home.desk.brokers.account(each.account_id)
        print(f"{_line(each)}  {_standing(home.keeper.standing(account))}")
    if any(each.broker in posting() for each in sets):
        secret = path_secret(home.store, home.desk.ids)
        print(f"Postbacks of Zerodha go to {public_url(settings)}/postback/zerodha/{secret}")
    print(LOCKED if ring.is_locked else UNLOCKED)
    return 0


def _unlink(settings: Settings, asked: argparse.Namespace) -> int:
    vault, _ = vault_of(local_home(settings), settings)
    word = asked.account.removeprefix("#")
    found = [each for each in vault.sets() if word in (each.account_id, each.name)]
    if not found:
        raise UserError(f"{word} is not linked. `tradegram status` lists what is.")
    vault.unlink(found[0].account_id, BY)
    print(
        f"{found[0].account_id} is unlinked. Its keys still work at the broker until you revoke "
        "them there."
    )
    return 0


def _rotate(settings: Settings, asked: argparse.Namespace) -> int:
    vault, ring = vault_of(local_home(settings), settings)
    passphrase = None
    if asked.passphrase:
        ring.keys()  # asks for the old one first
        passphrase = chosen("New passphrase for the key file; empty for none: ", empty=True)
    count = rotate(vault, ring, BY, passphrase)
    print(f"{count} secrets are sealed under a new key; the old one is forgotten.")
    print(LOCKED if ring.is_locked else UNLOCKED)
    if ring.is_locked:
        print("Set TRADEGRAM_VAULT_PASSPHRASE where the desk runs.")
    return 0


def export_credentials(settings: Settings, path: Path) -> int:
    vault, _ = vault_of(local_home(settings), settings)
    count = backup.export(vault, path, chosen("Passphrase for the backup: "), BY)
    print(f"{count} sets of credentials are in {path.name}. Without the passphrase nothing opens")
    print("it, so keep the two apart. `tradegram import` brings them back.")
    return 0


def _users(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    if asked.remove:
        _remove(desk, settings, asked.user)
    elif asked.user is not None:
        if asked.role is None:
            raise UserError("Say which role: tradegram users ID --role owner, trader or viewer.")
        people.give_role(desk, asked.user, asked.role, BY)
    elif asked.role is not None:
        raise UserError(f"Say who: tradegram users ID --role {asked.role}.")
    for each in people.users(desk):
        print(f"{each.user_id}  {each.role}  {each.name}".rstrip())
    if not people.users(desk):
        print("Nobody but you at this machine. `tradegram pair` lets somebody in.")
    return 0


def _remove(desk: Desk, settings: Settings, user_id: int | None) -> None:
    if user_id is None:
        raise UserError("Say who: tradegram users ID --remove.")
    if user_id in settings.allowed_users:
        raise UserError(
            f"{user_id} stands in TRADEGRAM_ALLOWED_USERS. Take the id out there, start again, and "
            "say this once more."
        )
    if not people.unpair(desk, user_id, BY):
        raise UserError(f"Nobody with the id {user_id} is paired. `tradegram users` lists them.")


def vault_of(home: LocalHome, settings: Settings) -> tuple[Vault, LocalKeyRing]:
    path = data_folder(settings) / KEY_FILE
    known = settings.vault_passphrase

    def passphrase() -> str:
        if known is not None:
            return known.get_secret_value()
        return secret("Passphrase of the key file: ") if ring.is_locked else ""

    ring = LocalKeyRing(path, passphrase)
    return Vault(home.store, home.desk.clock, ring), ring


def _line(each: CredentialSet) -> str:
    parts = [f"{each.account_id}  #{each.name}", ", ".join(each.fields)]
    if each.missing:
        parts.append(f"missing: {', '.join(each.missing)}")
    return "  ".join(parts)


def _standing(found: Standing) -> str:
    if found.is_in:
        return f"logged in{until_words(found.until)}"
    why = f": {found.words}" if found.words else ""
    return f"not logged in{why}"


def _ask(each: Field) -> str:
    optional = "" if each.needed else " (may stay empty)"
    question = f"{each.title}{optional}: "
    return secret(question) if each.hidden else typed(question)


def chosen(question: str, *, empty: bool = False) -> str:
    """Asked twice. Raises UserError."""
    first = secret(question)
    if empty and not first:
        return ""
    good(first)
    if sys.stdin.isatty() and secret("Once more: ") != first:
        raise UserError("The two are not the same. Nothing was written.")
    return first
