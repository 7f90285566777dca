"""
Orders. A replaced one goes on under a new id, and under a name that is not ours.

The broker links them both ways; our order is the whole chain. The id that we keep says how often
it was replaced (`r02:...`), so that the newest is the last in the alphabet (`orders.state.fold`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tradegram.brokers.adapter import Call, Request, Steps, order_number, whole_list
from tradegram.brokers.alpaca.dialect import (
    CONTRACT,
    NOT_FOUND,
    ORDER_TYPES,
    SIDES,
    VALIDITIES,
    Dialect,
    seconds,
    some,
)
from tradegram.brokers.contract import Book, together
from tradegram.brokers.digits import money
from tradegram.brokers.listings import check_counted
from tradegram.brokers.refusals import if_any
from tradegram.errors import Refused
from tradegram.model import ExecutionReport, OrderIntent, ReportStatus, Terms

Row = Mapping[str, Any]

STATUSES = {
    "pending_new": ReportStatus.PENDING_NEW,
    "pending_review": ReportStatus.PENDING_NEW,
    "new": ReportStatus.NEW,
    "accepted": ReportStatus.NEW,
    "accepted_for_bidding": ReportStatus.NEW,
    "held": ReportStatus.NEW,
    "pending_cancel": ReportStatus.NEW,
    "pending_replace": ReportStatus.NEW,
    "partially_filled": ReportStatus.NEW,
    "suspended": ReportStatus.NEW,
    "stopped": ReportStatus.NEW,
    "calculated": ReportStatus.NEW,
    "filled": ReportStatus.FILLED,
    "canceled": ReportStatus.CANCELLED,
    "replaced": ReportStatus.CANCELLED,
    "expired": ReportStatus.EXPIRED,
    "rejected": ReportStatus.REJECTED,
}
DONE_FOR_DAY = "done_for_day"  # the end of a DAY order; others go on tomorrow
REPLACED = "replaced"

MOST_ROWS = 500  # of one request
MOST_PAGES = 10  # of orders that work
MOST_LINKS = 20  # followed one by one, in one look
MOST_QUESTIONS = 39  # after which no further order is looked up; with one more they are 60


class Orders(Dialect):
    def place(self, intent: OrderIntent) -> Call[str]:
        listing = self.listed(intent.instrument)
        if intent.instrument.kind.is_option:
            # Not as the list has it: that may be of a day when options were counted in shares.
            theirs = replace(listing.instrument, lot_size=Decimal(1), multiplier=CONTRACT)
            check_counted(self.profile.name, theirs, intent.instrument)
        asked = {
            "symbol": listing.symbol,
            "qty": f"{intent.quantity:f}",
            "side": SIDES[intent.side],
            "type": ORDER_TYPES[intent.order_type],
            "time_in_force": VALIDITIES[intent.time_in_force],
            **_prices(intent.price, intent.trigger),
            "client_order_id": intent.wire_id,
        }
        return Call(Request("POST", "/v2/orders", json=asked), _order_id)

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]:
        """Without a quantity: what is left goes on at the new prices."""
        asked = _prices(wanted.price, wanted.trigger)
        return Call(Request("PATCH", f"/v2/orders/{_id(broker_order_id)}", json=asked), _taken)

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]:
        return Call(Request("DELETE", f"/v2/orders/{_id(broker_order_id)}"), _nothing)

    # -- the book ----------------------------------------------------------------------------------

    def order_book(self) -> Steps[Book]:
        """All that works and the latest of all; what else there was is looked up."""
        rows: dict[str, Row] = {}
        until: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            some_ = yield self._list("open", until)
            rows |= {row["id"]: row for row in some_}
            if len(some_) < MOST_ROWS:
                break
            until = {"until": some_[-1]["submitted_at"]}
        latest = yield self._list("all", {})
        rows |= {row["id"]: row for row in latest}
        yield from self._roots_of(rows)
        return _without_unfollowed(self._read(rows), rows)

    def look_up(self, intents: Sequence[OrderIntent]) -> Steps[Book]:
        found: list[Book] = []
        asked = 0
        for at, intent in enumerate(intents):
            if asked > MOST_QUESTIONS:  # each link of a chain of replaced orders is one
                found.append(Book((), unasked=[one.wire_id for one in intents[at:]]))
                break
            rows: dict[str, Row] = {}
            one = self._looked_up(intent.wire_id, rows)
            found.append((yield from if_any(one, intent.wire_id, NOT_FOUND)))
            asked += max(len(rows), 1)
        return together(*found)

    def _looked_up(self, name: str, rows: dict[str, Row]) -> Steps[Book]:
        """rows: empty; what was asked for on the way is put into it."""
        asked = Request("GET", "/v2/orders:by_client_order_id", query={"client_order_id": name})
        row: Row = yield Call(asked, dict)
        rows[row["id"]] = row
        for _ in range(MOST_LINKS):
            if row["status"] != REPLACED:
                break
            found = yield from self._if_there(row["replaced_by"])
            if found is None:
                break  # so its chain has no end, and cannot be read; but it is not absent
            row = rows[found["id"]] = found
        return self._read(rows)

    def _roots_of(self, rows: dict[str, Row]) -> Steps[None]:
        """Of orders that were replaced long ago, the first may be on no list any more."""
        gone: set[str] = set()
        for _ in range(MOST_LINKS):
            named = [one for row in rows.values() if (one := row["replaces"])]
            lost = [one for one in named if one not in rows and one not in gone]
            if not lost:
                return
            found = yield from self._if_there(lost[0])
            if found is None:
                gone.add(lost[0])
            else:
                rows[lost[0]] = found

    def _if_there(self, order_id: str) -> Steps[Row | None]:
        try:
            row: Row = yield self._one(order_id)
        except Refused as error:
            if error.code != NOT_FOUND:
                raise
            return None
        return row

    def _read(self, rows: Mapping[str, Row]) -> Book:
        reports: list[ExecutionReport] = []
        unreadable: list[str] = []
        for first in (row for row in rows.values() if not row["replaces"]):
            chain = [first]
            while chain[-1]["status"] == REPLACED and chain[-1]["replaced_by"] in rows:
                chain.append(rows[chain[-1]["replaced_by"]])
            try:
                reports.append(self.report(chain))
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                unreadable.append(f"{first['id']}: {error!r}")
        return Book(reports, unreadable)

    def report(self, chain: Sequence[Row]) -> ExecutionReport:
        """chain: the first order and what replaced it, in turn. Each has filled a part."""
        first, last = chain[0], chain[-1]
        if last["status"] == REPLACED and last["replaced_by"]:
            raise ValueError(f"what replaced it, {last['replaced_by']}, is not listed")
        instrument = self.instrument(first["symbol"], first["asset_class"])
        parts = [(money(row["filled_qty"]), row) for row in chain]
        filled = sum((part for part, _ in parts), Decimal(0))
        spent = sum(
            (part * money(row["filled_avg_price"]) for part, row in parts if part), Decimal(0)
        )
        asked = last["qty"] or last["filled_qty"]  # of those placed in dollars there is none
        quantity = money(asked) + filled - parts[-1][0]
        price, trigger = some(last["limit_price"]), some(last["stop_price"])
        return ExecutionReport(
            broker_order_id=_named(last["id"], len(chain) - 1),
            client_order_id=first["client_order_id"],
            status=_status(last),
            quantity=quantity,
            cum_quantity=filled,
            average_price=spent / filled if filled else Decimal(0),
            reported_at=seconds(last["updated_at"]),
            terms=Terms(quantity, price, trigger),
            instrument=instrument.key,
            side=last["side"].upper(),
        )

    def _list(self, status: str, until: Mapping[str, str]) -> Call[list[Row]]:
        asked = {"status": status, "limit": str(MOST_ROWS), "direction": "desc", **until}
        return Call(Request("GET", "/v2/orders", query=asked), whole_list)

    def _one(self, order_id: str) -> Call[dict[str, Any]]:
        return Call(Request("GET", f"/v2/orders/{order_id}"), dict)


def _without_unfollowed(book: Book, rows: Mapping[str, Row]) -> Book:
    """What replaces an order that could not be found may be one of ours: nobody can tell."""
    lost = [row["id"] for row in rows.values() if row["replaces"] and row["replaces"] not in rows]
    unreadable = [
        *book.unreadable,
        *(f"{one}: replaces an order that is not listed" for one in lost),
    ]
    return Book(book.reports, unreadable)


def _status(row: Row) -> ReportStatus:
    if row["status"] == DONE_FOR_DAY:
        return ReportStatus.EXPIRED if row["time_in_force"] == "day" else ReportStatus.NEW
    return STATUSES[row["status"]]


def _prices(price: Decimal | None, trigger: Decimal | None) -> dict[str, str]:
    prices = {"limit_price": price, "stop_price": trigger}
    return {name: f"{one:f}" for name, one in prices.items() if one is not None}


def _named(order_id: str, replaced: int) -> str:
    return f"r{replaced:02d}:{order_id}" if replaced else order_id


def _id(broker_order_id: str) -> str:
    return broker_order_id.rpartition(":")[2]


def _order_id(row: Row) -> str:
    return order_number(row["id"])


def _taken(row: Row) -> None:
    _order_id(row)


def _nothing(row: Any) -> None:
    """The answer to a cancel is empty."""
