"""
The `tradegram` command line.

Answers on standard output, problems on standard error in one sentence. Exit code 0: done; 1: not
as it should be; 2: called wrongly.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence

from tradegram import __version__, cli_history, cli_reports, cli_risk, cli_vault
from tradegram.bootstrap import local_home
from tradegram.brokers.registry import open_paper_account
from tradegram.chat import people
from tradegram.errors import TradegramError
from tradegram.local import doctor
from tradegram.local.run import run
from tradegram.model import ExecutionReport, Position
from tradegram.ports import Desk
from tradegram.risk.kill import resume
from tradegram.settings import Settings, read

Command = Callable[[Settings, argparse.Namespace], int]


def main(words: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(words)
    command: Command = asked.command
    try:
        return command(read(os.environ), asked)
    except TradegramError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1  # the reader of our output has gone; there is nobody to tell


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="tradegram",
        description="An order desk in a Telegram chat and in your browser.",
        epilog="Settings are environment variables; README.md lists them.",
    )
    top.add_argument("--version", action="version", version=f"tradegram {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=command)
        return made

    add("run", lambda settings, _: run(settings), "Start the desk: console, and Telegram if set.")
    add("pair", _pair, "Print a one-time code; sent to the bot, it lets that person in.")
    orders = add("orders", _orders, "List the orders in the brokers' own books.")
    orders.add_argument("--json", action="store_true", help="as a JSON list")
    orders.add_argument("--count", action="store_true", help="only how many, a bare number")
    add("positions", _positions, "List what is held, by account.")
    accounts = add("accounts", _accounts, "List the accounts, or open one more on paper.")
    accounts.add_argument(
        "--add", metavar="NAME", help="open a paper account; orders name it #NAME"
    )
    add("resume", _resume, "Release the kill switch: orders may be sent again.")
    cli_history.add_commands(add)
    cli_risk.add_commands(add)
    cli_vault.add_commands(add)
    cli_reports.add_commands(add)
    add("doctor", lambda settings, _: doctor.examine(settings), "Check settings, clock, disk ...")
    return top


def _pair(settings: Settings, asked: argparse.Namespace) -> int:
    code = people.new_code(local_home(settings).desk)
    print(f"Send this to the bot within 10 minutes: /start {code}")
    return 0


def _orders(settings: Settings, asked: argparse.Namespace) -> int:
    rows = list(_reports(local_home(settings).desk))
    if asked.count:
        print(len(rows))
    elif asked.json:
        print(json.dumps([_plain(*row) for row in rows], indent=2))
    else:
        for account_id, report in rows:
            print(
                f"{account_id}  {report.broker_order_id}  {report.side} {report.instrument}  "
                f"{report.cum_quantity:f}/{report.quantity:f} @ {report.average_price:f}  "
                f"{report.status}"
            )
        print(f"{len(rows)} orders at the brokers")
    return 0


def _reports(desk: Desk) -> Sequence[tuple[str, ExecutionReport]]:
    return [
        (account.account_id, report)
        for account in desk.brokers.accounts()
        for report in desk.brokers.broker(account.account_id).order_book().reports
    ]


def _plain(account_id: str, report: ExecutionReport) -> dict[str, object]:
    return {
        "account": account_id,
        "broker_order_id": report.broker_order_id,
        "client_order_id": report.client_order_id,
        "instrument": report.instrument,
        "side": report.side,
        "status": report.status,
        "quantity": f"{report.quantity:f}",
        "filled": f"{report.cum_quantity:f}",
        "average_price": f"{report.average_price:f}",
    }


def _positions(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    lines = [
        _position_line(account.account_id, one)
        for account in desk.brokers.accounts()
        for one in desk.brokers.broker(account.account_id).positions()
    ]
    print("\n".join(lines) or "Nothing is held.")
    return 0


def _position_line(account_id: str, one: Position) -> str:
    last = "no price" if one.last_price is None else f"last {one.last_price:f}"
    return (
        f"{account_id}  {one.instrument.key} {one.product}  {one.quantity:f} "
        f"@ {one.average_price:.2f}  {last}  realised {one.realised:.2f}"
    )


def _accounts(settings: Settings, asked: argparse.Namespace) -> int:
    home = local_home(settings)
    desk = home.desk
    if asked.add is not None:
        open_paper_account(desk.store, asked.add)
    for account in desk.brokers.accounts():
        print(f"{account.account_id}  #{account.name}  {account.mode}  {account.currency}")
    for line in cli_vault.linked_lines(home):
        print(line)
    return 0


def _resume(settings: Settings, asked: argparse.Namespace) -> int:
    resume(local_home(settings).desk, "terminal")
    print("Orders may be sent again.")
    return 0
