"""
Every call to a broker passes here: paced, timed, and held back while the broker does not answer.

It never repeats a call and never waits: what may not leave now is proven unsent, and says when to
come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from tradegram.brokers import health
from tradegram.brokers.breaker import FORGET, PROBE_EVERY, Breaker, Owed, Sort, Standing, counts
from tradegram.brokers.budget import Budget, CountedHttp
from tradegram.brokers.calls import BOOKS, VIEWS, Calls
from tradegram.brokers.catalog import profile_of
from tradegram.brokers.contract import Book, Broker, Health, Profile
from tradegram.brokers.health import Sample, Window
from tradegram.brokers.pacing import Pace
from tradegram.errors import BrokerError, Conflict, NotSent, StoreError, Throttled
from tradegram.model import Account, Fill, Funds, Holding, OrderIntent, Position, Terms
from tradegram.ports import Change, Clock, Document, Store

if TYPE_CHECKING:
    from tradegram.brokers.client import Http

T = TypeVar("T")

KIND = "health"
CLOSED = Standing()
SENT = frozenset({"place_trigger", "cancel_trigger"})  # what only some have, and is no read
# What is no look at prices or figures: what became of orders, and how to hear of it.
NEEDED = frozenset({"look_up", "stream", "price_stream"})
ALL = math.inf  # of a day's calls: orders wait for this one
KEPT = 3600.0  # seconds that another process's figures are shown


class GuardedBroker:
    """Implements contract.Broker and contract.Gated around another broker."""

    def __init__(
        self, inner: Broker, account: Account, store: Store, clock: Clock, watch: Watch
    ) -> None:
        self._inner = inner
        self._account = account
        self._store = store
        self._clock = clock
        self._watch = watch

    @property
    def profile(self) -> Profile:
        return self._inner.profile

    # -- orders ----------------------------------------------------------------------------------

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        return self.send(lambda: self._inner.place(intent, not_after=not_after))

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        if self._standing().is_open:
            raise Throttled(self.profile.name, "does not answer", retry_after=PROBE_EVERY)
        self.send(lambda: self._inner.replace(intent, broker_order_id, wanted))

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        self.send(lambda: self._inner.cancel(intent, broker_order_id), cancel=True)

    def send(self, call: Callable[[], T], *, cancel: bool = False) -> T:
        """In its turn, but never behind the breaker: a way out stays open."""
        self._in_turn(cancel=cancel)
        return self._timed(Sort.ORDER, call)

    def _in_turn(self, *, cancel: bool = False) -> None:
        if wait := self._watch.pace.take(cancel=cancel):
            raise Throttled(self.profile.name, "waits for its turn", retry_after=wait)

    # -- reads -----------------------------------------------------------------------------------

    def order_book(self) -> Book:
        return self.read(self._inner.order_book, book=True, share=BOOKS)

    def trades(self) -> Sequence[Fill]:
        return self.read(self._inner.trades)

    def positions(self) -> Sequence[Position]:
        return self.read(self._inner.positions, share=BOOKS)  # a way out begins with them

    def holdings(self) -> Sequence[Holding]:
        return self.read(self._inner.holdings)

    def funds(self) -> Sequence[Funds]:
        return self.read(self._inner.funds)

    def margin_for(self, intent: OrderIntent) -> Funds:
        return self.read(lambda: self._inner.margin_for(intent))

    def read(self, call: Callable[[], T], *, book: bool = False, share: float = VIEWS) -> T:
        """
        Seldom while the broker does not answer: each try may take seconds of somebody's time. And
        not with calls that are kept for what matters more; share: see `Calls.left`.
        """
        calls = self.calls()
        if calls is not None and not calls.left(share):
            words = f"{calls.used} of today's {calls.most} calls are used; the rest is for orders"
            raise NotSent(self.profile.name, words)
        standing = self._standing()
        if standing.is_open and not self._watch.breaker.may_probe():
            raise NotSent(self.profile.name, "does not answer; it is asked again in seconds")
        return self._timed(Sort.READ, call, standing, book=book)

    # -- the gate --------------------------------------------------------------------------------

    def seconds_to_wait(self) -> float:
        standing = self._watch.breaker.standing()
        if not standing.is_open:
            return self._watch.pace.wait()
        held = standing.hold_until - self._clock.now()
        if held <= 0 and self._answers():
            return self._watch.pace.wait()
        return min(max(held, 1.0), 5.0)

    def why_closed(self) -> str:
        standing = self._watch.breaker.standing()
        return f"{self.profile.title} does not answer ({standing.why})" if standing.is_open else ""

    def _answers(self) -> bool:
        """The harmless read that half-opens it. Its success has closed it already."""
        try:
            self.read(self._inner.order_book, book=True, share=ALL)
        except BrokerError:
            return False
        return not self._watch.breaker.standing().is_open

    def _standing(self) -> Standing:
        """As far as it can be read: a record that is down must not hide the broker's answer."""
        try:
            return self._watch.breaker.standing(FORGET)
        except StoreError:
            return Standing()

    # -- figures ---------------------------------------------------------------------------------

    def health(self) -> Health:
        others = self._store.documents(KIND, f"{self._account.account_id}|")
        mine = f"{self._account.account_id}|{self._watch.role}"
        told = [health.read(one.body) for one in others if one.key != mine]
        return health.merged([self._watch.window.health(self._clock.now()), *told])

    def calls(self) -> Calls | None:
        budget = self._watch.budget
        return None if budget is None else budget.calls()

    def hears(self, lives: bool, /) -> None:
        self._watch.window.hears = lives

    def take_samples(self) -> Sequence[Sample]:
        """Calls since the last time. Each minute they are told to the desk's other processes."""
        samples = self._watch.window.take_new()
        if samples and self._watch.role and self._watch.window.is_due(self._clock.monotonic()):
            self._tell()
        return samples

    def _tell(self) -> None:
        now, key = self._clock.now(), f"{self._account.account_id}|{self._watch.role}"
        body = health.plain(self._watch.window.health(now))
        try:
            found = self._store.document(KIND, key) or Document(KIND, key, {})
            self._store.commit(Change((replace(found, body=body, expires_at=now + KEPT),)))
        except (Conflict, StoreError):
            return  # figures only; the next minute has newer ones

    def _timed(
        self,
        sort: Sort,
        call: Callable[[], T],
        before: Standing = CLOSED,
        *,
        book: bool = False,
    ) -> T:
        began = self._clock.monotonic()
        try:
            answer = call()
        except BrokerError as error:
            trouble = counts(error)
            # A refusal is an answer; what we kept back ourselves is no call at all.
            if trouble or not isinstance(error, NotSent):
                self._note(began, good=not trouble)
            if trouble:
                self._watch.breaker.failed(sort, error, before)
            elif not isinstance(error, NotSent):
                self._watch.breaker.succeeded(sort, before)
            raise
        self._note(began, good=True, book=book)
        self._watch.breaker.succeeded(sort, before)
        return answer

    def _note(self, began: float, *, good: bool, book: bool = False) -> None:
        took = self._clock.monotonic() - began
        self._watch.window.add(Sample(self._clock.now(), took, good), book=book)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one account's broker, whatever session it is reached through."""

    pace: Pace
    breaker: Breaker
    window: Window
    role: str
    budget: Budget | None


