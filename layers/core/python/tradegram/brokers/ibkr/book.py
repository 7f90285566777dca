"""
The order book: what TWS lists as open, what it lists as ended, and the executions, made one.

An ended order has no number and no average there; its reference and the executions have them. The
open ones are asked for first: an order that ends in between is in both lists, and in neither never.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradegram.brokers.contract import Book
from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.contracts import Contracts
from tradegram.brokers.ibkr.ear import COMPLETED, OPEN
from tradegram.brokers.ibkr.link import Link
from tradegram.brokers.ibkr.orders import name_of, row_terms
from tradegram.brokers.ibkr.rows import ExecutionRow, OrderRow
from tradegram.codes import Code
from tradegram.errors import UserError
from tradegram.market.calendar import TradingCalendar
from tradegram.model import ExecutionReport, Fill, ReportStatus

ZERO = Decimal(0)
CALENDAR = TradingCalendar()
NEW_YORK = ZoneInfo("America/New_York")
BY_HAND = "by trader"
SOON_AFTER = 1800.0  # seconds after the close in which what is left of the day is ended


@dataclass(slots=True)
class Done:
    """What the executions of one order come to."""

    quantity: Decimal = ZERO
    value: Decimal = ZERO
    last_at: float = 0.0

    @property
    def average(self) -> Decimal:
        return self.value / self.quantity if self.quantity else ZERO


@dataclass(slots=True)
class Lists:
    """One look at everything. torn: messages that nobody could read meanwhile."""

    open: Sequence[OrderRow]
    completed: Sequence[OrderRow]
    executions: Sequence[ExecutionRow]
    torn: Sequence[str] = field(default=())


async def look(link: Link, account: str) -> Lists:
    """Raises Unreached, OutcomeUnknown."""
    tws, before = link.tws, link.ear.torn_so_far
    rows = await link.ask(lambda _: tws.reqAllOpenOrders(), key=OPEN)
    ended = await link.ask(lambda _: tws.reqCompletedOrders(False), key=COMPLETED)
    done = await executions(link, account)
    mine = [row for row in rows if row.account in ("", account)]
    return Lists(
        mine,
        [row for row in ended if row.account in ("", account)],
        done,
        link.ear.torn_since(before),
    )


async def executions(link: Link, account: str) -> Sequence[ExecutionRow]:
    """Today's, of every client id. Of one that was corrected only the last version."""
    from ib_async.objects import ExecutionFilter

    wanted = ExecutionFilter(acctCode=account)
    rows: list[ExecutionRow] = await link.ask(lambda number: link.tws.reqExecutions(number, wanted))
    latest: dict[str, ExecutionRow] = {}
    for row in rows:
        if row.account not in ("", account):
            continue
        base = row.exec_id.rpartition(".")[0] or row.exec_id
        if base not in latest or row.exec_id > latest[base].exec_id:
            latest[base] = row
    return list(latest.values())


async def book(link: Link, account: str, contracts: Contracts, now: float) -> Book:
    """now: when it is asked; TWS does not say since when an order works."""
    lists = await look(link, account)
    done = _done(lists.executions)
    reports: list[ExecutionReport] = []
    unreadable = list(lists.torn)
    rows = _one_each([*lists.completed, *lists.open])
    for row in rows:
        try:
            instrument = await contracts.key_of(link, row.contract)
            report = _report(row, instrument, done.get(row.perm_id, Done()), link, now)
        except (KeyError, ValueError, ArithmeticError) as error:
            unreadable.append(f"order {_called(row)}: {error!r}")
            continue
        if not _was_refused(report, link):
            reports.append(report)
    for gone in _only_executed(lists.executions, {row.ref for row in rows}):
        try:
            instrument = await contracts.key_of(link, gone.contract)
            reports.append(_report_of_fills(gone, instrument, done[gone.perm_id]))
        except (KeyError, ValueError, ArithmeticError) as error:
            unreadable.append(f"order {_called(gone)}: {error!r}")
    return Book(reports, unreadable)


def _only_executed(
    rows: Sequence[ExecutionRow], listed: Collection[str]
) -> Collection[ExecutionRow]:
    """One of each order of ours that TWS lists no more, as after its restart."""
    found: dict[int, ExecutionRow] = {}
    for row in rows:
        if row.ref not in listed and name_of(row.perm_id, row.ref):
            found.setdefault(row.perm_id, row)
    return found.values()


def _report_of_fills(row: ExecutionRow, instrument: str, done: Done) -> ExecutionReport:
    """How many units it was for is not said; that it was never taken must not be believed."""
    return ExecutionReport(
        broker_order_id=_called(row),
        client_order_id=row.ref.partition("/")[0],
        status=ReportStatus.NEW,
        quantity=ZERO,
        cum_quantity=done.quantity,
        average_price=done.average,
        reported_at=done.last_at,
        instrument=instrument,
        side=words.EXECUTED[row.side],
    )


