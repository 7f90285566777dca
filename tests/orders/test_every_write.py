"""
One order's whole life over both homes' stores, with a fault at each of its writes in turn: the
process dies before or after the write, its answer is lost, or the store takes nothing for a while.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from clocks import StillClock
from loopback.kite import Kite
from orders.desks import KiteAccount, KiteDesk
from samples import STAGED
from store.stores import opened

from tradegram.audit import examine
from tradegram.errors import NotFound, StoreError, StoreUnavailable
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.send import TryLater, send_order
from tradegram.orders.state import Order, State
from tradegram.ports import Change, Record, Store, commit_order

ACCOUNT, KEY = STAGED.account_id, STAGED.key
MINUTE, CLOSED = 60.0, 3 * 3600.0  # seconds
FILL = 40  # of a hundred; the rest is cancelled


class Strike(Enum):
    DIES_BEFORE = "the process dies, and nothing is written"
    DIES_AFTER = "the process dies, and it is written"
    LOST = "it is written, and nobody hears that it was"
    REFUSED = "it is not written, now and twice more"


class Died(BaseException):
    """Nothing of ours may catch it: a dead process runs no more code."""


@dataclass
class Struck:
    """A store at whose nth write something happens."""

    store: Store
    strike: Strike
    left: int
    times: int = 1
    hit: bool = field(default=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def commit(self, change: Change) -> Sequence[Record]:
        self.left -= 1
        if self.left >= 0 or self.left < -self.times:
            return self.store.commit(change)
        self.hit = True
        if self.strike is Strike.DIES_BEFORE:
            raise Died
        if self.strike is Strike.REFUSED:
            raise StoreUnavailable("throttled")
        self.store.commit(change)
        if self.strike is Strike.DIES_AFTER:
            raise Died
        raise StoreUnavailable("no answer")


@pytest.mark.parametrize("strike", Strike, ids=lambda each: each.name.lower())
@pytest.mark.parametrize("home", ["sqlite", "ministack"])
def test_whatever_happens_at_any_write_one_order_ends_known_and_is_placed_at_most_once(
    home: str, strike: Strike, tmp_path: Path
) -> None:
    number = 0
    while True:  # ends with the writes of one life
        folder = tmp_path / str(number)
        folder.mkdir()
        clock, kite = StillClock(), Kite()
        with opened(home, folder, clock) as store:
            times = 3 if strike is Strike.REFUSED else 1
            struck = Struck(store, strike, number, times)
            lives(desk_over(struck, kite, clock), kite)
            after(desk_over(store, kite, clock), kite)
            judge(store, kite)
        if not struck.hit:
            break
        number += 1

    assert number >= 6  # staged, claimed, acknowledged, a fill, a cancel wished and done


def desk_over(store: Any, kite: Kite, clock: StillClock) -> KiteDesk:
    return KiteDesk(store, kite, clock, KiteAccount(kite, clock))


def lives(desk: KiteDesk, kite: Kite) -> None:
    """From the tap to a fill and a cancel, until the process dies or all is done."""
    now = desk.clock.now()
    staged = replace(STAGED, staged_at=now, send_by=now + 2 * MINUTE)
    with suppress(Died):
        with suppress(StoreError):  # the tap is told so, and may be repeated
            commit_order(desk.store, staged, {"event": "staged"})
        delivered(desk)
        if kite.orders:
            kite.fill(FILL, 1500.0)
        looked(desk)
        with suppress(StoreError):
            want_cancel(desk, KEY, user_id=7, why="a test")
        looked(desk)
        looked(desk)


def after(desk: KiteDesk, kite: Kite) -> None:
    """Another process, which finds what the record says; the message comes again and again."""
    for _ in range(4):
        desk.clock.pass_(MINUTE)
        delivered(desk)
        looked(desk)
    if kite.orders and kite.orders[0]["status"] == "OPEN":
        kite.orders[0]["status"] = "CANCELLED"  # as at the close
    desk.calendar.closed_after = desk.clock.now()
    for _ in range(3):
        desk.clock.pass_(CLOSED)
        looked(desk)


def delivered(desk: KiteDesk) -> None:
    """The queue brings the message until somebody has done with it, five times at most."""
    for _ in range(5):
        with suppress(NotFound, TryLater, StoreError):
            send_order(desk, desk.store.order(KEY))
            return


def looked(desk: KiteDesk) -> None:
    with suppress(StoreError):
        reconcile(desk, ACCOUNT)


def judge(store: Store, kite: Kite) -> None:
    """The broker's ledger decides what is true."""
    assert len(kite.orders) <= 1
    assert examine(store.chain(ACCOUNT)) == []
    try:
        order = store.order(KEY)
    except NotFound:
        assert kite.orders == []  # the tap was never written: nothing may be anywhere
        return
    told = {notice.kind for notice in store.notices()}
    if not kite.orders:
        assert order.state in (State.VOID, State.DENIED)
    else:
        assert order.state is State.CANCELLED
        assert order.cum_quantity == kite.orders[0]["filled_quantity"]
    assert order.settled
    assert order.state.lower() in told or order_corrected(order, told)


def order_corrected(order: Order, told: set[str]) -> bool:
    return bool(order.cum_quantity) and "corrected" in told
