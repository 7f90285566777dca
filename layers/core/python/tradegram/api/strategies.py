"""Endpoints about strategies: what each may do, what it came to, and turning it on and off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tradegram.api.call import Answer, Call, Scope, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import permitted
from tradegram.api.proof import ProofCode, granted
from tradegram.api.route import Example, Route
from tradegram.api.shapes import Done, Number
from tradegram.chat.preferences import account_called
from tradegram.errors import UserError
from tradegram.history.results import Result
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
    way: off, paper, ask or auto; sent, asked, denied: how many of its signals. A key that is for
    some accounts is told of those in them alone.
    """

    name: str
    way: Way
    account: str
    rule: Rule
    size: Number
    sent: int
    asked: int
    denied: int
    results: Sequence[ResultShape]


class StrategiesAnswer(Done):
    strategies: Sequence[StrategyShape]


class TurnStrategy(Shape):
    """
    way: off (its signals are turned down), paper, ask (in the chat), auto (sent by itself). code:
    of your authenticator, or your PIN, for auto; from who is signed in at the page only.
    """

    way: Way
    code: ProofCode | None = None


class StrategyAnswer(Done):
    strategy: StrategyShape


def listed(call: Call) -> Answer:
    mine = [one for one in strategies(call.desk, call.caller.user_id) if _is_seen(call, one)]
    return Answer(200, StrategiesAnswer(strategies=[_shape(call, one) for one in mine]))


def _is_seen(call: Call, one: Strategy) -> bool:
    """A key that is for some accounts does not see what trades in another one by its rule."""
    account = account_called(call.desk, one.account) if one.account else None
    return account is None or permitted(call, account)


def turn(call: Call) -> Answer:
    """Off, paper and ask at once, auto by a code or PIN. Raises Fault, StoreError."""
    wanted: TurnStrategy = call.body
    try:
        before = strategy(call.desk, call.place["strategy"], call.caller.user_id)
        if not _is_seen(call, before) or (call.caller.accounts and not before.account):
            raise Fault(ApiCode.NOT_FOUND, "There is no strategy of that name.")
        after = replace(before, way=wanted.way)
        try:
            set_up(call.desk, after, call.caller.by)
        except NeedsProof as less:
            in_chat = f"/strategy {after.name} auto"
            grant = granted(call, action_of(after.name), wanted.code, str(less), in_chat)
            set_up(call.desk, after, call.caller.by, grant)
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    return Answer(200, StrategyAnswer(strategy=_shape(call, after)))


def _shape(call: Call, one: Strategy) -> StrategyShape:
    today = datetime.fromtimestamp(call.desk.clock.now(), ZONE).date()
    made = ledger(call.desk, one.name, today, call.caller.accounts)
    return StrategyShape(
        name=one.name, way=one.way, account=one.account, rule=one.rule, size=one.size,
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
        "PUT", f"{STRATEGIES}/{{strategy}}", "turnStrategy", "Say what a strategy may do.",
        turn, {200: StrategyAnswer}, scope=Scope.TRADE, body=TurnStrategy, tag="signals",
        details="Off, paper and ask count at once. Auto wants a code or PIN of who is signed in "
        "at the page; a key is refused with 403 NEEDS_PROOF and told what to say in chat.",
        example=Example(200, {"strategy": "breakout"}, body={"way": "paper"}),
    ),
)  # fmt: skip
