"""The command line's words for API keys: `tradegram key new`, `key list`, `key revoke`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from tradegram.api.call import Scope
from tradegram.api.keys import PER_MINUTE, Key, Wanted, keys, make, revoke
from tradegram.bootstrap import local_home
from tradegram.chat.preferences import account_named
from tradegram.cli.risk import user_meant
from tradegram.cli.terminal import Add
from tradegram.errors import UserError
from tradegram.risk.stepup import AtTheTerminal
from tradegram.settings import Settings

SCOPES = {scope.value: scope for scope in Scope}


def add_commands(add: Add) -> None:
    key = add("key", _listed, "Make, list and revoke keys for the REST API.")
    verbs = key.add_subparsers(metavar="VERB")
    new = verbs.add_parser("new", help="make one; it is shown this once")
    new.set_defaults(command=_new)
    new.add_argument("name", metavar="NAME", help="small letters, digits, dashes, e.g. bot-1")
    new.add_argument("--may", default="read", metavar="RIGHTS", help="of read,trade,signal")
    new.add_argument("--alone", action="store_true", help="its orders need nobody's Confirm")
    new.add_argument(
        "--account", action="append", default=[], metavar="NAME", help="only this one; repeatable"
    )
    new.add_argument(
        "--per-minute", type=int, default=PER_MINUTE, metavar="N", help="requests it may make"
    )
    new.add_argument("--user", type=int, metavar="ID", help="whose; 0 is the console")
    verbs.add_parser("list", help="list them").set_defaults(command=_listed)
    gone = verbs.add_parser("revoke", help="it counts no more from now on")
    gone.set_defaults(command=_revoked)
    gone.add_argument("name", metavar="NAME", help="its name, or its whole id")


def _new(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    wanted = Wanted(
        asked.name,
        scopes_in(asked.may),
        alone=asked.alone,
        accounts=tuple(account_named(desk, name).account_id for name in asked.account),
        per_minute=asked.per_minute,
    )
    key, text = make(desk, user_meant(desk, asked), wanted, AtTheTerminal())
    print(text)
    print("It is shown this once. Whoever has it can do what it may; revoke it when it leaks:")
    print(f"tradegram key revoke {key.wanted.name}")
    return 0


def scopes_in(words: str) -> tuple[Scope, ...]:
    """Raises UserError."""
    found = [word for word in words.replace(",", " ").split() if word]
    if wrong := [word for word in found if word not in SCOPES]:
        raise UserError(f"There is no right “{wrong[0][:20]}”. There are: {', '.join(SCOPES)}.")
    return tuple(SCOPES[word] for word in dict.fromkeys(found))


def _listed(settings: Settings, asked: argparse.Namespace) -> int:
    found = keys(local_home(settings).desk)
    print("\n".join(_line(key) for key in found) or "There are no keys. tradegram key new NAME")
    return 0


def _line(key: Key) -> str:
    wanted = key.wanted
    alone = "  sends alone" if wanted.alone else ""
    where = f"  only {', '.join(wanted.accounts)}" if wanted.accounts else ""
    gone = f"  revoked {_day(key.revoked_at)}" if key.revoked_at else ""
    used = _day(key.used_at) if key.used_at else "never"
    return (
        f"{wanted.name}  {key.key_id}  user {key.user_id}  {','.join(wanted.scopes)}{alone}{where}"
        f"  {wanted.per_minute}/min  made {_day(key.made_at)}  last used {used}{gone}"
    )


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _revoked(settings: Settings, asked: argparse.Namespace) -> int:
    key = revoke(local_home(settings).desk, asked.name, "terminal")
    print(f"{key.wanted.name} is revoked: no request with it is served any more.")
    return 0
