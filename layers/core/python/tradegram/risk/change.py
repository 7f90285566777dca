"""Changing a limit: stricter at once, less strict only with proof."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any

from tradegram.errors import Conflict, StoreUnavailable, UserError
from tradegram.ports import Change, Desk, Document, Event, Limits
from tradegram.risk.limits import KIND, LIMITS, Limit, Value, understood
from tradegram.risk.stepup import DESK, AtTheTerminal, Proof, spent
from tradegram.risk.today import forget_count

ATTEMPTS = 5


class Unset(Enum):
    """Back to the desk's own value."""

    UNSET = "default"


UNSET = Unset.UNSET


class NeedsStepUp(UserError):
    """The change would permit more. action: what must be proven for."""

    def __init__(self, action: str) -> None:
        super().__init__("This permits more than before, so it wants your code or PIN.")
        self.action = action


def action_of(key: str, limit: Limit, value: Value | Unset) -> str:
    """The same change always has the same name; a grant is bound to it."""
    return json.dumps(["limit", key, limit.name, dumped(limit, value)])


def dumped(limit: Limit, value: Value | Unset) -> Any:
    return value.value if isinstance(value, Unset) else limit.dump(value)


def set_limit(
    desk: Desk,
    key: str,
    name: str,
    value: Value | Unset,
    *,
    user_id: int,
    proof: Proof = None,
    by: str = "",
) -> Value | None:
    """
    Set one limit of a person or an account (`user:7`, `account:paper:main`), and say so in the
    audit chain. Answers with what was set before; None when nothing was. by: who asked, as the
    audit names it, where that is more than the person.

    Raises NeedsStepUp when it permits more and no proof is given, UserError when the proof does
    not hold or the record cannot be understood, StoreUnavailable.
    """
    limit = LIMITS[name]
    for _ in range(ATTEMPTS):
        found = desk.store.document(KIND, key) or Document(KIND, key, {})
        mine = understood(found.body, key)
        records = _permitted(desk, mine, key, limit, value, user_id, proof)
        after = {other: raw for other, raw in found.body.items() if other != name}
        if not isinstance(value, Unset):
            after[name] = limit.dump(value)
        event = _event(key, limit, found.body, after, by or _who(user_id, proof))
        try:
            desk.store.commit(Change((replace(found, body=after), *records), (event,)))
        except Conflict:
            continue
        if name == "trades_per_day":
            forget_count(desk, key)  # counted afresh from the orders, in case nobody counted
        return mine.get(name)
    raise StoreUnavailable("the limit could not be written")


def _permitted(
    desk: Desk,
    mine: Mapping[str, Value],
    key: str,
    limit: Limit,
    value: Value | Unset,
    user_id: int,
    proof: Proof,
) -> Sequence[Document]:
    """What must be written with it. Raises NeedsStepUp, UserError."""
    if isinstance(proof, AtTheTerminal) or not _permits_more(desk.limits, mine, limit, value):
        return ()
    action = action_of(key, limit, value)
    if proof is None:
        raise NeedsStepUp(action)
    return (spent(desk, proof, user_id, action),)


def _permits_more(
    desks_own: Limits, mine: Mapping[str, Value], limit: Limit, value: Value | Unset
) -> bool:
    # Without its own value a person's limit gives way to the account's, which may be looser.
    if isinstance(value, Unset):
        return limit.name in mine
    before = mine[limit.name] if limit.name in mine else getattr(desks_own, limit.name)
    return limit.loosens(before, value)


def _event(
    key: str, limit: Limit, before: Mapping[str, Any], after: Mapping[str, Any], by: str
) -> Event:
    chain = key.removeprefix("account:") if key.startswith("account:") else DESK
    was, now = (each.get(limit.name, UNSET.value) for each in (before, after))
    body = {
        "event": "limit",
        "whose": key,
        "limit": limit.name,
        "before": was,
        "after": now,
        # In words, for who reads the chain on a phone.
        "change": f"{limit.title}: {_shown(limit, was)} → {_shown(limit, now)}",
        "by": by,
    }
    return Event(chain, body)


def _shown(limit: Limit, raw: Any) -> str:
    try:
        return raw if raw == UNSET.value else limit.show(limit.load(raw))
    except UserError:
        return str(raw)  # of a record that nobody understands


def _who(user_id: int, proof: Proof) -> str:
    return "terminal" if isinstance(proof, AtTheTerminal) else f"user {user_id}"


def reset(desk: Desk, key: str, proof: AtTheTerminal) -> bool:
    """Forget all that was set for a person or an account; also what nobody can read."""
    found = desk.store.document(KIND, key)
    if found is None:
        return False
    event = Event(DESK, {"event": "limits reset", "whose": key, "by": _who(0, proof)})
    desk.store.commit(Change((replace(found, body={}),), (event,)))
    return True
