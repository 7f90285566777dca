"""
What waits for a price, whoever keeps it: orders and protections, looked at and taken back alike.

A broker keeps some of them (`Kept`), this desk the others: orders (`Gtt`), and the stops and
targets of a position (`Bracket`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tradegram.brackets import gtt as entries
from tradegram.brackets import plan, start
from tradegram.brackets.gtt import Gtt
from tradegram.brackets.plan import Bracket
from tradegram.errors import UserError
from tradegram.ports import Desk
from tradegram.triggers import kept as triggers
from tradegram.triggers.kept import Kept, give_up, live_kept, want_back
from tradegram.triggers.send import ring

Stored = Kept | Gtt | Bracket

GONE = "That stored order waits no more. /gtt lists them."


def name_of(one: Stored) -> str:
    match one:
        case Kept():
            return one.kept_id
        case Gtt():
            return one.gtt_id
        case Bracket():
            return one.bracket_id


def waiting(desk: Desk, account_id: str) -> Sequence[Stored]:
    """Those of the account that still wait, by name."""
    found: list[Stored] = [
        *live_kept(desk.store, account_id),
        *entries.waiting(desk, account_id),
        *start.active(desk.store, account_id),
    ]
    return sorted(found, key=name_of)


def orders_waiting(desk: Desk, account_id: str) -> int:
    """How many may still become orders that open or close something at a price of their own."""
    return len(live_kept(desk.store, account_id)) + len(entries.waiting(desk, account_id))


def stored_called(desk: Desk, account_ids: Iterable[str], name: str) -> Stored:
    """One of these accounts, also one that ended in the last days. Raises UserError."""
    for account_id in account_ids:
        key = f"{account_id}|{name}"
        # A broker's goes before: what it refused to keep has the same name here.
        if (found := desk.store.document(triggers.KIND, key)) is not None:
            return triggers.as_kept(found)
        if (found := desk.store.document(entries.KIND, key)) is not None:
            return entries.as_gtt(found)
        if (found := desk.store.document(plan.KIND, key)) is not None:
            return plan.as_bracket(found)
    raise UserError(GONE)


def ended_why(one: Stored) -> str:
    """Why it waits no more; "" while it does."""
    match one:
        case Kept() | Gtt():
            return one.ended
        case Bracket():
            return one.why if one.phase is plan.Phase.ENDED else ""


def protects(one: Stored) -> bool:
    """Whether it closes what is open: without it a position has one guard less."""
    return isinstance(one, Bracket) or one.draft.closes


def take_back(desk: Desk, one: Stored, *, user_id: int, by: str, looked: bool = False) -> Stored:
    """
    Let it wait no more. Asking twice asks once; what a broker keeps can trigger until its list says
    that it has ended.

    by: for the audit. looked: a person has looked at the broker's page for one of unknown fate,
    and ends it here.

    Raises UserError when it has ended by something else.
    """
    match one:
        case Kept():
            return _taken_back(desk, one, by=by, looked=looked)
        case Gtt():
            after = entries.end(desk, one, f"forgotten by {by}")
            if after.ended == "sent":
                raise UserError("It was sent just before. /orders shows its order.")
            return after
        case Bracket():
            if one.phase is plan.Phase.ENDED and one.why == start.YOU_ENDED:
                return one
            return start.give_up(desk, one.key, user_id)


def _taken_back(desk: Desk, one: Kept, *, by: str, looked: bool) -> Kept:
    if one.ended and not one.cancel:
        raise UserError(f"It waits no more: {one.ended}.")
    if looked:
        return give_up(desk, one, by=by)
    after = want_back(desk, one.key, by=by, why="you took it back")
    ring(desk, after)
    return after
