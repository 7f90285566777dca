"""A running TWS of the simulator and a broker that is told where it listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal

from clocks import StillClock

from tradegram.brokers.ibkr import Ibkr
from tradegram.brokers.ibkr.link import Patience
from tradegram.brokers.listings import Listings, SameNames
from tradegram.model import (
    Instrument,
    OrderIntent,
    OrderType,
    Product,
    Session,
    Side,
    TimeInForce,
)
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.ibkr.served import Gateway
from tradegram.sims.ibkr.tws import Tws

ACCOUNT = "ibkr:DU1234567"
SOON = Patience(
    opens=3.0, answers=3.0, says=1.5, row_follows=0.3, prices=1.5, candles=3.0, ping=2.0, frees=0.4
)


@dataclass
class Desk:
    """One account at one simulated gateway; `at` makes further brokers there."""

    tws: Tws
    gateway: Gateway
    clock: StillClock
    made: list[Ibkr] = field(default_factory=list)
    _orders: int = 0

    @property
    def broker(self) -> Ibkr:
        return self.made[0]

    def at(
        self,
        account: str = ACCOUNT,
        listings: Listings | None = None,
        secrets: Mapping[str, str] | None = None,
        patience: Patience = SOON,
    ) -> Ibkr:
        given = {"host": "127.0.0.1", "port": str(self.gateway.port), **(secrets or {})}
        session = Session(account, 0.0, given)
        made = Ibkr(session, self.clock, listings or SameNames(), patience)
        self.made.append(made)
        return made

    @property
    def share(self) -> Instrument:
        return self.instrument("AAPL")

    def instrument(self, name: str) -> Instrument:
        """By the start of its symbol."""
        rows = self.tws.catalogue.rows
        return next(row.instrument for row in rows if row.instrument.symbol.startswith(name))

    def intent(self, **changes: object) -> OrderIntent:
        """A buy of 10 at 99.50 while the market is at 100: it rests."""
        self._orders += 1
        key = f"{'A' * 15}{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[self._orders % 26]}"
        usual = OrderIntent(
            key, ACCOUNT, self.share, Side.BUY, OrderType.LIMIT, Decimal(10), Product.DELIVERY,
            TimeInForce.DAY, Decimal("99.5"), wire_id=key,
        )  # fmt: skip
        return replace(usual, **changes)  # type: ignore[arg-type]

    def place(self, intent: OrderIntent, broker: Ibkr | None = None) -> str:
        return (broker or self.broker).place(intent, not_after=self.clock.monotonic() + 10)

    def entry(self, intent: OrderIntent) -> Entry:
        """The one order of the floor that is this one."""
        [found] = self.entries(intent)
        return found

    def entries(self, intent: OrderIntent) -> list[Entry]:
        return self.tws.floor.referring(intent.wire_id)


@contextmanager
def desk(version: int = 178) -> Iterator[Desk]:
    clock = StillClock()
    tws = Tws(Floor(clock.now), version=version)
    gateway = Gateway(tws)
    gateway.start()
    made = Desk(tws, gateway, clock)
    made.at()
    try:
        yield made
    finally:
        for one in made.made:
            one.close()
        gateway.stop()


def wait_for(fact: Callable[[], object], seconds: float = 15.0) -> None:
    tick = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if fact():
            return
        tick.wait(0.01)
    raise AssertionError("it did not happen")
