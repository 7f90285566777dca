"""
One machine's desk whose only broker is a Kite on loopback: the process that the soak kills.

    python -m bench.soak_desk FOLDER BROKER_URL

Says `ready` once it serves. Reads one request a line, and answers each with its number:

    open N QUANTITY            a ticket for so many shares     opened N TICKET VERSION
    confirm N TICKET VERSION   as a press of Confirm           confirmed N CLIENT_ORDER_ID
    cancel N CLIENT_ORDER_ID   as a press of Cancel            cancelled N
    unsettled N                orders without an end yet       unsettled N COUNT

What goes wrong is answered `failed N WORDS`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from bench.order_path import KITE, with_kite
from tradegram.bootstrap import local_home, only_one
from tradegram.chat.asked import Asked
from tradegram.errors import TradegramError
from tradegram.local.workers import Workers
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Instrument, OrderType, Quote, Side
from tradegram.orders.abandoned import take_back
from tradegram.orders.cancel import want_cancel
from tradegram.orders.stage import client_order_id
from tradegram.orders.state import TERMINAL
from tradegram.ports import Desk
from tradegram.settings import read
from tradegram.tickets.desk import LookAgain, confirm_ticket, open_ticket
from tradegram.tickets.errors import AlreadyConfirmed

MESSAGE = "web:0:1"


class OneMarket:
    """Implements ports.Quotes: simulated prices for every account; the soak's broker has none."""

    def __init__(self, desk: Desk) -> None:
        self._feed = SimulatedQuotes(desk.clock, 1, desk.instruments)

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        return self._feed.quote(instrument)


def main() -> int:
    folder, broker = sys.argv[1:]
    settings = read({"TRADEGRAM_DATA_DIR": folder, "TRADEGRAM_PAPER_ALWAYS_OPEN": "1"})
    with ExitStack() as parts:
        parts.callback(only_one(Path(folder)))
        home = local_home(settings)
        parts.callback(home.store.close)
        desk = with_kite(home.desk, broker)
        # The guard would stop a person who buys five times a second all day.
        limits = replace(desk.limits, share_of_balance=Decimal(1), duplicate_window=0.0)
        desk = replace(desk, limits=limits, quotes=OneMarket(desk))
        for account in desk.brokers.accounts():
            take_back(desk, account.account_id)
        workers = Workers(desk)
        home.doorbell.answered_by(workers)
        workers.start()
        parts.callback(workers.stop)
        print("ready", flush=True)
        for line in sys.stdin:
            print(_answer(desk, *line.split()), flush=True)
    return 0


def _answer(desk: Desk, what: str, number: str, *words: str) -> str:
    try:
        return f"{DONE[what]} {number} {WORK[what](desk, *words)}".strip()
    except TradegramError as error:
        return f"failed {number} {error}".replace("\n", " ")


def _open(desk: Desk, quantity: str) -> str:
    instrument = desk.instruments.find("NSE:RELIANCE")
    quote = desk.quotes.quote(instrument) if instrument else None
    assert instrument is not None
    assert quote is not None
    asked = Asked(
        instrument, Side.BUY, Decimal(quantity), order_type=OrderType.LIMIT, price=quote.ask,
        account=KITE.name,
    )  # fmt: skip
    ticket = open_ticket(desk, user_id=0, asked=asked, source_text="soak")
    return f"{ticket.ticket_id} {ticket.version}"


def _confirm(desk: Desk, ticket_id: str, version: str) -> str:
    try:
        done = confirm_ticket(
            desk, user_id=0, ticket_id=ticket_id, version=int(version), message=MESSAGE
        )
        if isinstance(done, LookAgain):
            return _confirm(desk, ticket_id, str(done.ticket.version))
    except AlreadyConfirmed:
        pass  # by a press whose answer was lost with the process
    return client_order_id(ticket_id, 0)


def _cancel(desk: Desk, key: str) -> str:
    want_cancel(desk, key, user_id=0, why="soak")
    return ""


def _unsettled(desk: Desk) -> str:
    orders = desk.store.unsettled(KITE.account_id)
    return str(sum(order.state not in TERMINAL for order in orders))


WORK: dict[str, Callable[..., str]] = {
    "open": _open,
    "confirm": _confirm,
    "cancel": _cancel,
    "unsettled": _unsettled,
}
DONE = {
    "open": "opened", "confirm": "confirmed", "cancel": "cancelled", "unsettled": "unsettled",
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
