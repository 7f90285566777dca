"""The command line's reports: the tax report, and the audit chains."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from tradegram.bootstrap import local_home
from tradegram.chat.preferences import account_named
from tradegram.cli.terminal import Add
from tradegram.errors import UserError
from tradegram.history import audited, tax
from tradegram.history.keep import kept_until
from tradegram.history.period import financial_year
from tradegram.history.writing import cents
from tradegram.ports import Desk
from tradegram.settings import Settings


def add_commands(add: Add) -> None:
    year = add("tax", _tax, "Write a financial year's closed lots for an Indian tax return.")
    year.add_argument("year", metavar="YEAR", help="e.g. 2026-27")
    year.add_argument("--account", metavar="NAME", default="main", help="whose trades")
    year.add_argument("--output", metavar="FILE", help="instead of standard output")
    chain = add("audit", _audit, "Check, show or export the record of who did what.")
    chain.add_argument(
        "what",
        choices=["verify", "show", "export"],
        help="verify: follow every link; show: the last events; export: JSON lines",
    )
    chain.add_argument("--account", metavar="NAME", help="only this one, or `desk`")
    chain.add_argument("--last", type=int, default=20, metavar="N", help="how many to show")
    chain.add_argument("--head", metavar="HEAD", help="a day statement's; it must be in the chain")
    chain.add_argument("--output", metavar="FILE", help="instead of standard output")


def _tax(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    account, year = account_named(desk, asked.account), financial_year(asked.year)
    trades = kept_until(desk.store, account.account_id, year.last)
    done = tax.report(trades, year)
    text = tax.tax_csv(done).decode("utf-8-sig" if asked.output is None else "utf-8")
    _write(asked.output, text.splitlines())
    for one in done.sums:
        print(
            f"{one.head}: realised {cents(one.realised)} {one.currency}, "
            f"turnover {cents(one.turnover)}, {one.closings} closed lots",
            file=sys.stderr,
        )
    left_out = len(done.uncovered) + len(done.expired)
    if left_out:
        print(f"{left_out} positions are not counted; see the file's end.", file=sys.stderr)
    return 1 if left_out else 0


def _audit(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    chosen = _chosen(desk, asked.account)
    if asked.what == "verify":
        return _verify(desk, chosen, (asked.head or "").casefold())
    if asked.what == "export":
        _write(asked.output, (row for one in chosen for row in audited.exported(desk, one)))
        return 0
    for account_id in chosen:
        print(f"{account_id}:")
        for link in deque(desk.store.chain(account_id), maxlen=max(asked.last, 1)):
            print(f"  {audited.shown(link)}")
    return 0


def _chosen(desk: Desk, name: str | None) -> list[str]:
    every = audited.accounts(desk)
    if name is None:
        return every
    return [name] if name in every else [account_named(desk, name).account_id]


def _verify(desk: Desk, chosen: list[str], noted: str) -> int:
    if noted and len(noted) < audited.PREFIX:
        raise UserError(f"A head has at least {audited.PREFIX} characters.")
    if noted and len(chosen) != 1:
        raise UserError("Say whose head it is: --account NAME.")
    broken = 0
    for account_id in chosen:
        done = audited.check(desk, account_id, noted)
        for sentence in done.wrong:
            print(f"{account_id}: {sentence}")
        if not done.links:
            print(f"{account_id}: the whole chain is missing")
        elif not done.wrong:
            print(f"{account_id}: {done.links} links, unbroken, head {done.head[:8]}")
        broken += bool(done.wrong) or not done.links
    return 1 if broken else 0


def _write(output: str | None, rows: Iterable[str]) -> None:
    """Never over a file that is there: a report may be the only one of its kind."""
    if output is None:
        for row in rows:
            print(row)
        return
    try:
        with Path(output).open("x", encoding="utf-8", newline="") as file:
            file.writelines(f"{row}\n" for row in rows)
    except FileExistsError:
        raise UserError(f"{output} is there already. Name another file.") from None
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror}.") from None
