"""Endpoints about logins: which accounts are in, and the way in."""

from __future__ import annotations

from tradegram.api.call import Answer, Call, Scope
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, permitted_accounts
from tradegram.api.route import Example, Route
from tradegram.api.shapes import time_of
from tradegram.api.shapes_record import (
    LoginAnswer,
    SessionsAnswer,
    SessionShape,
)
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.ports import Desk
from tradegram.sessions.standing import Phase, Standing

OPEN = Standing(Phase.IN)  # paper: nobody logs in there


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
