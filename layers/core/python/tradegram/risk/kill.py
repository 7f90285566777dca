"""The kill switch: new sends stop everywhere at once; cancels still pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradegram.errors import Conflict, StoreUnavailable
from tradegram.ports import Change, Desk, Document, Event, OrderDesk, Store
from tradegram.risk.stepup import spent

ATTEMPTS = 5
RELEASE = '["resume"]'  # as a grant names it


def is_killed(store: Store) -> bool:
    switch = store.document("switch", "kill")
    return switch is not None and bool(switch.body["on"])


def kill(desk: OrderDesk, user_id: int) -> None:
    """Takes effect before the next send; nobody is asked anything."""
    _turn(desk, on=True, by=f"user {user_id}")


def resume(desk: OrderDesk, by: str) -> None:
    """Only the terminal may call this; a person in chat proves who it is and calls `release`."""
    _turn(desk, on=False, by=by)


def release(desk: Desk, user_id: int, grant: str) -> None:
    """
    Orders pass again. grant: given for RELEASE; it is used up by this.

    Raises UserError when it does not hold.
    """
    _turn(desk, on=False, by=f"user {user_id}", spend=lambda: spent(desk, grant, user_id, RELEASE))


def _turn(
    desk: OrderDesk, *, on: bool, by: str, spend: Callable[[], Document] | None = None
) -> None:
    for _ in range(ATTEMPTS):
        records = () if spend is None else (spend(),)
        switch = desk.store.document("switch", "kill") or Document("switch", "kill", {})
        body = {"on": on, "by": by, "at": desk.clock.now()}
        event = Event("desk", {"event": "kill switch", "on": on, "by": by})
        try:
            desk.store.commit(Change((replace(switch, body=body), *records), (event,)))
        except Conflict:
            continue
        return
    raise StoreUnavailable("the kill switch could not be written")
