"""A simulated broker and ours, logged in at it: for what is that broker's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from clocks import StillClock
from samples import INTENT

from tradegram.brokers.client import HttpBroker
from tradegram.model import Product, Session
from tradegram.sims.floor import Floor
from tradegram.sims.wire import Asked, Wire

LIMIT = replace(INTENT, product=Product.DELIVERY, price=Decimal(1499))


class Sim(Protocol):
    floor: Floor


S = TypeVar("S", bound=Sim)


@dataclass
class AtSim(Generic[S]):
    clock: StillClock
    sim: S
    wire: Wire
    session: Session
    broker: HttpBroker

    @property
    def floor(self) -> Floor:
        return self.sim.floor

    def place(self, **changes: object) -> str:
        """LIMIT, changed so."""
        intent = replace(LIMIT, **changes)  # type: ignore[arg-type]
        return self.broker.place(intent, not_after=self.clock.monotonic() + 5)

    def last(self) -> Asked:
        return self.wire.arrived[-1]
