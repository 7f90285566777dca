"""
Watch over what an account holds: system E's sync of positions into a session.

A session is a name under which the positions are mirrored and the distances are kept. With a stop
or a target each position gets a bracket, which watches and exits by itself, as /protect in chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from tradegram.api.call import Answer, Call, Scope
from tradegram.api.faults import ApiCode, Fault
from tradegram.api.naming import account_of
from tradegram.api.orders import ACCOUNT
from tradegram.api.route import Example, Route
from tradegram.api.shapes_accounts import SyncAnswer, SyncAsked, WatchedShape
from tradegram.brackets.plan import Bracket
from tradegram.brackets.start import Levels, active, protect_position
from tradegram.chat.asked import Level, Unit
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Position
from tradegram.ports import Change, Document, Event
from tradegram.tickets.levels import resolved

KIND = "watch session"
KEPT = 400 * 86_400.0  # seconds after the last sync
ATTEMPTS = 5
LONGEST_NAME = 64
NOT_ALONE = (
    "A stop or target exits by itself, and this key's orders are confirmed in chat. Protect the "
    "position there with /protect, or make a key that may send alone."
)


def sync(call: Call) -> Answer:
    """Raises Fault, BrokerError, StoreError."""
    account, name = account_of(call, call.place["account"]), call.place["session"]
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Fault(ApiCode.INVALID_REQUEST, f"A session's name has at most {LONGEST_NAME} "
                    "characters.")  # fmt: skip
    found = call.desk.brokers.broker(account.account_id).positions()
    held = [one for one in found if one.quantity]
    levels = _remembered(call, f"{account.account_id}|{name}", held)
    shown = [_watched(call, one, levels) for one in held]
    watched = sum(one.watched for one in shown)
    message = f"Positions synced successfully: {len(shown)}, {watched} of them watched."
    if shown and not any(levels.values()):
        message += " Say stopLossPercent or targetPercent to have them watched."
    return Answer(200, SyncAnswer(message=message, session=name, positions=shown))


def _remembered(call: Call, key: str, held: list[Position]) -> Mapping[str, Decimal | None]:
    """
    The session's distances, with those that were said now; the positions are mirrored.

    Raises Fault before anything is written where the caller may not have them watched.
    """
    asked: SyncAsked = call.body
    said = {"stop": asked.stop_loss_percent, "target": asked.target_percent}
    for _ in range(ATTEMPTS):
        now = call.desk.clock.now()
        document = call.desk.store.document(KIND, key) or Document(KIND, key, {})
        before = document.body.get("levels", {"stop": None, "target": None})
        levels = {
            name: said[name] if said[name] is not None else _decimal(before[name]) for name in said
        }
        if any(levels.values()) and not call.caller.alone:
            raise Fault(ApiCode.NOT_ALLOWED, NOT_ALONE)
        body = {
            "levels": {name: None if one is None else str(one) for name, one in levels.items()},
            "at": now,
            "positions": [
                {"instrument": one.instrument.key, "product": one.product,
                 "quantity": str(one.quantity), "average_price": str(one.average_price)}
                for one in held
            ],
        }  # fmt: skip
        event = Event(key.partition("|")[0], {"event": "positions synced", "session": key,
                                              "by": call.caller.by})  # fmt: skip
        after = replace(document, body=body, expires_at=now + KEPT)
        try:
            call.desk.store.commit(Change((after,), (event,)))
        except Conflict:
            continue
        return levels
    raise StoreUnavailable(f"session {key} could not be written")


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _watched(call: Call, one: Position, percent: Mapping[str, Decimal | None]) -> WatchedShape:
    bracket, why = _bracket_over(call, one), None
    if bracket is None and any(percent.values()):
        try:
            bracket = protect_position(call.desk, call.caller.user_id, one, _levels(one, percent))
        except UserError as error:
            why = str(error)
    return WatchedShape(
        symbol=one.instrument.symbol,
        exchange=one.instrument.exchange,
        product=one.product,
        quantity=one.quantity,
        average_price=one.average_price,
        stop_loss=bracket.stop if bracket else None,
        target=bracket.target if bracket else None,
        watched=bracket is not None,
        why=why,
    )


def _bracket_over(call: Call, one: Position) -> Bracket | None:
    for bracket in active(call.desk.store, one.account_id):
        if (bracket.instrument.key, bracket.product) == (one.instrument.key, one.product):
            return bracket
    return None


def _levels(one: Position, percent: Mapping[str, Decimal | None]) -> Levels:
    up = 1 if one.quantity > 0 else -1

    def at(name: str, way: int) -> Decimal | None:
        said = percent[name]
        if said is None:
            return None
        return resolved(Level(said, Unit.PERCENT), one.average_price, way, one.instrument)

    return Levels(stop=at("stop", -up), target=at("target", up))


ROWS = (
    Route(
        "POST", f"{ACCOUNT}/sync/{{session}}", "syncPositions",
        "Mirror the positions into a session that watches them.", sync, {200: SyncAnswer},
        scope=Scope.TRADE, body=SyncAsked, optional_body=True, tag="accounts",
        details="Without a body the session's own distances are used; a new session has none and "
        "only mirrors. Syncing again leaves the brackets there are as they are.",
        example=Example(200, {"account": "1", "session": "7"},
                        body={"stopLossPercent": 2, "targetPercent": 4}),
    ),
)  # fmt: skip
