"""
One seeded history of the whole desk: real code, simulated time, network, store and broker.

Every call a worker makes to the outside is a switch point. There the world may delay it, lose its
reply, fail it, let another worker run, or kill the worker. All choices come from one seed.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

import greenlet

CLOSE, SETTLE = 600.0, 180.0
SECRET = "canary-access-token"


@dataclass
class Faults:
    """Probabilities, drawn anew for every seed, so that each history stresses another mix."""

    crash: float = 0.0
    connect_error: float = 0.0
    slow_request: float = 0.0
    lost_reply: float = 0.0
    gateway_error: float = 0.0
    false_timeout: float = 0.0
    listing_lag: float = 0.0
    throttle: float = 0.0
    lost_commit: float = 0.0
    lost_bell: float = 0.0
    duplicate_message: float = 0.0
    token_expiry: float = 0.0
    reject: float = 0.0
    freeze: float = 0.0
    slow_reply: float = 0.0
    postback: float = 0.0
    crossed_fill: float = 0.0
    new_status: float = 0.0
    skew: float = 0.0
    outage: float = 0.0
    liar: float = 0.0

    @classmethod
    def draw(cls, rng: random.Random, mix: Mapping[str, float], *, liar: bool) -> Faults:
        """mix: faults that this history shall have for certain, and how often."""
        names = [each.name for each in fields(cls) if each.name != "liar"]
        chosen = {name: rng.choice((0.02, 0.1, 0.3)) for name in names if rng.random() < 0.45}
        if "skew" in chosen:
            chosen["skew"] = rng.uniform(1, 30)
        if "crash" in chosen:
            chosen["crash"] = rng.choice((0.01, 0.03, 0.08))
        return cls(**{**chosen, **mix}, liar=rng.choice((0.1, 0.5)) if liar else 0.0)


class OverError(Exception):
    """The history has ended; whoever still runs in it stops here."""


@dataclass
class World:
    seed: int
    liar: bool = False
    mix: Mapping[str, float] = field(default_factory=dict)
    time: float = 0.0
    healed: bool = False
    crashes: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    left: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.faults = Faults.draw(self.rng, self.mix, liar=self.liar)
        # A market without a close (coins): nothing but repeated asking can prove absence there.
        self.never_closes = self.rng.random() < 0.25
        self._down = (0.0, 0.0)
        if self.faults.outage:
            begin = self.rng.uniform(0, CLOSE)
            self._down = (begin, begin + self.rng.uniform(60, 400))
        self._over = False
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = itertools.count()
        self._hub = greenlet.getcurrent()
        self._workers: list[greenlet.greenlet] = []

    def hit(self, name: str, share: float = 1.0) -> bool:
        """Does the fault strike here? Counts, so that a fault that never strikes is noticed."""
        probability = getattr(self.faults, name) * share
        struck = not self.healed and probability > 0 and self.rng.random() < probability
        if struck:
            self.fired[name] = self.fired.get(name, 0) + 1
        return struck

    @property
    def down(self) -> bool:
        """The whole desk is off: nobody works, and nobody is started."""
        return self._down[0] <= self.time < self._down[1]

    def at(self, delay: float, action: Callable[[], object]) -> None:
        heapq.heappush(self._events, (self.time + delay, next(self._sequence), action))

    def pause(self, delay: float) -> None:
        """Called by worker code: let simulated time pass, and others run."""
        if self._over:
            raise OverError
        me = greenlet.getcurrent()
        if self.down or self.hit("crash"):
            self.crashes += 1
            self._hub.switch()  # never resumed: a killed process runs no `finally`
        if self.hit("freeze", 0.1):
            delay += self.rng.uniform(1, 120)  # a paused runtime stops anywhere, then goes on
        self.at(delay, me.switch)
        self._hub.switch()

    def spawn(self, name: str, work: Callable[[], object]) -> None:
        if self.down:
            self.fired["outage"] = self.fired.get("outage", 0) + 1
            return

        def body() -> None:
            try:
                work()
            except Exception as error:
                self.logs.append(f"{name}: {error!r} {error}")

        worker = greenlet.greenlet(body, self._hub)
        self._workers.append(worker)
        self.at(self.rng.random() * 0.01, worker.switch)

    def run(self, until: float) -> None:
        self._hub = greenlet.getcurrent()
        while self._events and self._events[0][0] <= until:
            self.time, _, action = heapq.heappop(self._events)
            action()
        self.time = max(self.time, until)

    def end(self) -> None:
        """Free the killed and the frozen. The collector cannot: their stacks hold the world."""
        self._over = True
        self._events.clear()
        for worker in self._workers:
            if worker and not worker.dead:
                worker.throw()
        self._workers.clear()
