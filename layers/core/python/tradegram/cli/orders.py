"""The command line's words for orders: `tradegram orders`, `cancel` and `modify`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence

from tradegram.bootstrap import local_home
from tradegram.chat import people
from tradegram.chat.commands.change import orders_meant
from tradegram.chat.finding import find_order, known_orders
from tradegram.chat.states import words_of
from tradegram.chat.typed import read_change
from tradegram.cli.terminal import Add
from tradegram.codes import next_step
from tradegram.errors import BrokerError, UserError
from tradegram.model import ExecutionReport
from tradegram.orders.cancel import want_cancel
from tradegram.orders.replace import check_terms, want_replace
from tradegram.orders.state import LOCAL, Order
from tradegram.ports import Desk
from tradegram.risk.changing import check_change
from tradegram.settings import Settings

SENT_BY = "A desk that runs (`tradegram run`) asks the broker within seconds."


def add_commands(add: Add) -> None:
    orders = add("orders", _orders, "List the orders in the brokers' own books.")
    orders.add_argument("--json", action="store_true", help="as a JSON list")
    orders.add_argument("--count", action="store_true", help="only how many, a bare number")
    orders.add_argument("--all", action="store_true", help="also those that never got there")
    cancel = add("cancel", _cancel, "Cancel what can still fill: `tradegram cancel ID --why ...`.")
    cancel.add_argument("which", help="the beginning of an id, a symbol, or all")
    cancel.add_argument("--account", metavar="NAME", help="only of this account")
    cancel.add_argument("--why", default="", metavar="REASON", help="kept in the audit chain")
    cancel.add_argument("--yes", action="store_true", help="do not ask first")
    change = add("modify", _modify, "Change a working order: `tradegram modify ID qty 5 @ 2955`.")
    change.add_argument("which", metavar="ID", help="the beginning of its id")
    change.add_argument("terms", nargs="+", help="what it should be, e.g. 2955, or qty 5 @ 2955")
    change.add_argument("--yes", action="store_true", help="do not ask first")


# -- list ----------------------------------------------------------------------------------------


def _orders(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    rows, silent = _reports(desk)
    ours = _by_wire_id(desk)
    unsent = [order for order in ours.values() if order.state in LOCAL] if asked.all else []
    if asked.count:
        print(len(rows) + len(unsent))
    elif asked.json:
        listed = [_plain(account, one, ours.get(one.client_order_id)) for account, one in rows]
        print(json.dumps([*listed, *map(_plain_unsent, unsent)], indent=2))
    else:
        for account_id, report in rows:
            print(_line(account_id, report))
        for order in unsent:
            print(_line_unsent(order))
        print(f"{len(rows)} orders at the brokers")
    return 1 if silent else 0


def _line(account_id: str, report: ExecutionReport) -> str:
    return (
        f"{account_id}  {report.broker_order_id}  {report.side} {report.instrument}  "
        f"{report.cum_quantity:f}/{report.quantity:f} @ {report.average_price:f}  "
        f"{report.status}"
    )


def _line_unsent(order: Order) -> str:
    intent = order.intent
    why = f"  {order.code}: {order.text}" if order.code else f"  {order.text}"
    return (
        f"{order.account_id}  {order.key}  {intent.side} {intent.instrument.key}  "
        f"0/{intent.quantity:f}  {words_of(order).words}{why if order.text else ''}"
    )


def _reports(desk: Desk) -> tuple[Sequence[tuple[str, ExecutionReport]], int]:
    """By account, and how many brokers did not answer; each of those is named."""
    rows, silent = list[tuple[str, ExecutionReport]](), 0
    for account in desk.brokers.accounts():
        try:
            book = desk.brokers.broker(account.account_id).order_book()
        except BrokerError as error:
            silent += 1
            print(f"{account.account_id}: {error.words}", file=sys.stderr)
        else:
            rows += [(account.account_id, report) for report in book.reports]
    return rows, silent


def _by_wire_id(desk: Desk) -> Mapping[str, Order]:
    """Our own record of the newest orders, by the id that the broker shows."""
    return {order.intent.wire_id or order.key: order for order in known_orders(desk)}


def _plain(account_id: str, report: ExecutionReport, ours: Order | None) -> dict[str, object]:
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
        **_why(ours),
    }


def _plain_unsent(order: Order) -> dict[str, object]:
    return {
        "account": order.account_id,
        "broker_order_id": "",
        "client_order_id": order.key,
        "instrument": order.intent.instrument.key,
        "side": order.intent.side,
        "status": words_of(order).unified,
        "quantity": f"{order.quantity:f}",
        "filled": "0",
        "average_price": "0",
        **_why(order),
    }


def _why(order: Order | None) -> dict[str, object]:
    """Why it did not go through, in the broker's or our own words; empty while it did."""
    if order is None or not order.code:
        return {"code": "", "words": "", "next_step": ""}
    return {"code": order.code, "words": order.text, "next_step": next_step(order.code)}


# -- cancel and modify ---------------------------------------------------------------------------


def _cancel(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    account = f" #{asked.account}" if asked.account else ""
    found = orders_meant(desk, f"{asked.which}{account}").orders
    able = [order for order in found if order.leaves_quantity and not order.cancel_wanted]
    if not able:
        raise UserError("Nothing to cancel: none of these can still fill.")
    for order in able:
        print(f"{order.account_id}  {_in_brief(order)}")
    if not _agreed(asked, f"Cancel {len(able)}?"):
        return 1
    why = asked.why.strip() or "asked at the terminal"
    for order in able:
        want_cancel(desk, order.key, user_id=people.CONSOLE, why=why)
    print(f"Asked for. {SENT_BY}")
    return 0


def _modify(settings: Settings, asked: argparse.Namespace) -> int:
    desk = local_home(settings).desk
    order = find_order(desk, asked.which)
    wanted = read_change(order, " ".join(asked.terms))
    check_terms(order, wanted, desk.brokers.profile(order.account_id))
    print(f"{order.account_id}  {_in_brief(order)}")
    prices = [f"{word} {value:f}" for word, value in
              (("@", wanted.price), ("trigger", wanted.trigger)) if value is not None]  # fmt: skip
    print(f"becomes {wanted.quantity:f} {wanted.order_type} {' '.join(prices)}")
    if not _agreed(asked, "Change it?"):
        return 1
    check_change(desk, order, wanted, people.CONSOLE)
    want_replace(desk, order.key, wanted, user_id=people.CONSOLE)
    print(f"Asked for. {SENT_BY}")
    return 0


def _in_brief(order: Order) -> str:
    intent = order.intent
    return (
        f"{order.key}  {intent.side} {order.quantity:f} {intent.instrument.key}  "
        f"{order.cum_quantity:f} filled  {order.state}"
    )


def _agreed(asked: argparse.Namespace, question: str) -> bool:
    if asked.yes:
        return True
    if not sys.stdin.isatty():
        raise UserError("Nothing was asked for: without a terminal to answer at, add --yes.")
    return input(f"{question} [y/N] ").strip().casefold() in ("y", "yes")