def _one_each(rows: Iterable[OrderRow]) -> Sequence[OrderRow]:
    """
    The first of the same permanent id: an ended row outranks the open one before it. An order that
    TWS has only just taken has none yet.
    """
    found: dict[object, OrderRow] = {}
    for row in rows:
        found.setdefault(row.perm_id or (row.client, row.order_id), row)
    return list(found.values())


def _done(rows: Iterable[ExecutionRow]) -> Mapping[int, Done]:
    found: dict[int, Done] = {}
    for row in rows:
        one = found.setdefault(row.perm_id, Done())
        one.quantity += row.quantity
        one.value += row.quantity * row.price
        one.last_at = max(one.last_at, row.at)
    return found


def _called(row: OrderRow | ExecutionRow) -> str:
    name = name_of(row.perm_id, row.ref)
    return name.broker_order_id if name else str(row.perm_id)


def _was_refused(report: ExecutionReport, link: Link) -> bool:
    """The row of an order whose refusal was heard: it says the same again."""
    is_over = report.status is ReportStatus.REJECTED and not report.cum_quantity
    return is_over and report.client_order_id in link.ear.refused


def _report(row: OrderRow, instrument: str, done: Done, link: Link, now: float) -> ExecutionReport:
    """Raises KeyError for words that no table has."""
    name, said = name_of(row.perm_id, row.ref), link.ear.statuses.get(row.perm_id)
    filled, average = done.quantity, done.average
    if said is not None and said.filled > filled:
        filled, average = said.filled, said.average
    filled = max(filled, row.filled)
    number = name.order_id if name and name.client == link.client else 0
    wrong = link.ear.wrong.get(number) if number else None
    status = _status(row, is_wrong=wrong is not None)
    if status is ReportStatus.CANCELLED and _ran_out(row, instrument.partition(":")[0]):
        status = ReportStatus.EXPIRED
    rejected = status is ReportStatus.REJECTED
    text = row.completed or (wrong[1] if wrong and rejected else "")
    return ExecutionReport(
        broker_order_id=_called(row),
        client_order_id=name.wire_id if name else row.ref,
        status=status,
        quantity=row.quantity,
        cum_quantity=filled,
        average_price=average,
        reported_at=_completed_at(row) or done.last_at or now,
        text=text,
        terms=row_terms(row),
        instrument=instrument,
        side=words.SIDES_BACK[row.side],
        code=_code(text, wrong) if rejected else "",
    )


def _status(row: OrderRow, *, is_wrong: bool) -> ReportStatus:
    status = words.STATUSES[row.status]
    if row.status == "Inactive" and (row.is_completed or is_wrong):
        return ReportStatus.REJECTED
    if row.status == "PreSubmitted" and row.order_type in words.TRIGGERED:
        return ReportStatus.NEW
    return status


def _ran_out(row: OrderRow, exchange: str) -> bool:
    """Of a day's order that ended with its day TWS says cancelled, too: the time tells."""
    at = _completed_at(row)
    if row.tif != "DAY" or not at or BY_HAND in row.completed.casefold():
        return False
    try:
        session = CALENDAR.session(exchange, datetime.fromtimestamp(at, NEW_YORK).date())
    except UserError:  # nobody here knows its hours
        return False
    return session is not None and 0 <= at - session[1].timestamp() <= SOON_AFTER


def _code(text: str, wrong: tuple[int, str] | None) -> str:
    number, said = wrong or (201, text)
    return words.refusal(number, said).means or Code.ORDER_REJECTED


def _completed_at(row: OrderRow) -> float:
    """`20261121 16:00:01 US/Eastern`; 0 when it is written otherwise."""
    day, _, rest = row.completed_at.partition(" ")
    clock, _, zone = rest.partition(" ")
    try:
        at = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007 - next line
        return at.replace(tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, ZoneInfoNotFoundError):
        return 0.0


async def fills(link: Link, account: str, contracts: Contracts) -> Sequence[Fill]:
    """Raises Unreached, OutcomeUnknown; KeyError for a side that no table has."""
    rows = await executions(link, account)
    # What this desk has no word for, such as bonds, was not traded through it.
    known = [row for row in rows if row.contract.sec_type in words.HELD_AS]
    found = [await _fill(link, row, contracts) for row in known]
    return sorted(found, key=lambda fill: (fill.at, fill.trade_id))


async def _fill(link: Link, row: ExecutionRow, contracts: Contracts) -> Fill:
    name = name_of(row.perm_id, row.ref)
    return Fill(
        trade_id=row.exec_id,
        broker_order_id=name.broker_order_id if name else str(row.perm_id),
        client_order_id=name.wire_id if name else row.ref,
        instrument=await contracts.known(link, row.contract),
        side=words.EXECUTED[row.side],
        product=words.HELD_AS[row.contract.sec_type],
        quantity=row.quantity,
        price=row.price,
        at=row.at,
        charges=link.ear.commissions.get(row.exec_id, ZERO),
    )
