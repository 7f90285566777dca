"""
One signal, followed once: sent, asked about in the chat, or turned down with the reason.

What became of it is a record that is written with its order or its ticket, in one transaction. So
a signal that comes twice, or whose sender is killed and tries again, has one order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tradegram.chat.asked import Asked
from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.orders.state import Order
from tradegram.ports import Change, Desk, Document, Event, Notice
from tradegram.signals.route import by_rule, routed
from tradegram.signals.signal import Signal
from tradegram.signals.strategy import Strategy, Way, claim, strategy
from tradegram.tickets.by_program import ask_holder, save_for, stage_at_once
from tradegram.tickets.desk import new_ticket
from tradegram.tickets.ticket import Ticket

KIND, SEEN = "signal", "signal seen"
SAME_WITHIN = 600.0  # seconds in which a signal without an id is taken for a repetition
KEPT = 400 * 86_400.0  # seconds; a strategy's results are looked at for a year
LONGEST = 300  # characters of a reason
ATTEMPTS = 5


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
    had come before, and this is what became of it then. account_id: where it traded.
    """

    outcome: Outcome
    words: str
    ticket_id: str = ""
    orders: Sequence[str] = ()
    again: bool = False
    account_id: str = ""


def follow(
    desk: Desk, signal: Signal, user_id: int, by: str, accounts: frozenset[str] = frozenset()
) -> Followed:
    """
    user_id: whose strategy sends it. by: who sent it, for the audit. accounts: only these may be
    traded; empty for all.

    Raises StoreError when nobody can say what became of it: the sender may repeat it.
    """
    for _ in range(ATTEMPTS):
        try:
            return _once(desk, signal, user_id, by, accounts)
        except Conflict:
            continue  # another copy of it was followed, or another was first with the name
    raise StoreUnavailable("the signal is being written by others")


def propose(desk: Desk, signal: Signal, asked: Asked, user_id: int, words: str) -> Ticket:
    """
    A ticket of a signal that its holder pressed Follow under; the one there is, if it was followed
    before. Whatever the strategy may do by itself, this waits for Confirm.

    asked: as its words read; the strategy's account and size go before. words: for the record.

    Raises UserError when the strategy is off or the ticket cannot be made, StoreError.
    """
    for _ in range(ATTEMPTS):
        rule = strategy(desk, signal.strategy, user_id)
        _check_on(rule)
        place = _place(desk, signal, signal.strategy)
        if (before := found(desk, place)) is not None:
            return desk.store.ticket(before.ticket_id)
        wanted = by_rule(desk, rule, asked)
        ticket = new_ticket(desk, user_id=user_id, asked=wanted, source_text=words)
        posted = _Posted(signal, user_id, f"user {user_id}, forwarded", place, rule)
        made = Followed(Outcome.ASKED, "", ticket.ticket_id)
        try:
            records = _records(desk, posted, made, ticket.account_id)
            return save_for(desk, ticket, records, posted.by)
        except Conflict:
            continue
    raise StoreUnavailable("the signal is being written by others")


@dataclass(frozen=True, slots=True)
class _Posted:
    """place: its key in the record. rule: its sender's; None where the name is somebody else's."""

    signal: Signal
    user_id: int
    by: str
    place: str
    rule: Strategy | None


def _once(desk: Desk, signal: Signal, user_id: int, by: str, accounts: frozenset[str]) -> Followed:
    """Raises Conflict when something was written meanwhile: look again."""
    try:
        rule = strategy(desk, signal.strategy, user_id)
        claim(desk, rule, by)
    except UserError as error:
        # Kept apart: its holder's own signal of the same id is still to come, and is not told here.
        place = _place(desk, signal, f"~{user_id}|{signal.strategy}")
        posted = _Posted(signal, user_id, by, place, None)
        return found(desk, place) or _denied(desk, posted, str(error))
    posted = _Posted(signal, user_id, by, _place(desk, signal, signal.strategy), rule)
    if (before := found(desk, posted.place)) is not None:
        return _seen_by(before, accounts)
    try:
        return _followed(desk, posted, rule, accounts)
    except UserError as error:
        return _denied(desk, posted, str(error))


