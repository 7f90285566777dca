"""
The workers of one machine: for each account one that sends and one that reads the book.

They are the local doorbell's other end. All they know is in the store, so they may be killed at
any moment; when they start, they reconcile before they send.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tradegram.brackets.round import go_round
from tradegram.brokers.contract import Ability, Gated
from tradegram.brokers.heard import Stream, Streams
from tradegram.brokers.streams import Ear
from tradegram.errors import BrokerError, NotSent, StoreFull, TradegramError
from tradegram.history.look import try_look_back
from tradegram.model import Account
from tradegram.orders.reconcile import next_look, reconcile
from tradegram.orders.send import TryLater
from tradegram.orders.sight import Sight
from tradegram.orders.state import State
from tradegram.ports import Desk
from tradegram.triggers.send import attend_any

AT_ONCE = 3  # tries to send within one ring; after that the sweeper rings again
LOOKS_APART = (0.25, 1.0)  # seconds between two looks at a book of our own: at least, at most
ROOM = 4.0  # times as long as such a look took are left to other work before the next
AGAIN = 5.0  # seconds between looks when one failed
ROUNDS_APART = 0.5  # seconds between two rounds, as between two looks at a paper bracket's market
UNASKED = 5.0  # seconds after which a bracket that nobody rang for is found
LOOK_BACK = 5.0  # seconds between asking whether it is time to keep what was
STOP_WITHIN = 5.0  # seconds a worker gets to finish what it is doing

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class LocalDoorbell:
    """Implements ports.Doorbell for workers in the same process."""

    _rung: Callable[[Account, str], None] | None = None

    def answered_by(self, workers: Workers) -> None:
        self._rung = workers.ring

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        if self._rung is not None:
            self._rung(account, client_order_id)


@dataclass(slots=True)
class AccountWorker:
    """
    Threads: one sends when the bell rings; others read books, keep brackets and what was, and
    listen to the broker's stream, where it has one.
    """

    desk: Desk
    account_id: str
    news: Callable[[], None]
    _bells: queue.Queue[str | None] = field(default_factory=queue.Queue)
    _rung: set[str] = field(default_factory=set)
    _look: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _ear: Ear | None = None

    def start(self) -> None:
        works: list[tuple[str, Callable[[], None]]] = [
            ("send", self._send),
            ("book", self._read_books),
            ("keep", self._keep),
            ("past", self._look_back),
        ]
        if self._has_stream():
            self._ear = Ear(
                self.account_id, self._stream, self._heard, self.desk.clock, alert=self._alert
            )
            works.append(("hear", self._ear.run))
        for name, work in works:
            thread = threading.Thread(target=work, name=f"{name} {self.account_id}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def ring(self, client_order_id: str) -> None:
        # Once is enough for one that waits here already, however often the sweeper rings for it.
        if client_order_id not in self._rung:
            self._rung.add(client_order_id)
            self._bells.put(client_order_id)
        self._watch.set()

    def look(self) -> None:
        """Read the book now: somebody says that something happened."""
        self._look.set()

    def stop(self) -> None:
        self._stop.set()
        if self._ear is not None:
            self._ear.stop()
        self._look.set()
        self._watch.set()
        self._bells.put(None)
        for thread in self._threads:
            thread.join(STOP_WITHIN)

    def _has_stream(self) -> bool:
        try:
            return Ability.STREAM in self.desk.brokers.profile(self.account_id).can
        except TradegramError:
            return False  # the look at its book says what is wrong

    def _heard(self) -> None:
        self._look.set()
        try:
            broker = self.desk.brokers.broker(self.account_id)
        except TradegramError:
            return  # the look itself says what is wrong
        if self._ear is not None and isinstance(broker, Gated):
            broker.hears(self._ear.lives)

    def _alert(self, words: str) -> None:
        self.desk.pager.alert(self.account_id, words)

    def _stream(self) -> Stream:
        """Raises BrokerError."""
        broker = self.desk.brokers.broker(self.account_id)
        if not isinstance(broker, Streams):
            raise NotSent(broker.profile.name, "it has no stream")
        return broker.stream()

    def _send(self) -> None:
        self._reconcile()  # what the last run left behind comes first
        self._ring_for_what_waits()
        while not self._stop.is_set():
            client_order_id = self._bells.get()
            if client_order_id is None:
                return
            self._rung.discard(client_order_id)  # before it is read: a later bell counts again
            self._attend(client_order_id)
            self._look.set()
            self.news()

    def _ring_for_what_waits(self) -> None:
        """The bells of the last run died with it; the sweeper would ring too, but seconds later."""
        try:
            for order in self.desk.store.unsettled(self.account_id):
                if order.state is State.STAGED:
                    self.ring(order.key)
        except Exception:
            logger.exception("left to the sweeper", extra={"account_id": self.account_id})

    def _attend(self, client_order_id: str) -> None:
        for _ in range(AT_ONCE):
            try:
                attend_any(self.desk, client_order_id)
            except TryLater as later:
                if self._stop.wait(min(later.seconds, 2.0)):
                    return
            except StoreFull:
                return  # the record says so itself, and the sweeper rings when there is room
            except Exception:  # whatever it is, it must not stop the account's other orders
                logger.exception("not attended", extra={"client_order_id": client_order_id})
                return
            else:
                return

    def _read_books(self) -> None:
        sight = Sight(self.desk, self.account_id)
        while not self._stop.is_set():
            self._look.clear()
            began = self.desk.clock.monotonic()
            wait = self._reconcile()
            took = self.desk.clock.monotonic() - began
            if wait is None:
                sight.unseen()
            else:
                sight.seen()
            # One book answers for all orders sent in between; a broker counts every read of it.
            if self._stop.wait(self._apart(took)):
                return
            self._look.wait(AGAIN if wait is None else wait)

    def _keep(self) -> None:
        """Apart from the book: a broker that answers slowly must not hold up a stop."""
        while not self._stop.is_set():
            self._watch.clear()
            try:
                wait = go_round(self.desk, self.account_id)
                self.news()
            except Exception:  # nothing may end the watch
                logger.exception("not looked after", extra={"account_id": self.account_id})
                wait = AGAIN
            # One round answers for all that was rung for in between.
            if self._stop.wait(ROUNDS_APART):
                return
            self._watch.wait(min(wait, UNASKED))

    def _look_back(self) -> None:
        """Apart from the order path: what was may be read slowly."""
        while not self._stop.wait(LOOK_BACK):
            try_look_back(self.desk, self.account_id)
            self.news()

    def _apart(self, took: float) -> float:
        try:
            profile = self.desk.brokers.profile(self.account_id)
            if profile.book_is_local:  # it takes long when many orders want to be sent meanwhile
                least, most = LOOKS_APART
                return min(max(least, took * ROOM), most)
            return max(1.0, 1.0 / profile.reads_per_second)
        except TradegramError:
            return 1.0  # the look itself has said what is wrong

    def _reconcile(self) -> float | None:
        """Seconds until the next look, or None when the book could not be read."""
        try:
            orders = reconcile(self.desk, self.account_id)
            self.news()
            hears = self._ear is not None and self._ear.lives
            return next_look(self.desk, self.account_id, orders, hears=hears)
        except StoreFull:
            return AGAIN  # the book was read; what it says is written when there is room
        except BrokerError as error:
            logger.warning("book not read: %s", error, extra={"account_id": self.account_id})
        except Exception:  # nor end the watch over them
            logger.exception("not reconciled", extra={"account_id": self.account_id})
        return None


@dataclass(slots=True)
class Workers:
    """Every account's workers. news: called after each step that may owe somebody a message."""

    desk: Desk
    news: Callable[[], None] = lambda: None
    _of: dict[str, AccountWorker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        for account in self.desk.brokers.accounts():
            self._worker(account)

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        self._worker(account).ring(client_order_id)

    def look(self, account: Account) -> None:
        self._worker(account).look()

    def stop(self) -> None:
        for worker in list(self._of.values()):
            worker.stop()

    def _worker(self, account: Account) -> AccountWorker:
        with self._lock:
            if account.account_id not in self._of:
                worker = AccountWorker(self.desk, account.account_id, self.news)
                worker.start()
                self._of[account.account_id] = worker
            return self._of[account.account_id]
