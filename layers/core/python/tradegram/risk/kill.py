"""The kill switch: new sends stop everywhere at once; cancels still pass."""

from __future__ import annotations

from dataclasses import replace

from tradegram.errors import Conflict, StoreUnavailable
from tradegram.ports import Change, Document, Event, OrderDesk, Store

ATTEMPTS = 5


def is_killed(store: Store) -> bool:
    switch = store.document("switch", "kill")
    return switch is not None and bool(switch.body["on"])


def kill(desk: OrderDesk, user_id: int) -> None:
    """Takes effect before the next send; nobody is asked anything."""
    _turn(desk, on=True, by=f"user {user_id}")


def resume(desk: OrderDesk, by: str) -> None:
    """Only the terminal may call this until there is a step-up in chat."""
    _turn(desk, on=False, by=by)


def _turn(desk: OrderDesk, *, on: bool, by: str) -> None:
    for _ in range(ATTEMPTS):
        switch = desk.store.document("switch", "kill") or Document("switch", "kill", {})
        body = {"on": on, "by": by, "at": desk.clock.now()}
        event = Event("desk", {"event": "kill switch", "on": on, "by": by})
        try:
            desk.store.commit(Change((replace(switch, body=body),), (event,)))
        except Conflict:
            continue
        return
    raise StoreUnavailable("the kill switch could not be written")