def _place(desk: Desk, signal: Signal, whose: str) -> str:
    """Its key in the record. Without an id the same words are the same signal for some minutes."""
    key = f"{whose}|{signal.signal_id}"
    if signal.is_named:
        return key
    seen = desk.store.document(SEEN, key)
    return str(seen.body["place"]) if seen else f"{key}@{int(desk.clock.now())}"


def _seen_by(before: Followed, accounts: frozenset[str]) -> Followed:
    """Of what happened in other accounts a key hears only that the signal had come before."""
    if not accounts or before.account_id in accounts:
        return before
    return replace(before, words="", ticket_id="", orders=())


def found(desk: Desk, place: str) -> Followed | None:
    """What became of it, if it has come before. place: its key in the record."""
    known = desk.store.document(KIND, place)
    if known is None:
        return None
    body = known.body
    return Followed(
        Outcome(body["outcome"]), body["words"], body["ticket"], tuple(body["orders"]), again=True,
        account_id=body.get("account", ""),  # not in older records
    )  # fmt: skip


def _followed(desk: Desk, posted: _Posted, rule: Strategy, accounts: frozenset[str]) -> Followed:
    _check_on(rule)
    asked = routed(desk, rule, posted.signal)
    if accounts and asked.account not in accounts:
        raise UserError("The key that sent it may not trade where this strategy does.")
    words = f"{asked.side} {asked.instrument.symbol}, strategy {rule.name}"
    ticket = new_ticket(desk, user_id=rule.user_id, asked=asked, source_text=words)
    return _asked(desk, posted, ticket) if rule.way is Way.ASK else _sent(desk, posted, ticket)


def _check_on(rule: Strategy) -> None:
    if rule.way is Way.OFF:
        raise UserError(f"{rule.name} is off: /strategy {rule.name} ask lets it ask again.")


def _sent(desk: Desk, posted: _Posted, ticket: Ticket) -> Followed:
    def made(orders: Sequence[Order]) -> Followed:
        return Followed(Outcome.SENT, "", ticket.ticket_id, [order.key for order in orders])

    def also(orders: Sequence[Order]) -> Change:
        if (before := found(desk, posted.place)) is not None:
            raise _Taken(before)
        return _records(desk, posted, made(orders), ticket.account_id)

    try:
        return made(stage_at_once(desk, ticket, also, posted.by).orders)
    except _Taken as taken:
        return taken.before


def _asked(desk: Desk, posted: _Posted, ticket: Ticket) -> Followed:
    words = "its holder is asked in the chat"
    made = Followed(Outcome.ASKED, words, ticket.ticket_id)
    ask_holder(desk, ticket, _records(desk, posted, made, ticket.account_id), posted.by)
    return made


def _denied(desk: Desk, posted: _Posted, why: str) -> Followed:
    """Kept and told: a signal that went nowhere must not go unseen."""
    signal, made = posted.signal, Followed(Outcome.DENIED, why[:LONGEST])
    text = f"Strategy {signal.strategy}, {signal.symbol[:40]}: not followed. {made.words}"
    event = Event(
        "desk", {"event": "signal denied", "strategy": signal.strategy, "why": made.words,
                 "by": posted.by}
    )  # fmt: skip
    owed = Notice("desk", "", "alert", text, posted.user_id)
    written = _records(desk, posted, made)
    desk.store.commit(Change(written.records, (event, *written.events), (owed,)))
    return made


def _records(desk: Desk, posted: _Posted, made: Followed, account_id: str = "") -> Change:
    """account_id: where it trades; "" for nowhere. Raises Conflict."""
    signal, now = posted.signal, desk.clock.now()
    body = {
        "strategy": signal.strategy,
        "symbol": signal.symbol,
        "side": str(signal.side or ""),
        "at": now,
        "outcome": str(made.outcome),
        "words": made.words,
        "ticket": made.ticket_id,
        "orders": list(made.orders),
        "account": account_id,
    }
    try:
        mine = claim(desk, posted.rule, posted.by) if posted.rule else Change(())
    except UserError as error:  # it was free when we looked
        raise Conflict(f"the name {signal.strategy} was taken meanwhile") from error
    record = Document(KIND, posted.place, body, expires_at=now + KEPT)
    if signal.is_named:
        return Change((record, *mine.records), mine.events)
    key, _, _ = posted.place.rpartition("@")
    seen = Document(SEEN, key, {"place": posted.place}, expires_at=now + SAME_WITHIN)
    return Change((record, *mine.records, seen), mine.events)
