"""The command line's words for limits and for step-up: `tradegram risk`, `tradegram stepup`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from getpass import getpass

from tradegram.bootstrap import local_home
from tradegram.chat import people
from tradegram.chat.preferences import account_named
from tradegram.cli.terminal import Add
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.risk import totp
from tradegram.risk.change import UNSET, reset, set_limit
from tradegram.risk.limits import (
    TABLE,
    Limit,
    key_of_account,
    key_of_user,
    limit_named,
    own_limits,
)
from tradegram.risk.stepup import AtTheTerminal, forget, set_up_pin, set_up_totp
from tradegram.settings import Settings


def add_commands(add: Add) -> None:
    risk = add("risk", _risk, "Show or set limits: `tradegram risk order_value 200000`.")
    risk.add_argument("limit", nargs="?", help="which; without it all are listed")
    risk.add_argument("value", nargs="*", help="a value, off, or default")
    whose = risk.add_mutually_exclusive_group()
    whose.add_argument("--user", type=int, metavar="ID", help="whose; 0 is the console")
    whose.add_argument("--account", metavar="NAME", help="of an account instead of a person")
    risk.add_argument("--reset", action="store_true", help="forget everything set for them")
    step = add("stepup", _stepup, "Set up the code or PIN that less strict limits want in chat.")
    step.add_argument("--user", type=int, metavar="ID", help="whose; 0 is the console")
    how = step.add_mutually_exclusive_group()
    how.add_argument("--pin", action="store_true", help="a PIN, tapped on a keypad in chat")
    how.add_argument("--off", action="store_true", help="remove it; chat can loosen nothing then")


def _risk(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    key = _key(desk, asked)
    if asked.reset:
        print("Forgotten." if reset(desk, key, AtTheTerminal()) else "Nothing was set.")
        return 0
    if asked.limit is None:
        print("\n".join(_listed(desk, key)))
        return 0
    limit, words = limit_named(asked.limit), " ".join(asked.value)
    if not words:
        print(_line(desk, key, limit))
        return 0
    value = UNSET if words.casefold() == UNSET.value else limit.read(words)
    set_limit(desk, key, limit.name, value, user_id=people.CONSOLE, proof=AtTheTerminal())
    print(_line(desk, key, limit))
    return 0


def _key(desk: Desk, asked: argparse.Namespace) -> str:
    if asked.account is not None:
        return key_of_account(account_named(desk, asked.account).account_id)
    return key_of_user(user_meant(desk, asked))


def user_meant(desk: Desk, asked: argparse.Namespace) -> int:
    """Raises UserError when it is not said and there are several."""
    known = {people.CONSOLE: "the console", **{u.user_id: u.name for u in people.users(desk)}}
    if asked.user is None and len(known) == 1:
        return people.CONSOLE
    if asked.user not in known:
        names = ", ".join(f"{number} {name}".strip() for number, name in known.items())
        raise UserError(f"Whose? Add --user and one of: {names}.")
    return int(asked.user)


def _listed(desk: Desk, key: str) -> Sequence[str]:
    return [f"limits of {key.replace(':', ' ', 1)}", *(_line(desk, key, row) for row in TABLE)]


def _line(desk: Desk, key: str, limit: Limit) -> str:
    own = own_limits(desk.store, key)
    value = own[limit.name] if limit.name in own else getattr(desk.limits, limit.name)
    mark = "" if limit.name in own else "  (default)"
    return f"{limit.name:20}{limit.show(value)}{mark}"


def _stepup(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    user_id = user_meant(desk, asked)
    if asked.off:
        print("Removed." if forget(desk, user_id) else "Nothing was set up.")
    elif asked.pin:
        set_up_pin(desk, user_id, _asked_pin())
        print("The PIN is set. In chat it is tapped on a keypad, never typed.")
    else:
        secret = set_up_totp(desk, user_id)
        print("Scan this as a QR code or type the secret into an authenticator app.")
        print("It is shown this once; whoever has it can loosen your limits.")
        print(f"secret  {secret}")
        print(totp.address(secret, str(user_id)))
    return 0


def _asked_pin() -> str:
    """Not shown while it is typed. Raises UserError when the two tries differ."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    pin = getpass("PIN (6 digits): ")
    if getpass("Again: ") != pin:
        raise UserError("The two are not the same. Nothing was set.")
    return pin
