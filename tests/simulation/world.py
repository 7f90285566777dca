"""
One seeded history of the whole desk: real code, simulated time, network, store and broker.

Every call a worker makes to the outside is a switch point. There the world may delay it, lose its
reply, fail it, let another worker run, or kill the worker. All choices come from one seed.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

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
    poison: float = 0.0
    no_quote: float = 0.0
    messenger_busy: float = 0.0
    messenger_silent: float = 0.0
    message_deleted: float = 0.0
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


@dataclass
class Habits:
    """How people use the desk on one day, and its market: shares, drawn anew for every seed."""

    near_close: float
    legs: float
    second_account: float
    cancel: float
    replace: float
    kill: float
    resume: float
    never_closes: float
    brackets: float
    exit: float
    elsewhere: float
    nameless: float
    by_hand: float

    @classmethod
    def draw(cls, rng: random.Random, mix: Mapping[str, float]) -> Habits:
        drawn = {
            "near_close": 0.3,
            "legs": rng.choice((0.2, 0.8)),
            "second_account": 0.4,
            "cancel": rng.choice((0.1, 0.4, 0.9)),
            "replace": rng.choice((0.1, 0.5, 0.9)),
            "kill": 0.2,
            "resume": 0.5,
            "never_closes": 0.25,
            "brackets": rng.choice((0.0, 0.5)),
            "exit": 0.3,
            "elsewhere": 0.2,
            "nameless": 0.25,
            "by_hand": 0.2,
        }
        return cls(**{**drawn, **mix})


class OverError(Exception):
    """The history has ended; whoever still runs in it stops here."""


@dataclass
class World:
    seed: int
    liar: bool = False
    mix: Mapping[str, float] = field(default_factory=dict)
    without: Collection[str] = ()
    time: float = 0.0
    healed: bool = False
    crashes: int = 0
    fired: dict[str, int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)
    told: list[tuple[float, str, tuple[object, ...]]] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    left: dict[str, list[float]] = field(default_factory=dict)
    asked: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        faults = {name for name in self.mix if hasattr(Faults, name)}
        self.faults = Faults.draw(
            self.rng, {name: self.mix[name] for name in faults}, liar=self.liar
        )
        self.habits = Habits.draw(
            self.rng, {name: odds for name, odds in self.mix.items() if name not in faults}
        )
        for name in self.without:
            setattr(self.faults, name, 0.0)
        # A market without a close (coins): nothing but repeated asking can prove absence there.
        self.never_closes = self.does("never_closes")
        self._drift = self.rng.choice((-0.04, 0.0, 0.04))
        self._down = (0.0, 0.0)
        if self.faults.outage:
            begin = self.rng.uniform(0, CLOSE)
            self._down = (begin, begin + self.rng.uniform(60, 400))
        self._over = False
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._sequence = itertools.count()
        self._hub = greenlet.getcurrent()
        self._workers: list[greenlet.greenlet] = []
        self._killed: set[greenlet.greenlet] = set()

    def hit(self, name: str, share: float = 1.0) -> bool:
        """Does the fault strike here? Counts, so that a fault that never strikes is noticed."""
        probability = getattr(self.faults, name) * share
        struck = not self.healed and probability > 0 and self.rng.random() < probability
        if struck:
            self.fired[name] = self.fired.get(name, 0) + 1
        return struck

    def does(self, name: str) -> bool:
        """Do people do this here, of their own will?"""
        return self.rng.random() < float(getattr(self.habits, name))

    def was_down_since(self, moment: float) -> bool:
        begin, end = self._down
        return moment < end <= self.time and begin < end

    def price(self) -> Decimal:
        """Of everything, per unit, at this moment."""
        return Decimal(100) + Decimal(round(self._drift * min(self.time, CLOSE))) / 2

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
            self._killed.add(me)
            self._hub.switch()  # never resumed: a killed process runs no `finally`
        if self.hit("freeze", 0.1):
            delay += self.rng.uniform(1, 120)  # a paused runtime stops anywhere, then goes on
        self.at(delay, me.switch)
        self._hub.switch()

    def act(self, name: str) -> None:
        """Somebody did this: counted, so that what nobody ever does is noticed."""
        self.acts[name] = self.acts.get(name, 0) + 1

    def tell(self, who: str, *what: object) -> None:
        """A line of the day's story."""
        self.told.append((self.time, who, what))

    def lives(self, worker: greenlet.greenlet | None) -> bool:
        return worker is not None and not worker.dead and worker not in self._killed

    def spawn(self, name: str, work: Callable[[], object]) -> greenlet.greenlet | None:
        """None when the whole desk is off."""
        if self.down:
            self.fired["outage"] = self.fired.get("outage", 0) + 1
            return None

        def body() -> None:
            try:
                work()
            except Exception as error:
                self.logs.append(f"{name}: {error!r} {error}")

        worker = greenlet.greenlet(body, self._hub)
        self._workers.append(worker)
        self.at(self.rng.random() * 0.01, worker.switch)
        return worker

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
        self._killed.clear()
