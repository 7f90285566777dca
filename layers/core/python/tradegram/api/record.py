"""Endpoints about what was: results of a period, and the audit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from tradegram.api.call import Answer, Call
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, bad_cursor, cursor_of, place_after
from tradegram.api.route import Example, Route
from tradegram.api.shapes import time_of
from tradegram.api.shapes_record import (
    AuditAnswer,
    AuditQuery,
    DayShape,
    LinkShape,
    PeriodQuery,
    PointShape,
    ResultsAnswer,
    ResultsShape,
)
from tradegram.audit import Link
from tradegram.errors import BrokerError, UserError
from tradegram.history.period import read_period
from tradegram.history.results import Point, Result
from tradegram.history.today import keep_todays, results_in
from tradegram.history.trade import day_of
from tradegram.risk.stepup import DESK

MOST_POINTS = 500  # of a curve; more than a screen has columns to tell apart
ZERO = Decimal(0)


# -- results -------------------------------------------------------------------------------------


def results(call: Call) -> Answer:
    """Raises Fault, StoreError."""
    account, today = account_of(call, call.query.account), day_of(call.desk.clock.now())
    try:
        period = read_period(call.query.period, today)
    except UserError as error:
        raise fault_of(error, ApiCode.INVALID_REQUEST) from error
    note = None
    if today in period:
        try:
            keep_todays(call.desk, account.account_id)
        except (BrokerError, UserError) as error:
            note = f"Of today only what is on record: {error}"
    found = results_in(call.desk.store, account.account_id, period)
    return Answer(
        200,
        ResultsAnswer(
            account=account.account_id,
            first=found[0].trades[0].day if found and found[0].trades else period.first,
            last=period.last,
            results=[result_shape(one) for one in found],
            note=note,
        ),
    )


def result_shape(one: Result) -> ResultsShape:
    return ResultsShape(
        currency=one.currency,
        realised=one.realised,
        charges=one.charges,
        net=one.net,
        trades=len(one.trades),
        estimated=one.estimated,
        win_rate=one.win_rate,
        drawdown=one.drawdown,
        days=list(days(one)),
        curve=[PointShape(time=time_of(at), value=value) for at, value in thinned(one.curve)],
    )


def days(one: Result) -> Iterator[DayShape]:
    """Days on which something was traded, oldest first."""
    trades: dict[date, int] = {}
    for trade in one.trades:
        trades[trade.day] = trades.get(trade.day, 0) + 1
    reached = {day_of(at): value for at, value in one.curve}
    before = ZERO
    for day, value in reached.items():
        yield DayShape(day=day, net=value - before, trades=trades.get(day, 0))
        before = value


def thinned(curve: Sequence[Point]) -> Sequence[Point]:
    """At most so many points, the last of them always."""
    step = -(-len(curve) // MOST_POINTS) or 1
    return list(curve[::-step])[::-1]


# -- audit ---------------------------------------------------------------------------------------


def audit(call: Call) -> Answer:
    """Raises Fault, StoreError."""
    chain = _chain(call)
    head = call.desk.store.head(chain)
    before = _before(call.query.cursor) or (head.sequence + 1 if head else 0)
    first = max(before - call.query.limit, 0)
    found = list(islice(call.desk.store.chain(chain, first - 1), max(before - first, 0)))
    more = cursor_of(str(first)) if first > 0 else None
    shown = [link_shape(one) for one in reversed(found)]
    return Answer(200, AuditAnswer(account=chain, links=shown, next_cursor=more))


def _chain(call: Call) -> str:
    """Raises Fault."""
    word = call.query.account
    if word != DESK:
        return account_of(call, word).account_id
    if call.caller.accounts:
        raise Fault(ApiCode.NOT_ALLOWED, "This key is for some accounts only.")
    return DESK


def _before(cursor: str | None) -> int:
    """Raises Fault."""
    place = place_after(cursor)
    if place and not (place.isascii() and place.isdecimal() and len(place) <= 12):
        raise bad_cursor()
    return int(place or 0)


def link_shape(link: Link) -> LinkShape:
    """One that cannot be read is shown as it is: an audit hides nothing."""
    try:
        body: Mapping[str, Any] = json.loads(link.body)
    except ValueError:
        body = {"event": "unreadable"}
    rest = {name: value for name, value in body.items() if name not in ("at", "by", "event")}
    return LinkShape(
        sequence=link.sequence, time=body.get("at"), event=str(body.get("event", "?")),
        by=str(body.get("by", "desk")), details=rest, digest=link.digest,
    )  # fmt: skip


ROWS = (
    Route(
        "GET", "/api/pnl", "getResults", "Results of a period: by day, and the curve.", results,
        {200: ResultsAnswer}, query=PeriodQuery, tag="record",
        example=Example(200, query={"period": "today", "account": "main"}),
    ),
    Route(
        "GET", "/api/audit", "listAudit", "The audit of an account, newest first.", audit,
        {200: AuditAnswer}, query=AuditQuery, tag="record",
        example=Example(200, query={"account": "main", "limit": "5"}),
    ),
)  # fmt: skip
