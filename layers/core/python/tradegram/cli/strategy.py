"""The command line's words for strategies: list them, and make one's signing secret."""

from __future__ import annotations

import argparse

from tradegram.bootstrap import local_home
from tradegram.chat.people import CONSOLE
from tradegram.cli.terminal import Add
from tradegram.settings import Settings
from tradegram.signals.signing import Signing
from tradegram.signals.strategy import strategies

BY = "terminal"


def add_commands(add: Add) -> None:
    made = add("strategy", _strategy, "List strategies, or make the secret one signs with.")
    made.add_argument("name", nargs="?", metavar="NAME")
    made.add_argument("--secret", action="store_true", help="a new one, shown this once")
    made.add_argument("--user", type=int, default=CONSOLE, help="whose strategy it is")


def _strategy(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    if asked.name and asked.secret:
        signing = Signing(home.keeper.vault)
        print(signing.new(home.desk, asked.name.casefold(), asked.user, BY))
        return 0
    found = [one for one in strategies(home.desk) if asked.name in (None, one.name)]
    for one in found:
        where = one.account or "by region"
        print(f"{one.name}  {one.way}  user {one.user_id}  {where}  {one.rule} {one.size:f}")
    if not found:
        print("No strategy is set up. Its holder does that in the chat: /strategy NAME paper")
    return 0
