"""
One signal, followed once: sent, asked about in the chat, or turned down with the reason.

What became of it is a record that is written with its order or its ticket, in one transaction. So
a signal that comes twice, or whose sender is killed and tries again, has one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tradegram.errors import Conflict, UserError
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Document, Event, Notice
from tradegram.signals.route import routed
from tradegram.signals.signal import Signal
from tradegram.signals.strategy import Strategy, Way, strategy
from tradegram.tickets.by_program import ask_holder, stage_at_once
from tradegram.tickets.desk import new_ticket
from tradegram.tickets.ticket import Ticket

KIND, SEEN = "signal", "signal seen"
SAME_WITHIN = 600.0  # seconds in which a signal without an id is taken for a repetition
KEPT = 400 * 86_400.0  # seconds; a strategy's results are looked at for a year
LONGEST = 300  # characters of a reason


class _Taken(Exception):
    """Another process has followed this signal meanwhile."""

    def __init__(self, before: Followed) -> None:
        super().__init__(before.words)
        self.before = before


class Outcome(StrEnum):
    """What became of a signal."""

    SENT = "SENT"
    ASKED = "ASKED"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True)
class Followed:
    """
    outcome and why, in words. ticket_id: of what was made of it; orders: sent at once. again: it
    had come before, and this is what became of it then.
    """

    outcome: Outcome
    words: str
    ticket_id: str = ""
    orders: Sequence[str] = ()
    again: bool = False


def follow(
    desk: Desk, signal: Signal, user_id: int, by: str, accounts: frozenset[str] = frozenset()
) -> Followed:
    """
    user_id: whose strategy sends it. by: who sent it, for the audit. accounts: only these may be
    traded; empty for all.

    Raises StoreError when nobody can say what became of it: the sender may repeat it.
    """
    place = _place(desk, signal)
    try:
        rule = strategy(desk, signal.strategy, user_id)
    except UserError as error:
        # Kept apart: its holder's own signal of the same id is still to come, and is not told here.
        place = f"~{user_id}|{place}"
        return found(desk, place) or _denied(desk, place, signal, user_id, by, str(error))
    if (before := found(desk, place)) is not None:
        return before
    try:
        return _followed(desk, place, rule, signal, by, accounts)
    except UserError as error:
        return _denied(desk, place, signal, user_id, by, str(error))
    except Conflict:
        if (before := found(desk, place)) is not None:
            return before
        raise


def _place(desk: Desk, signal: Signal) -> str:
    """Its key in the record. Without an id the same words are the same signal for some minutes."""
    key = f"{signal.strategy}|{signal.signal_id}"
    if signal.is_named:
        return key
    seen = desk.store.document(SEEN, key)
    return str(seen.body["place"]) if seen else f"{key}@{int(desk.clock.now())}"


def found(desk: Desk, place: str) -> Followed | None:
    """What became of it, if it has come before. place: its key in the record."""
    known = desk.store.document(KIND, place)
    if known is None:
        return None
    body = known.body
    return Followed(
        Outcome(body["outcome"]), body["words"], body["ticket"], tuple(body["orders"]), again=True
    )


def _followed(
    desk: Desk, place: str, rule: Strategy, signal: Signal, by: str, accounts: frozenset[str]
) -> Followed:
    if rule.way is Way.OFF:
        raise UserError(f"{rule.name} is off: /strategy {rule.name} ask lets it ask again.")
    asked = routed(desk, rule, signal)
    if accounts and asked.account not in accounts:
        raise UserError(f"The key that sent it may not trade in {asked.account}.")
    words = f"{asked.side} {asked.instrument.symbol}, strategy {rule.name}"
    ticket = new_ticket(desk, user_id=rule.user_id, asked=asked, source_text=words)
    if rule.way is Way.ASK:
        return _asked(desk, place, signal, ticket, by)
    return _sent(desk, place, signal, ticket, by)


def _sent(desk: Desk, place: str, signal: Signal, ticket: Ticket, by: str) -> Followed:
    def also(orders: Sequence[Order]) -> Sequence[Document]:
        if (before := found(desk, place)) is not None:
            raise _Taken(before)
        keys = [order.key for order in orders]
        return _records(desk, place, signal, Followed(Outcome.SENT, "", ticket.ticket_id, keys))

    try:
        done = stage_at_once(desk, ticket, also, by)
    except _Taken as taken:
        return taken.before
    keys = [order.key for order in done.orders]
    return Followed(Outcome.SENT, "", ticket.ticket_id, keys)


def _asked(desk: Desk, place: str, signal: Signal, ticket: Ticket, by: str) -> Followed:
    words = "its holder is asked in the chat"
    made = Followed(Outcome.ASKED, words, ticket.ticket_id)
    ask_holder(desk, ticket, _records(desk, place, signal, made), by)
    return made


def _denied(desk: Desk, place: str, signal: Signal, user_id: int, by: str, why: str) -> Followed:
    """Kept and told: a signal that went nowhere must not go unseen."""
    made = Followed(Outcome.DENIED, why[:LONGEST])
    text = f"Strategy {signal.strategy}, {signal.symbol[:40]}: not followed. {why[:LONGEST]}"
    event = Event(
        "desk", {"event": "signal denied", "strategy": signal.strategy, "why": why[:LONGEST],
                 "by": by}
    )  # fmt: skip
    owed = Notice("desk", "", "alert", text, user_id)
    try:
        desk.store.commit(Change(_records(desk, place, signal, made), (event,), (owed,)))
    except Conflict:
        return found(desk, place) or made
    return made


def _records(desk: Desk, place: str, signal: Signal, made: Followed) -> tuple[Document, ...]:
    body = {
        "strategy": signal.strategy,
        "symbol": signal.symbol,
        "side": str(signal.side or ""),
        "at": desk.clock.now(),
        "outcome": str(made.outcome),
        "words": made.words,
        "ticket": made.ticket_id,
        "orders": list(made.orders),
    }
    now = desk.clock.now()
    record = Document(KIND, place, body, expires_at=now + KEPT)
    if signal.is_named:
        return (record,)
    key = f"{signal.strategy}|{signal.signal_id}"
    return (record, Document(SEEN, key, {"place": place}, expires_at=now + SAME_WITHIN))
