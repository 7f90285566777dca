"""The desk of one simulated worker: real use cases, and around them a world of ours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from simulation.exchange import Exchange, Network
from simulation.world import CLOSE, SECRET, SETTLE, World

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import UserError
from tradegram.model import Account, Instrument, Kind, Mode, Quote, Session
from tradegram.ports import Desk, Doorbell, Instruments, Store

MAIN = Account("zerodha:AB1234", "zerodha", "main", Mode.LIVE)
WIFE = Account("zerodha:CD5678", "zerodha", "wife", Mode.LIVE)
USER = 7
INFY = Instrument("NSE", "INFY", Kind.SHARE, "Infosys", Decimal(1), Decimal("0.05"))
# Something the calendar has never heard of: whatever asks when its market closes fails.
POISON = Instrument("NSE", "POISON", Kind.SHARE, "Poison", Decimal(1), Decimal("0.05"))


@dataclass
class SkewedClock:
    """One worker's clock: wrong by a constant, right in its monotonic part."""

    world: World
    skew: float

    def now(self) -> float:
        return self.world.time + self.skew

    def monotonic(self) -> float:
        return self.world.time


@dataclass
class SeededIds:
    world: World

    def nonce(self) -> str:
        return base64.b32encode(self.world.rng.randbytes(10)).decode()


@dataclass
class Accounts:
    """The registry of a desk whose accounts have a simulated broker each."""

    world: World
    exchanges: Mapping[str, Exchange]
    clock: SkewedClock

    def accounts(self) -> list[Account]:
        return [self.account(name) for name in self.exchanges]

    def account(self, account_id: str) -> Account:
        found = {one.account_id: one for one in (MAIN, WIFE)}.get(account_id)
        if found is None:
            raise UserError("no such account")
        return found

    def profile(self, account_id: str) -> Profile:
        return Zerodha.profile

    def broker(self, account_id: str) -> Broker:
        secrets = {"api_key": "k", "access_token": SECRET}
        session = Session(account_id, 9e9, secrets)
        network = Network(self.world, self.exchanges[account_id])
        return HttpBroker(Zerodha(), network, self.clock, session)


@dataclass
class DayCalendar:
    """One session that ends at CLOSE, or a market that never does."""

    world: World

    def is_open(self, instrument: Instrument, at: float) -> bool:
        return self.world.never_closes or at <= CLOSE

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        return None

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        if instrument == POISON:
            raise KeyError(instrument.symbol)
        return None if self.world.never_closes else CLOSE + SETTLE

    def expires_soon(self, at: float) -> str | None:
        return None


@dataclass
class WorldPager:
    world: World

    def alert(self, account_id: str, text: str) -> None:
        self.world.alerts.append(text)


class NoQuotes:
    """Nobody can say what the market is: the desk's limit orders stand on their tickets."""

    def quote(self, instrument: Instrument) -> Quote | None:
        return None


def desk_of(
    world: World, store: Store, doorbell: Doorbell, exchanges: Mapping[str, Exchange]
) -> Desk:
    """One worker process: its own clock error, and everything else shared."""
    skew = world.rng.uniform(-world.faults.skew, world.faults.skew) if world.faults.skew else 0.0
    clock = SkewedClock(world, skew)
    return Desk(
        store=store,
        doorbell=doorbell,
        clock=clock,
        ids=SeededIds(world),
        brokers=Accounts(world, exchanges, clock),
        calendar=DayCalendar(world),
        pager=WorldPager(world),
        instruments=cast("Instruments", cast("Any", None)),  # no order path asks it anything
        quotes=NoQuotes(),
    )
