"""What a strategy's signals came to: each with its orders, and its result by FIFO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tradegram.brackets.start import bracket_with, has_levels
from tradegram.errors import NotFound
from tradegram.history.keep import kept_until
from tradegram.history.period import EARLIEST, Period
from tradegram.history.results import Result, results
from tradegram.orders.stage import order_ids
from tradegram.orders.state import Order
from tradegram.ports import Desk, Document
from tradegram.signals.follow import KIND, Outcome
from tradegram.tickets.ticket import Ticket

MOST = 500  # signals, the newest, whose orders are looked at


@dataclass(frozen=True, slots=True)
class Ledger:
    """sent, asked, denied: how many signals of each outcome. results: one for each currency."""

    sent: int
    asked: int
    denied: int
    results: Sequence[Result]


def signals(desk: Desk, strategy: str) -> Sequence[Document]:
    """Newest first."""
    found = desk.store.documents(KIND, f"{strategy}|")
    return sorted(found, key=lambda each: -float(each.body["at"]))


def ledger(
    desk: Desk, strategy: str, today: date, accounts: frozenset[str] = frozenset()
) -> Ledger:
    """
    Counts trades that the desk has kept, so those of the last minute may be missing.

    accounts: only what happened in these; empty for all.
    """
    found = [each for each in signals(desk, strategy)
             if not accounts or each.body.get("account", "") in accounts]  # fmt: skip
    counts = {one: sum(each.body["outcome"] == one for each in found) for one in Outcome}
    orders = [order for each in found[:MOST] for order in _orders(desk, each)]
    named = {(order.account_id, order.broker_order_id) for order in orders}
    trades = [
        trade
        for account_id in sorted({account_id for account_id, _ in named})
        for trade in kept_until(desk.store, account_id, today)
        if (account_id, trade.broker_order_id) in named
    ]
    period = Period(EARLIEST, today)
    return Ledger(
        counts[Outcome.SENT],
        counts[Outcome.ASKED],
        counts[Outcome.DENIED],
        results(trades, period),
    )


def _orders(desk: Desk, signal: Document) -> Sequence[Order]:
    """Those of its ticket, if it was confirmed, and the exits that a bracket made for them."""
    if not signal.body["ticket"]:
        return ()
    try:
        ticket = desk.store.ticket(signal.body["ticket"])
        own = [desk.store.order(key) for key in order_ids(ticket)]
    except NotFound:
        return ()  # asked about, and not confirmed
    return [*own, *_exits(desk, ticket, own)]


def _exits(desk: Desk, ticket: Ticket, own: Sequence[Order]) -> Sequence[Order]:
    if not has_levels(ticket.draft):
        return ()
    brackets = [found for order in own if (found := bracket_with(desk.store, order))]
    keys = {one.client_order_id for bracket in brackets for one in bracket.exits}
    return [desk.store.order(key) for key in sorted(keys)]
