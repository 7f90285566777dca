"""Endpoints about strategies: what each may do, what it came to, and setting it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from tradegram.api.call import Answer, Call, Scope, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, permitted
from tradegram.api.proof import ProofCode, granted
from tradegram.api.route import Example, Route
from tradegram.api.shapes import Amount, Done, Number
from tradegram.chat.preferences import account_called
from tradegram.errors import UserError
from tradegram.history.results import Result
from tradegram.model import Side
from tradegram.signals.ledger import ledger
from tradegram.signals.strategy import (
    NeedsProof,
    Rule,
    Strategy,
    Way,
    action_of,
    set_up,
    strategies,
    strategy,
)

STRATEGIES = "/api/strategies"
ZONE = ZoneInfo("Asia/Kolkata")


class ResultShape(Shape):
    """Realised by FIFO, in the currency; net is after charges. winRate: a share, if any closed."""

    currency: str
    realised: Number
    charges: Number
    net: Number
    trades: int
    win_rate: Number | None = None
    drawdown: Number


class StrategyShape(Shape):
    """
    way: off, paper, ask or auto. account: its id, "" for the one of the instrument's region. rule,
    size: how much one signal trades; side: of signals that say none, "" for none. sent, asked,
    denied: how many signals; a key that is for some accounts is told of those in them alone.
    """

    name: str
    way: Way
    account: str
    rule: Rule
    size: Number
    side: Side | Literal[""]
    sent: int
    asked: int
    denied: int
    results: Sequence[ResultShape]


class StrategiesAnswer(Done):
    strategies: Sequence[StrategyShape]


class SetStrategy(Shape):
    """
    What is not said stays as it is. way: off (its signals are turned down), paper, ask (in the
    chat), auto (sent by itself). account: its number, id or name; "" for the one of the
    instrument's region. rule, size: signal (as much as it says), or so many units (quantity), lots,
    so much money, or percent of what is free. side: of signals that say none, "" for none.

    code: of your authenticator, or your PIN, for auto; from who is signed in at the page only.
    """

    way: Way | None = None
    account: Annotated[str, Field(max_length=64)] | None = None
    rule: Rule | None = None
    size: Amount | None = None
    side: Side | Literal[""] | None = None
    code: ProofCode | None = None


class StrategyAnswer(Done):
    strategy: StrategyShape
    message: str


def listed(call: Call) -> Answer:
    mine = [one for one in strategies(call.desk, call.caller.user_id) if _is_seen(call, one)]
    return Answer(200, StrategiesAnswer(strategies=[_shape(call, one) for one in mine]))


def _is_seen(call: Call, one: Strategy) -> bool:
    """A key that is for some accounts does not see what trades in another one by its rule."""
    account = account_called(call.desk, one.account) if one.account else None
    return account is None or permitted(call, account)


def change(call: Call) -> Answer:
    """Everything at once, but to be automatic by a code or PIN. Raises Fault, StoreError."""
    if not call.body.model_fields_set - {"code"}:
        raise Fault(
            ApiCode.INVALID_REQUEST,
            "Say what shall change: way, account, rule and size, or side.",
        )
    try:
        before = strategy(call.desk, call.place["strategy"], call.caller.user_id)
        if not _is_seen(call, before) or (call.caller.accounts and not before.account):
            raise Fault(ApiCode.NOT_FOUND, "There is no strategy of that name.")
        after = _wanted(call, before)
        try:
            set_up(call.desk, after, call.caller.by)
        except NeedsProof as less:
            in_chat = f"/strategy {after.name} auto"
            grant = granted(call, action_of(after.name), call.body.code, str(less), in_chat)
            set_up(call.desk, after, call.caller.by, grant)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    asks_again = before.way is Way.AUTO and call.body.way is None and after.way is Way.ASK
    why = ", because it was changed; auto wants your code or PIN again" if asks_again else ""
    message = f"{after.name} is set to {after.way}{why}."
    return Answer(200, StrategyAnswer(strategy=_shape(call, after), message=message))


def _wanted(call: Call, before: Strategy) -> Strategy:
    """
    What trades by itself was proven for as it was: changed, it asks again, unless auto is said.

    Raises Fault, UserError.
    """
    said: SetStrategy = call.body
    given: dict[str, Any] = {**_amount(before, said)}
    if said.account is not None:
        given["account"] = _account(call, said.account)
    if said.side is not None:
        given["side"] = said.side
    after = replace(before, **given)
    kept = Way.ASK if before.way is Way.AUTO and after != before else before.way
    return replace(after, way=said.way or kept)


def _amount(before: Strategy, said: SetStrategy) -> dict[str, Any]:
    """A size is never taken for one of another kind. Raises UserError."""
    if said.rule is Rule.SIGNAL:
        return {"rule": Rule.SIGNAL, "size": Decimal(0)}
    if said.rule is not None and said.size is None and said.rule is not before.rule:
        raise UserError(f"Say the size too: how much by the rule {said.rule}.")
    if said.size is not None and (said.rule or before.rule) is Rule.SIGNAL:
        raise UserError("A size wants a rule: quantity, lots, money or percent.")
    return {} if said.size is None else {"rule": said.rule or before.rule, "size": said.size}


def _account(call: Call, word: str) -> str:
    """Raises Fault."""
    if word:
        return account_of(call, word).account_id
    if call.caller.accounts:
        raise Fault(ApiCode.NOT_ALLOWED, "This key is for some accounts only; name one of them.")
    return ""


def _shape(call: Call, one: Strategy) -> StrategyShape:
    today = datetime.fromtimestamp(call.desk.clock.now(), ZONE).date()
    made = ledger(call.desk, one.name, today, call.caller.accounts)
    return StrategyShape(
        name=one.name, way=one.way, account=one.account, rule=one.rule, size=one.size,
        side=Side(one.side) if one.side else "",
        sent=made.sent, asked=made.asked, denied=made.denied,
        results=[_result(each) for each in made.results],
    )  # fmt: skip


def _result(one: Result) -> ResultShape:
    return ResultShape(
        currency=one.currency, realised=one.realised, charges=one.charges, net=one.net,
        trades=len(one.trades), win_rate=one.win_rate, drawdown=one.drawdown,
    )  # fmt: skip


ROWS = (
    Route(
        "GET", STRATEGIES, "listStrategies", "Your strategies, and what they came to.",
        listed, {200: StrategiesAnswer}, tag="signals", example=Example(200),
    ),
    Route(
        "PUT", f"{STRATEGIES}/{{strategy}}", "setStrategy", "Say what a strategy may do.",
        change, {200: StrategyAnswer}, scope=Scope.TRADE, body=SetStrategy, tag="signals",
        details="Off, paper and ask count at once. Auto wants a code or PIN of who is signed in "
        "at the page; a key is refused with 403 NEEDS_PROOF and told what to say in chat. What "
        "trades by itself asks again when it is changed, unless auto is said with the change.",
        example=Example(200, {"strategy": "breakout"}, body={
            "way": "paper", "account": "main", "rule": "lots", "size": 2, "side": "BUY",
        }),
    ),
)  # fmt: skip
