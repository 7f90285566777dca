"""Check an account's audit chain: link by link, and against what its statements wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tradegram.audit import MOST_FAULTS, Link, faults
from tradegram.history.statement import heads
from tradegram.ports import Desk

PREFIX = 4  # least characters of a head that somebody noted


@dataclass(frozen=True, slots=True)
class Checked:
    """wrong: sentences that name the link, at most so many; none when the chain is whole."""

    links: int
    head: str
    wrong: tuple[str, ...]


def check(desk: Desk, account_id: str, noted: str = "") -> Checked:
    """
    noted: the beginning of a head from a day statement; it must be in the chain.

    The statements catch what the links alone cannot: that the last of them were taken away, or
    that the whole chain was written anew.
    """
    wanted, found = dict(heads(desk, account_id)), False
    wrong: list[str] = []
    last: Link | None = None
    count = 0

    def passing() -> Iterator[Link]:
        nonlocal last, count, found
        for link in desk.store.chain(account_id):
            last, count = link, count + 1
            found = found or (bool(noted) and link.digest.startswith(noted))
            digest = wanted.pop(link.sequence, link.digest)
            if digest != link.digest:
                wrong.append(f"link {link.sequence} is not the one in that day's statement")
            yield link

    for fault in faults(passing()):
        if len(wrong) < MOST_FAULTS:
            wrong.append(str(fault))
    wrong += [f"link {at} of a day statement is missing at the end" for at in sorted(wanted)]
    if noted and not found:
        wrong.append(f"no link has the head {noted}")
    return Checked(count, last.digest if last else "", tuple(wrong[:MOST_FAULTS]))


def accounts(desk: Desk) -> list[str]:
    """All that should have a chain: adding an account is its first event."""
    known = {account.account_id for account in desk.brokers.accounts()}
    return sorted(known | set(desk.store.audited()))


def exported(desk: Desk, account_id: str) -> Iterator[str]:
    """One JSON object per link; `docs/audit.md` says how a stranger checks them."""
    for link in desk.store.chain(account_id):
        row = {
            "account": account_id,
            "sequence": link.sequence,
            "previous": link.previous,
            "body": link.body,
            "digest": link.digest,
        }
        yield json.dumps(row)


def shown(link: Link) -> str:
    """One line for a terminal: when, who, what, and the rest of it."""
    try:
        body: Mapping[str, Any] = json.loads(link.body)
    except ValueError:
        return f"{link.sequence}  unreadable"
    rest = {name: value for name, value in body.items() if name not in ("at", "by", "event")}
    return (
        f"{link.sequence}  {body.get('at', 'no time')}  {body.get('by', 'desk')}  "
        f"{body.get('event', '?')}  {json.dumps(rest, ensure_ascii=True)}"
    )
