"""Endpoints about limits: what they are, today's use of them, and changing one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradegram.api.call import Answer, Call, Scope, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of
from tradegram.api.proof import ProofCode, granted
from tradegram.api.route import Example, Route
from tradegram.api.shapes import AccountWord, Done
from tradegram.api.shapes_record import AccountQuery
from tradegram.chat.commands.risk import DEFAULT, used_today
from tradegram.chat.granted import check_may_loosen
from tradegram.errors import UserError
from tradegram.model import Account
from tradegram.risk.change import UNSET, NeedsStepUp, Unset, set_limit
from tradegram.risk.kill import is_killed
from tradegram.risk.limits import (
    TABLE,
    Limit,
    Value,
    both_limits,
    key_of_account,
    key_of_user,
    limit_named,
    limits_of,
)

LIMITS = "/api/limits"


class LimitShape(Shape):
    """
    value: what counts; yours, accounts: what you and the account have set, the stricter of which
    counts. today: the use of it, of each as it is counted: orders of a day by you on all accounts,
    and on the account by anybody. All in words, as people read them. example: as they write them.
    """

    name: str
    title: str
    value: str
    example: str
    yours: str | None = None
    accounts: str | None = None
    today: str | None = None


class LimitsAnswer(Done):
    """killed: nothing is sent until /resume. These hold for you on this account."""

    account: str
    killed: bool
    limits: list[LimitShape]


class SetLimit(Shape):
    """
    value: as chat takes it: 200000, 20%, on, RELIANCE, off; default for the desk's own. account:
    of that account, for everybody; without it yours, on all accounts. code: of your authenticator,
    or your PIN, where the new value permits more; from who is signed in at the page only.
    """

    value: Annotated[str, Field(min_length=1, max_length=1000)]
    account: AccountWord | None = None
    code: ProofCode | None = None


class LimitAnswer(Done):
    """limit: what counts now on the account, or on your usual one."""

    limit: LimitShape
    message: str


# -- look ----------------------------------------------------------------------------------------


def limits(call: Call) -> Answer:
    """Raises Fault, StoreError."""
    account = account_of(call, call.query.account)
    shown = _shapes(call, account)
    killed = is_killed(call.desk.store)
    return Answer(200, LimitsAnswer(account=account.account_id, killed=killed, limits=shown))


def _shapes(call: Call, account: Account) -> list[LimitShape]:
    """Raises Fault, StoreError."""
    desk, user_id = call.desk, call.caller.user_id
    try:
        found = limits_of(desk, user_id, account)
        mine, theirs = both_limits(desk.store, user_id, account)
        used = used_today(desk, user_id, account, found)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    return [
        LimitShape(
            name=row.name, title=row.title, value=row.show(getattr(found, row.name)),
            example=row.example, today=used.get(row.name),
            yours=row.show(mine[row.name]) if row.name in mine else None,
            accounts=row.show(theirs[row.name]) if row.name in theirs else None,
        )
        for row in TABLE
    ]  # fmt: skip


# -- change --------------------------------------------------------------------------------------


def change(call: Call) -> Answer:
    """Stricter at once; what permits more by a code or PIN. Raises Fault, StoreError."""
    wanted: SetLimit = call.body
    limit = _named(call)
    if wanted.account is None and call.caller.accounts:
        raise Fault(ApiCode.NOT_ALLOWED, "This key is for some accounts only; name one of them.")
    account = account_of(call, wanted.account)
    ours = wanted.account is not None
    key = key_of_account(account.account_id) if ours else key_of_user(call.caller.user_id)
    try:
        value = UNSET if wanted.value.casefold() in DEFAULT else limit.read(wanted.value)
        _set(call, key, limit, value, f"#{account.name} " if ours else "")
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    now = next(one for one in _shapes(call, account) if one.name == limit.name)
    message = f"{limit.title}: {now.value} on #{account.name}. It counts at once."
    return Answer(200, LimitAnswer(limit=now, message=message))


def _named(call: Call) -> Limit:
    try:
        return limit_named(call.place["limit"])
    except UserError as error:
        raise Fault(ApiCode.NOT_FOUND, str(error), f"GET {LIMITS} lists them.") from error


def _set(call: Call, key: str, limit: Limit, value: Value | Unset, whose: str) -> None:
    """Raises Fault, UserError, StoreError."""
    caller = call.caller
    try:
        set_limit(call.desk, key, limit.name, value, user_id=caller.user_id, by=caller.by)
    except NeedsStepUp as less:
        check_may_loosen(call.desk, caller.user_id, key)
        in_chat = f"/risk {whose}{limit.name} {call.body.value[:100]}"
        grant = granted(call, less.action, call.body.code, str(less), in_chat)
        set_limit(
            call.desk, key, limit.name, value, user_id=caller.user_id, proof=grant, by=caller.by
        )


ROWS = (
    Route(
        "GET", LIMITS, "getLimits", "Your limits on an account, and today's use.", limits,
        {200: LimitsAnswer}, query=AccountQuery, tag="record",
        example=Example(200, query={"account": "main"}),
    ),
    Route(
        "PUT", f"{LIMITS}/{{limit}}", "setLimit", "Set one of your limits, or an account's.",
        change, {200: LimitAnswer}, scope=Scope.TRADE, body=SetLimit, tag="record",
        details="Stricter counts at once. What permits more wants a code or PIN of who is signed "
        "in at the page; a key is refused with 403 NEEDS_PROOF and told what to say in chat.",
        example=Example(200, {"limit": "order_value"}, body={"value": "100000"}),
    ),
)  # fmt: skip
