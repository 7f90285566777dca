"""
The `tradegram` command line.

Answers on standard output, problems on standard error in one sentence. Exit code 0: done; 1: not
as it should be; 2: called wrongly.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tradegram import __version__
from tradegram.bootstrap import local_home
from tradegram.brokers.registry import open_paper_account
from tradegram.chat import people
from tradegram.cli import history as cli_history
from tradegram.cli import home as cli_home
from tradegram.cli import keys as cli_keys
from tradegram.cli import orders as cli_orders
from tradegram.cli import reports as cli_reports
from tradegram.cli import risk as cli_risk
from tradegram.cli import session as cli_session
from tradegram.cli import sim as cli_sim
from tradegram.cli import strategy as cli_strategy
from tradegram.cli import vault as cli_vault
from tradegram.cli.terminal import Command
from tradegram.errors import BrokerError, TradegramError
from tradegram.local import doctor
from tradegram.local.run import run
from tradegram.model import Position
from tradegram.risk.kill import resume
from tradegram.settings import Settings, read


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
    cli_orders.add_commands(add)
    add("positions", _positions, "List what is held, by account.")
    accounts = add("accounts", _accounts, "List the accounts, or open one more on paper.")
    accounts.add_argument(
        "--add", metavar="NAME", help="open a paper account; orders name it #NAME"
    )
    go_on = add("resume", _resume, "Release the kill switch: orders may be sent again.")
    go_on.add_argument("--stack", metavar="NAME", help=cli_home.STACK)
    cli_history.add_commands(add)
    cli_risk.add_commands(add)
    cli_vault.add_commands(add)
    cli_home.add_commands(add)
    cli_session.add_commands(add)
    cli_strategy.add_commands(add)
    cli_reports.add_commands(add)
    cli_sim.add_commands(add)
    cli_keys.add_commands(add)
    checked = add("doctor", _doctor, "Check settings, clock, disk ..., or a desk on AWS.")
    checked.add_argument("--aws", metavar="STACK", help="look at the desk that make deploy made")
    return top


def _doctor(settings: Settings, asked: argparse.Namespace) -> int:
    if asked.aws is None:
        return doctor.examine(settings)
    from tradegram.cli import doctor_aws  # boto3 is not everybody's

    return doctor_aws.examine(settings, asked.aws)


def _pair(settings: Settings, asked: argparse.Namespace) -> int:
    code = people.new_code(local_home(settings).desk)
    print(f"Send this to the bot within 10 minutes: /start {code}")
    return 0


def _positions(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    lines, silent = list[str](), 0
    for account in desk.brokers.accounts():
        try:
            held = desk.brokers.broker(account.account_id).positions()
        except BrokerError as error:
            silent += 1
            print(f"{account.account_id}: {error.words}", file=sys.stderr)
        else:
            lines += [_position_line(account.account_id, one) for one in held]
    print("\n".join(lines) or "Nothing is held.")
    return 1 if silent else 0


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
    return 0


def _resume(settings: Settings, asked: argparse.Namespace) -> int:
    resume(cli_home.desk_of(settings, asked.stack), "terminal")
    print("Orders may be sent again.")
    return 0
