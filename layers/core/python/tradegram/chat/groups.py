"""Groups of accounts that are ordered for together: `/settings group family main:2 wife:1`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tradegram.chat.commands.command import Holder
from tradegram.chat.grammar.accounts import account_at
from tradegram.chat.grammar.said import AccountSaid
from tradegram.chat.grammar.tokens import tokens
from tradegram.chat.preferences import (
    BEST,
    EVERY,
    Preferences,
    account_called,
    account_named,
    prefer,
)
from tradegram.chat.writing import label
from tradegram.errors import UserError
from tradegram.ports import Desk

MOST_GROUPS = 20
MOST_MEMBERS = 24  # as many as one ticket can be divided over
EXAMPLE = "Example: /settings group family main:2 wife:1"

_NAME = re.compile("[a-z0-9][a-z0-9-]{0,19}")


def set_group(desk: Desk, who: Holder, words: str) -> None:
    """`family main:2 wife:1` keeps a group, `family off` forgets it. Raises UserError."""
    name, _, rest = words.strip().removeprefix("#").casefold().partition(" ")
    if not name or not rest.strip():
        raise UserError(f"Which group, and who is in it? {EXAMPLE}")
    if rest.strip() == "off":
        prefer(desk, who.user_id, lambda mine: _without(mine, name))
        return
    _check_name(desk, name)
    members = _members(desk, rest.split())

    def add(mine: Preferences) -> Preferences:
        if name not in mine.groups and len(mine.groups) >= MOST_GROUPS:
            raise UserError(f"{MOST_GROUPS} groups are kept already; see /settings.")
        return replace(mine, groups={**mine.groups, name: members})

    prefer(desk, who.user_id, add)


def group_lines(desk: Desk, groups: Mapping[str, Mapping[str, int]]) -> Sequence[str]:
    """`#family: #main 2 : #wife 1`, plain text."""
    return [f"#{name}: {_in_words(desk, groups[name])}" for name in sorted(groups)]


def _in_words(desk: Desk, members: Mapping[str, int]) -> str:
    known = {account.account_id: account.name for account in desk.brokers.accounts()}
    return ", ".join(
        f"#{known.get(account_id, 'unlinked')} {weight}" for account_id, weight in members.items()
    )


def _without(mine: Preferences, name: str) -> Preferences:
    if name not in mine.groups:
        raise UserError(f"There is no group #{label(name, 20)}. /settings shows those there are.")
    return replace(mine, groups={one: mine.groups[one] for one in mine.groups if one != name})


def _check_name(desk: Desk, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError("A group's name is 1 to 20 small letters, digits or dashes, e.g. family.")
    if name in (EVERY, BEST):
        raise UserError(f"#{name} has a meaning of its own; choose another name.")
    if account_called(desk, name):
        raise UserError(f"#{name} is an account already; choose another name.")


def _members(desk: Desk, words: Sequence[str]) -> Mapping[str, int]:
    if len(words) > MOST_MEMBERS:
        raise UserError(f"A group has at most {MOST_MEMBERS} accounts.")
    members: dict[str, int] = {}
    for word in words:
        said = _said(word)
        account = account_named(desk, said.name)
        if account.account_id in members:
            raise UserError(f"#{account.name} is in it twice.")
        members[account.account_id] = said.weight or 1
    return members


def _said(word: str) -> AccountSaid:
    found = account_at(tokens(f"#{word.removeprefix('#')}"), 0) if word.strip("#") else None
    value = getattr(found, "value", None)
    if not value or value[0].amount is not None:
        raise UserError(f"“{label(word, 30)}” is no account with its weight. {EXAMPLE}")
    said: AccountSaid = value[0]
    return said
