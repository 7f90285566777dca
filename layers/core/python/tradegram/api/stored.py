"""Endpoints about what waits for a price: stored orders, and stops and targets of positions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from tradegram.api.call import Answer, Call, Scope, Shape
from tradegram.api.faults import ApiCode, Fault, fault_of
from tradegram.api.naming import account_of, cursor_of, permitted_accounts, place_after
from tradegram.api.route import Example, Route
from tradegram.api.shapes import Done, Number, Time, time_of
from tradegram.api.shapes_orders import AccountCursor
from tradegram.brackets.gtt import Gtt
from tradegram.brackets.plan import Bracket
from tradegram.brackets.plan import Phase as BracketPhase
from tradegram.errors import UserError
from tradegram.model import Product, Side
from tradegram.triggers.kept import Kept, Phase
from tradegram.triggers.stored import (
    Stored,
    ended_why,
    name_of,
    protects,
    stored_called,
    take_back,
    waiting,
)

STORED = "/api/stored-orders"
NONE = "There is no stored order of that id."
BACK = "It waits no more and will not be sent."
ASKED = "It is asked back; until its broker has done it, it can still trigger."
UNGUARDED = "It is ended: the position it kept is open, without this stop and target."
NOT_ALONE = (
    "It protects a position, and this key's orders are confirmed in chat. End it there: /brackets "
    "or /gtt."
)


class StoredState(StrEnum):
    """UNKNOWN: the broker may keep it; ENDING: asked back, and not proven gone yet."""

    WAITING = "WAITING"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    EXITING = "EXITING"
    STUCK = "STUCK"
    ENDING = "ENDING"
    ENDED = "ENDED"


class LevelShape(Shape):
    """when: the last price RISES or FALLS to `at`. price: the limit of its order, if it has one."""

    when: Literal["RISES", "FALLS"]
    at: Number
    price: Number | None = None


class StoredShape(Shape):
    """
    kind: ORDER, or PROTECTION of what is open. keptBy: `desk`, which must run for it, or the
    broker. levels: of two the first ends the other. quantity: units; missing where it closes what
    has filled. trail: follows the market by so much, in points or percent. stopLoss, target: for
    what it fills. until: the last moment it waits. why: of one that has ended.
    """

    stored_id: str
    account_id: str
    kind: Literal["ORDER", "PROTECTION"]
    kept_by: str
    state: StoredState
    symbol: str
    exchange: str
    transaction_type: Side
    product: Product
    quantity: Number | None = None
    levels: Sequence[LevelShape]
    trail: str | None = None
    stop_loss: Number | None = None
    target: Number | None = None
    broker_trigger_id: str | None = None
    cancel_wanted: bool = False
    until: Time | None = None
    why: str | None = None


class StoredAnswer(Done):
    stored: StoredShape
    message: str | None = None


class StoredsAnswer(Done):
    """nextCursor: the parameter `cursor` of the next page; missing on the last."""

    stored: Sequence[StoredShape]
    next_cursor: str | None = None


class BackQuery(Shape):
    """looked: for one that is UNKNOWN and asked back: a person has looked and found none."""

    looked: bool = False


# -- in our shapes -------------------------------------------------------------------------------


def stored_shape(call: Call, one: Stored) -> StoredShape:
    match one:
        case Kept():
            return _kept(call, one)
        case Gtt():
            return _entry(one)
        case Bracket():
            return _bracket(one)


def _level(way: int, at: Decimal, price: Decimal | None = None) -> LevelShape:
    """way: above 0 when the price rises to it."""
    return LevelShape(when="RISES" if way > 0 else "FALLS", at=at, price=price)


def _kept(call: Call, one: Kept) -> StoredShape:
    draft, here = one.draft, one.draft.instrument
    return StoredShape(
        stored_id=one.kept_id, account_id=one.account_id,
        kind="PROTECTION" if draft.closes else "ORDER",
        kept_by=call.desk.brokers.account(one.account_id).broker, state=_kept_state(one),
        symbol=here.symbol, exchange=here.exchange, transaction_type=draft.side,
        product=draft.product, quantity=draft.quantity,
        levels=[_level(1 if at > one.last else -1, at, limit) for at, limit in one.legs],
        stop_loss=draft.stop_loss, target=draft.target,
        broker_trigger_id=one.trigger_id or None, cancel_wanted=bool(one.cancel),
        why=one.ended or None,
    )  # fmt: skip


def _kept_state(one: Kept) -> StoredState:
    if one.phase is Phase.ENDED:
        return StoredState.ENDED
    if one.phase is Phase.UNKNOWN:
        return StoredState.UNKNOWN
    if one.cancel:
        return StoredState.ENDING
    return StoredState.WAITING if one.phase is Phase.ACTIVE else StoredState.SENDING


def _entry(one: Gtt) -> StoredShape:
    draft, here = one.draft, one.draft.instrument
    return StoredShape(
        stored_id=one.gtt_id, account_id=one.account_id, kind="ORDER", kept_by="desk",
        state=StoredState.ENDED if one.ended else StoredState.WAITING, symbol=here.symbol,
        exchange=here.exchange, transaction_type=draft.side, product=draft.product,
        quantity=draft.quantity, levels=[_level(1 if one.rises else -1, one.when, draft.price)],
        stop_loss=draft.stop_loss, target=draft.target, until=time_of(one.good_until),
        why=one.ended or None,
    )  # fmt: skip


BRACKET_STATES = {
    BracketPhase.WATCHING: StoredState.WAITING,
    BracketPhase.EXITING: StoredState.EXITING,
    BracketPhase.STUCK: StoredState.STUCK,
    BracketPhase.ENDED: StoredState.ENDED,
}


def _bracket(one: Bracket) -> StoredShape:
    levels = []
    if one.stop is not None:
        levels.append(_level(-one.up, one.stop))
    if one.target is not None:
        levels.append(_level(one.up, one.target))
    trail = one.trail
    return StoredShape(
        stored_id=one.bracket_id, account_id=one.account_id, kind="PROTECTION", kept_by="desk",
        state=BRACKET_STATES[one.phase], symbol=one.instrument.symbol,
        exchange=one.instrument.exchange, transaction_type=one.side, product=one.product,
        levels=levels,
        trail=None if trail is None else f"{trail.value.normalize():f} {trail.unit.value}",
        until=None if one.ends_at is None else time_of(one.ends_at), why=one.why or None,
    )  # fmt: skip


# -- endpoints -----------------------------------------------------------------------------------


def listed(call: Call) -> Answer:
    account = account_of(call, call.query.account)
    after, most = place_after(call.query.cursor), call.query.limit
    found = [one for one in waiting(call.desk, account.account_id) if name_of(one) > after]
    more = name_of(found[most - 1]) if len(found) > most else ""
    shown = [stored_shape(call, one) for one in found[:most]]
    return Answer(200, StoredsAnswer(stored=shown, next_cursor=cursor_of(more)))


def meant(call: Call) -> Stored:
    """Raises Fault: also where it is another account's."""
    accounts = [account.account_id for account in permitted_accounts(call)]
    try:
        return stored_called(call.desk, accounts, call.place["stored"])
    except UserError:
        raise Fault(ApiCode.NOT_FOUND, NONE, f"GET {STORED} lists them.") from None