@dataclass(slots=True)
class Guards:
    """
    Puts every account's broker behind its guard.

    owed: messages to everybody. role: this process's own name among several of one desk; "" when
    it is the only one.
    """

    store: Store
    clock: Clock
    owed: Owed
    role: str = ""
    _of: dict[str, Watch] = field(default_factory=dict)

    def around(self, account: Account, inner: Broker) -> Broker:
        watch = self._watch(account, inner.profile)
        made = _passing_on(type(inner))
        return made(inner, account, self.store, self.clock, watch)

    def counted(self, account: Account, http: Http) -> Http:
        """Through which every request of the account is counted, where its broker counts them."""
        budget = self._watch(account, profile_of(account.broker)).budget
        return http if budget is None else CountedHttp(http, budget)

    def _watch(self, account: Account, profile: Profile) -> Watch:
        name, account_id = f"{profile.title} #{account.name}", account.account_id
        if account_id not in self._of:
            breaker = Breaker(self.store, self.clock, self.owed, account_id, name)
            most, budget = profile.calls_per_day, None
            if most:
                budget = Budget(self.store, self.clock, self.owed, account_id, name, most)
            made = Watch(Pace(self.clock, profile), breaker, Window(), self.role, budget)
            self._of.setdefault(account_id, made)  # of two threads one keeps its own
        return self._of[account_id]


@cache
def _passing_on(kind: type[Broker]) -> type[GuardedBroker]:
    """A guard that also has what only some brokers have, such as the margin of several orders."""
    more = {
        name: _sent(name) if name in SENT else _read(name)
        for name in dir(kind)
        if not name.startswith("_")
        and not hasattr(GuardedBroker, name)
        and callable(getattr(kind, name))
    }
    return type("GuardedBroker", (GuardedBroker,), more) if more else GuardedBroker


def _read(name: str) -> Callable[..., Any]:
    share = BOOKS if name in NEEDED else VIEWS

    def call(self: GuardedBroker, *words: Any, **named: Any) -> Any:
        return self.read(lambda: getattr(self._inner, name)(*words, **named), share=share)

    return call


def _sent(name: str) -> Callable[..., Any]:
    def call(self: GuardedBroker, *words: Any, **named: Any) -> Any:
        return self.send(
            lambda: getattr(self._inner, name)(*words, **named), cancel=name == "cancel_trigger"
        )

    return call
