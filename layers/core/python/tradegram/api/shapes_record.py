"""The shapes of what was: results by day, the audit; and of logins."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from tradegram.api.call import Shape
from tradegram.api.shapes import AccountWord, Done, Number, Time
from tradegram.api.shapes_orders import AccountCursor
from tradegram.sessions.standing import Phase


class AccountQuery(Shape):
    """account: its number, id or name; without it your usual one."""

    account: AccountWord | None = None


class PeriodQuery(AccountQuery):
    """period: today, week, month, fy, all, a day, or FROM..TO."""

    period: Annotated[str, Field(min_length=1, max_length=32)] = "month"


class DayShape(Shape):
    """net: what was realised on that day, less its charges."""

    day: date
    net: Number
    trades: int


class PointShape(Shape):
    """value: net of the period so far."""

    time: Time
    value: Number


class ResultsShape(Shape):
    """Realised by FIFO, in the currency. estimated: trades whose charges no broker has said."""

    currency: str
    realised: Number
    charges: Number
    net: Number
    trades: int
    estimated: int
    win_rate: Number | None = None
    drawdown: Number
    days: list[DayShape]
    curve: list[PointShape]


class ResultsAnswer(Done):
    """One result per currency. note: why today's trades may be missing."""

    account: str
    first: date
    last: date
    results: list[ResultsShape]
    note: str | None = None


class AuditQuery(AccountCursor):
    """account: also `desk`, for what belongs to no account."""


class LinkShape(Shape):
    """A link of the hash chain. details: what else it says."""

    sequence: int
    time: Time | None = None
    event: str
    by: str
    details: dict[str, Any]
    digest: str


class AuditAnswer(Done):
    """Newest first. docs/audit.md says how to check the chain."""

    account: str
    links: list[LinkShape]
    next_cursor: str | None = None


class SessionShape(Shape):
    """until: an estimate. words: the broker's own, of what failed or ended."""

    account_id: str
    name: str
    broker: str
    mode: str
    phase: Phase
    until: Time | None = None
    words: str | None = None


class SessionsAnswer(Done):
    sessions: list[SessionShape]


class LoginAnswer(Done):
    """url: to be opened within 10 minutes, by that person; missing when nothing is left to do."""

    message: str
    url: str | None = None
