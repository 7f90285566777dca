"""
What the holder lets a strategy do: nothing, paper, a question in the chat, or trading in limits.

A strategy that nobody set up is asked about in the chat: its signals are never lost, and never
trade by themselves. Its name is its first sender's from the first signal on: nobody else sends
under it, or sees what it came to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.model import Side
from tradegram.ports import Change, Desk, Document, Event
from tradegram.risk.stepup import AtTheTerminal, Proof, spent
from tradegram.signals.signal import NAME

KIND = "strategy"
AUTO = "strategy auto"  # among what `chat.granted` does
CHAIN = "desk"  # whose audit chain it is written in
MOST = 50  # of one person
ATTEMPTS = 5


class NeedsProof(UserError):
    """It shall trade by itself, and nobody has proven yet who wants that."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} trading by itself wants your code or PIN.")


class Way(StrEnum):
    """What becomes of a strategy's signals."""

    OFF = "off"
    PAPER = "paper"
    ASK = "ask"
    AUTO = "auto"


class Rule(StrEnum):
    """How much one signal trades. SIGNAL: as it says, and nothing where it does not."""

    SIGNAL = "signal"
    QUANTITY = "quantity"
    LOTS = "lots"
    MONEY = "money"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Strategy:
    """
    user_id: whose it is. account: where it trades, as people name it; "" chooses by the region of
    the instrument. rule, size: how much. side: of signals that do not say one, "" for none.
    """

    name: str
    user_id: int
    way: Way = Way.ASK
    account: str = ""
    rule: Rule = Rule.SIGNAL
    size: Decimal = Decimal(0)
    side: str = ""


def strategies(desk: Desk, user_id: int | None = None) -> Sequence[Strategy]:
    """By name. user_id: only those of one person."""
    found = [_strategy(each) for each in desk.store.documents(KIND)]
    return [each for each in found if user_id is None or each.user_id == user_id]


def strategy(desk: Desk, name: str, user_id: int) -> Strategy:
    """
    As it is set up, or a new one that asks. Raises UserError when it is somebody else's.

    user_id: who sends, whose it becomes.
    """
    found = desk.store.document(KIND, name)
    if found is None:
        return Strategy(name, user_id)
    _check_mine(found, user_id)
    return _strategy(found)


def free_name(desk: Desk, name: str, user_id: int) -> str:
    """The name, or one of this person's own where it is somebody else's."""
    found = desk.store.document(KIND, name)
    theirs = found is not None and found.body["user_id"] != user_id
    return f"{name}-{user_id}" if theirs else name


def claim(desk: Desk, one: Strategy, by: str) -> Change:
    """
    What makes a name its first sender's, to be written with the first signal; nothing where it is
    theirs already. Raises UserError when it is somebody else's, or this person has too many.
    """
    found = desk.store.document(KIND, one.name)
    if found is None:
        _check_room(desk, one.user_id)
        plain = _plain(one)
        event = Event(CHAIN, {"event": "strategy claimed", "by": by, **plain})
        return Change((Document(KIND, one.name, plain),), (event,))
    _check_mine(found, one.user_id)
    return Change(())


def _check_mine(found: Document, user_id: int) -> None:
    if found.body["user_id"] != user_id:
        raise UserError(f"The strategy {found.key} is somebody else's.")


def _check_room(desk: Desk, user_id: int) -> None:
    if len(strategies(desk, user_id)) >= MOST:
        raise UserError(f"You have {MOST} strategies already; post under one of their names.")


def set_up(desk: Desk, wanted: Strategy, by: str, proof: Proof = None) -> None:
    """
    Make or change it. proof: that its holder wants it to trade without being asked.

    Raises NeedsProof for a strategy that shall be automatic, unless it is just that already,
    UserError for what will not do.
    """
    _check(wanted)
    for _ in range(ATTEMPTS):
        found = desk.store.document(KIND, wanted.name)
        if found is None:
            _check_room(desk, wanted.user_id)
        else:
            _check_mine(found, wanted.user_id)
            if _strategy(found) == wanted:
                return  # said again, such as by who did not hear the answer
        if wanted.way is Way.AUTO and proof is None:
            raise NeedsProof(wanted.name)
        document = Document(KIND, wanted.name, _plain(wanted), found.version if found else 0)
        event = Event(CHAIN, {"event": "strategy set up", "by": by, **_plain(wanted)})
        try:
            desk.store.commit(Change((document, *_used_up(desk, wanted, proof)), (event,)))
        except Conflict:
            continue
        return
    raise StoreUnavailable("the strategy is being written by others; nothing was changed")


def _check(wanted: Strategy) -> None:
    """Raises UserError."""
    if not NAME.fullmatch(wanted.name):
        raise UserError("A strategy's name is 1 to 32 small letters, digits or dashes.")
    if wanted.rule is not Rule.SIGNAL and wanted.size <= 0:
        raise UserError("How much? Example: /strategy breakout size 2 lots")
    if wanted.rule is Rule.PERCENT and wanted.size > 100:
        raise UserError("A size is at most 100 %.")
    if wanted.side not in ("", Side.BUY, Side.SELL):
        raise UserError("The side is buy or sell.")


def go_auto(desk: Desk, name: str, user_id: int, proof: str) -> Strategy:
    """From now on its signals are sent without a question. Raises UserError."""
    wanted = replace(strategy(desk, name, user_id), way=Way.AUTO)
    set_up(desk, wanted, f"user {user_id}", proof)
    return wanted


def action_of(name: str) -> str:
    """What a proof is given for."""
    return json.dumps([AUTO, name])


def _used_up(desk: Desk, wanted: Strategy, proof: Proof) -> Sequence[Document]:
    if wanted.way is not Way.AUTO or proof is None or isinstance(proof, AtTheTerminal):
        return ()
    return (spent(desk, proof, wanted.user_id, action_of(wanted.name)),)


def _plain(one: Strategy) -> dict[str, Any]:
    return {
        "name": one.name,
        "user_id": one.user_id,
        "way": str(one.way),
        "account": one.account,
        "rule": str(one.rule),
        "size": f"{one.size:f}",
        "side": str(one.side),
    }


def _strategy(document: Document) -> Strategy:
    body: Mapping[str, Any] = document.body
    return Strategy(
        document.key,
        body["user_id"],
        Way(body["way"]),
        body["account"],
        Rule(body["rule"]),
        Decimal(body["size"]),
        body["side"],
    )
