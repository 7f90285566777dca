"""The same days behind the guard: paced, and paused while a broker does not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import pytest
from simulation.desks import SkewedClock
from simulation.history import Day
from simulation.rules import check
from simulation.world import World

from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.guarded import Guards
from tradegram.model import Account
from tradegram.ports import Brokers, Change, Desk, Document, Notice, Record, Store


@dataclass
class GuardStore:
    """
    Of ports.Store what the guard uses: faults when it writes, none when it reads.

    The desk asks several brokers from several threads, and a read there is no switch point.
    """

    day: Day

    def document(self, kind: str, key: str) -> Document | None:
        return self.day.inner.document(kind, key)

    def commit(self, change: Change) -> Sequence[Record]:
        return self.day.store.commit(change)


@dataclass
class GuardedAccounts:
    """Implements ports.Brokers around another."""

    inner: Brokers
    guards: Guards

    def accounts(self) -> Sequence[Account]:
        return self.inner.accounts()

    def account(self, account_id: str) -> Account:
        return self.inner.account(account_id)

    def profile(self, account_id: str) -> Profile:
        return self.inner.profile(account_id)

    def broker(self, account_id: str) -> Broker:
        return self.guards.around(self.account(account_id), self.inner.broker(account_id))


class GuardedDay(Day):
    def __init__(self, seed: int, *, liar: bool) -> None:
        super().__init__(World(seed, liar=liar, mix={}, without=()), None)
        self.said: list[str] = []
        store = cast("Store", GuardStore(self))
        self.guards = Guards(store, SkewedClock(self.world, 0.0), self._owed)

    def _owed(self, account_id: str, kind: str, text: str) -> Sequence[Notice]:
        self.said.append(kind)
        return ()

    def desk(self) -> Desk:
        desk = super().desk()
        return replace(desk, brokers=GuardedAccounts(desk.brokers, self.guards))


def played(seed: int, *, liar: bool = False) -> GuardedDay:
    day = GuardedDay(seed, liar=liar)
    try:
        day.play()
        check(day)
    finally:
        day.world.end()
    return day


@pytest.mark.parametrize("liar", [False, True])
def test_no_promise_is_broken_behind_the_guard(liar: bool) -> None:
    days = [played(seed, liar=liar) for seed in range(300)]

    opened = sum(day.said.count("alert") for day in days)
    closed = sum(day.said.count("answers") for day in days)
    assert opened > 10  # else this proves nothing
    assert 0 < closed <= opened
