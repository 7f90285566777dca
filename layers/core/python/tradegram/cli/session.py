"""The command line's words for logins: login, logout, test."""

from __future__ import annotations

import argparse
from urllib.parse import parse_qsl, urlsplit

from tradegram.bootstrap import LocalHome, local_home
from tradegram.brokers.contract import Login
from tradegram.chat.people import CONSOLE
from tradegram.cli.terminal import Add, secret, typed
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.sessions.keeper import UNATTENDED
from tradegram.settings import Settings
from tradegram.vault.credentials import CREDENTIAL

BY = "terminal"


def add_commands(add: Add) -> None:
    login = add("login", _login, "Log an account in at its broker.")
    login.add_argument("account", metavar="ACCOUNT", help="its name, or e.g. zerodha:AB1234")
    logout = add("logout", _logout, "End an account's session, here and at the broker.")
    logout.add_argument("account", metavar="ACCOUNT")
    test = add("test", _test, "Ask the broker who is logged in; changes nothing.")
    test.add_argument("account", metavar="ACCOUNT")


def _login(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    account = _live(home, asked.account)
    keeper, profile = home.keeper, home.desk.brokers.profile(account.account_id)
    if profile.login is Login.REDIRECT:
        print("Open this, log in, and paste here the address that the browser ends at, or the")
        print(f"{profile.token_word} in it:")
        print(keeper.login_url(account, home.desk.ids.nonce()))
        print(keeper.enter(account, _pasted(typed("> "), profile.token_word), BY))
        return 0
    linked = home.store.document(CREDENTIAL, account.account_id)
    if profile.login is Login.CODES and linked and UNATTENDED not in linked.body["fields"]:
        code = secret("One-time code of your authenticator app: ")
        print(keeper.enter(account, {"totp": code}, BY))
        return 0
    print(keeper.begin(account, CONSOLE).words)
    return 0


def _logout(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    print(home.keeper.leave(_live(home, asked.account), CONSOLE).words)
    return 0


def _test(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    account = _live(home, asked.account)
    print(home.keeper.prove(account, BY))
    return 0


def _live(home: LocalHome, word: str) -> Account:
    name = word.removeprefix("#")
    for account in home.desk.brokers.accounts():
        if account.mode is Mode.LIVE and name in (account.account_id, account.name):
            return account
    raise UserError(f"{name} is not linked. `tradegram status` lists what is.")


def _pasted(text: str, token_word: str) -> dict[str, str]:
    """An address with its parameters, or the token alone."""
    found = dict(parse_qsl(urlsplit(text).query))
    return found if found else {token_word: text}