def one(call: Call) -> Answer:
    return Answer(200, StoredAnswer(stored=stored_shape(call, meant(call))))


def back(call: Call) -> Answer:
    found = meant(call)
    if protects(found) and not call.caller.alone:
        raise Fault(ApiCode.NOT_ALLOWED, NOT_ALONE)
    try:
        after = take_back(
            call.desk, found, user_id=call.caller.user_id, by=call.caller.by,
            looked=call.query.looked,
        )  # fmt: skip
    except UserError as error:
        raise fault_of(error, ApiCode.CANNOT) from error
    words = (UNGUARDED if protects(after) else BACK) if ended_why(after) else ASKED
    return Answer(200, StoredAnswer(stored=stored_shape(call, after), message=words))


ROWS = (
    Route(
        "GET", STORED, "listStoredOrders", "What waits for a price in an account.", listed,
        {200: StoredsAnswer}, query=AccountCursor, tag="stored orders",
        details="Orders by /gtt and stops and targets by /protect or of an order, whether this "
        "desk keeps them or the broker.",
        example=Example(200, query={"account": "main", "limit": "20"}),
    ),
    Route(
        "GET", f"{STORED}/{{stored}}", "getStoredOrder", "One of them, some days longer.", one,
        {200: StoredAnswer}, tag="stored orders", example=Example(200, {"stored": "{stored}"}),
    ),
    Route(
        "DELETE", f"{STORED}/{{stored}}", "cancelStoredOrder", "Take one back.", back,
        {200: StoredAnswer}, scope=Scope.TRADE, query=BackQuery, tag="stored orders",
        details="What this desk keeps ends at once; what a broker keeps when its list says so, and "
        "until then it can trigger. What protects a position is ended by keys that send alone.",
        example=Example(200, {"stored": "{stored}"}),
    ),
)  # fmt: skip
