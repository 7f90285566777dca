"""Endpoints about what holds now: limits and today's use of them, logins and the way in."""

from __future__ import annotations

from tradegram.api.call import Answer, Call, Scope
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, permitted_accounts
from tradegram.api.route import Example, Route
from tradegram.api.shapes import time_of
from tradegram.api.shapes_record import (
    AccountQuery,
    LimitsAnswer,
    LimitShape,
    LoginAnswer,
    SessionsAnswer,
    SessionShape,
)
from tradegram.chat.commands.risk import used_today
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.ports import Desk
from tradegram.risk.kill import is_killed
from tradegram.risk.limits import TABLE, limits_of
from tradegram.sessions.standing import Phase, Standing

OPEN = Standing(Phase.IN)  # paper: nobody logs in there


def limits(call: Call) -> Answer:
    """Raises Fault, StoreError."""
    account, user_id = account_of(call, call.query.account), call.caller.user_id
    try:
        found = limits_of(call.desk, user_id, account)
        used = used_today(call.desk, user_id, account, found)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    shown = [
        LimitShape(name=row.name, title=row.title, value=row.show(getattr(found, row.name)),
                   today=used.get(row.name))
        for row in TABLE
    ]  # fmt: skip
    killed = is_killed(call.desk.store)
    return Answer(200, LimitsAnswer(account=account.account_id, killed=killed, limits=shown))


def sessions(call: Call) -> Answer:
    shown = [_session(call.desk, one) for one in permitted_accounts(call)]
    return Answer(200, SessionsAnswer(sessions=shown))


def _session(desk: Desk, account: Account) -> SessionShape:
    found = OPEN
    if account.mode is Mode.LIVE and desk.sessions is not None:
        found = desk.sessions.standing(account)
    return SessionShape(
        account_id=account.account_id,
        name=account.name,
        broker=account.broker,
        mode=account.mode.value,
        phase=found.phase,
        until=None if found.until is None else time_of(found.until),
        words=found.words or None,
    )


def log_in(call: Call) -> Answer:
    """Raises Fault, with the broker's words when it refused."""
    account = account_of(call, call.place["account"])
    if account.mode is not Mode.LIVE or call.desk.sessions is None:
        raise Fault(ApiCode.CANNOT, "A paper account has nothing to log in to.")
    try:
        offer = call.desk.sessions.begin(account, call.caller.user_id)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    return Answer(200, LoginAnswer(message=offer.words, url=offer.url or None))


ROWS = (
    Route(
        "GET", "/api/limits", "getLimits", "Your limits on an account, and today's use.", limits,
        {200: LimitsAnswer}, query=AccountQuery, tag="record",
        example=Example(200, query={"account": "main"}),
    ),
    Route(
        "GET", "/api/sessions", "listSessions", "Which accounts are logged in.", sessions,
        {200: SessionsAnswer}, tag="record", example=Example(200),
    ),
    Route(
        "POST", "/api/sessions/{account}", "logIn", "Log an account in, or say where to.", log_in,
        {200: LoginAnswer}, scope=Scope.TRADE, tag="record",
        details="A paper account needs none, and is refused.",
        example=Example(422, {"account": "main"}),
    ),
)  # fmt: skip
