"""Play one seeded day of the whole desk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import greenlet
from simulation.desks import INFY, MAIN, WIFE, Process, desk_of
from simulation.dialects import DIALECTS, KITE, Dialect
from simulation.drawn import TTL
from simulation.exchange import Exchange, Row
from simulation.holder import Holder
from simulation.memory import FaultyStore, MemoryStore
from simulation.messenger import SimulatedTelegram
from simulation.rules import Violation, check
from simulation.world import CLOSE, SETTLE, World

from tradegram.brackets.keep import keep
from tradegram.brackets.plan import KIND as BRACKET
from tradegram.brokers.adapter import each
from tradegram.brokers.zerodha import Zerodha
from tradegram.chat.outbox import deliver
from tradegram.model import Account
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.orders.report import apply_report
from tradegram.orders.send import TryLater
from tradegram.ports import Desk, Store
from tradegram.tickets.ticket import Leg

NO_MIX: Mapping[str, float] = {}
RECEIVES = 12  # deliveries of one message before it is a dead letter
LOOK, POST, WATCH = 15.0, 5.0, 5.0  # seconds between books, rounds of the post, and looks at stops


class Day:
    """world, store, inner, exchanges, telegram, holder: what the rules read afterwards."""

    def __init__(self, world: World, inner: Store | None, dialect: Dialect = KITE) -> None:
        self.world, self.seed = world, world.seed
        self.inner = inner or MemoryStore()
        self.store = FaultyStore(world, self.inner)
        self.telegram = SimulatedTelegram(world)
        self.exchanges: dict[str, Exchange] = {}
        for number, account in enumerate((MAIN, WIFE)[: 1 + world.does("second_account")]):
            exchange = Exchange(world, account.account_id, 1000 + 4000 * number, dialect)
            if world.does("nameless"):
                exchange.keeps_names = False
                world.act("broker without names")
            exchange.postback = self._postback
            self.exchanges[account.account_id] = exchange
        self.holder = Holder(world, self.desk, list(self.exchanges))
        self.dead_letters: list[str] = []
        self._processes: list[Process] = []
        self._postman: greenlet.greenlet | None = None

    @property
    def rows(self) -> list[Row]:
        """Of orders that this desk sent."""
        all_rows = (row for exchange in self.exchanges.values() for row in exchange.rows)
        return [row for row in all_rows if row.tag]

    def desk(self, account_id: str = "") -> Desk:
        """
        A worker of one of the desk's two processes; they are others after an outage.

        account_id: whose orders it sends, which one process does.
        """
        alive = [one for one in self._processes if not self.world.was_down_since(one.born_at)]
        self._processes = alive or [Process.born(self.world, self.store, n) for n in range(2)]
        process = self.world.rng.choice(self._processes)
        if account_id:
            process = self._processes[list(self.exchanges).index(account_id)]
        return desk_of(self.world, self.store, self, self.exchanges, process)

    def ring(self, account: Account, key: str, *, cancel: bool = False) -> None:
        """The doorbell: SQS, that may lose, repeat or delay a message."""
        if not self.world.hit("lost_bell"):
            self._deliver(account.account_id, key)

    def play(self) -> None:
        w, rng = self.world, self.world.rng
        self.holder.plan_day()
        for account_id in self.exchanges:
            self._repeat(LOOK, partial(self._reconcile, account_id))
        self._repeat(POST, self._post)
        self._repeat(WATCH, self._keep)
        if w.faults.token_expiry and rng.random() < 0.3:
            unlucky = rng.choice(list(self.exchanges.values()))
            w.at(rng.uniform(0, CLOSE), lambda: self._expire(unlucky))
        for ticket in self.holder.tickets.values():
            one = ticket.all_legs[0]
            if one.draft.instrument == INFY and w.does("by_hand"):
                self._by_hand(rng.choice(ticket.all_legs), ticket.expires_at - TTL)
            if one.draft.stop_loss is not None and w.does("elsewhere"):
                sell = self.exchanges[one.account_id].sell_elsewhere
                w.at(rng.uniform(0, CLOSE), partial(sell, one.draft.instrument.symbol))
        if not w.never_closes:
            for exchange in self.exchanges.values():
                w.at(CLOSE, exchange.close)
        w.run(CLOSE + SETTLE + 1)
        w.healed = True
        for _ in range(12):
            for account_id in self.exchanges:
                self._reconcile(account_id)
            self._post()
            self._keep()
            w.run(w.time + 60)
            self._post()
            w.run(w.time + 5)

    def _repeat(self, seconds: float, action: Callable[[], object]) -> None:
        for tick in range(int((CLOSE + SETTLE) / seconds)):
            self.world.at(tick * seconds + self.world.rng.random() * seconds / 3, action)

    def _by_hand(self, leg: Leg, when: float) -> None:
        """The holder places the like of a leg in the broker's own app, before or after."""
        draft = leg.draft
        form = {
            "tradingsymbol": draft.instrument.symbol,
            "transaction_type": draft.side.value,
            "quantity": f"{draft.quantity:f}",
            "price": f"{draft.price}",
        }
        at = max(when + self.world.rng.uniform(-200, 200), 0.0)
        place = partial(self.exchanges[leg.account_id].place_by_hand, form)
        self.world.at(at, place)

    def _expire(self, exchange: Exchange) -> None:
        exchange.token_good = False
        self.world.fired["token_expiry"] = 1

    def _deliver(self, account_id: str, key: str, received: int = 1) -> None:
        w = self.world

        def work() -> None:
            try:
                attend(self.desk(account_id), key)
            except TryLater:
                acked.append(False)
            else:
                acked.append(True)

        def visible_again() -> None:
            if acked and acked[0]:
                return
            if received >= RECEIVES:
                self.dead_letters.append(key)
            else:
                self._deliver(account_id, key, received + 1)

        acked: list[bool] = []
        w.at(w.rng.expovariate(10), lambda: w.spawn("send", work))
        if w.hit("duplicate_message"):
            w.at(w.rng.uniform(0, 90), lambda: w.spawn("send", work))
        w.at(30 + w.rng.random() * 30, visible_again)

    def _postback(self, row: dict[str, Any]) -> None:
        def work() -> None:
            desk = self.desk()
            for report in each(Zerodha().report)([row]).reports:
                apply_report(desk, desk.store.order(report.client_order_id), report)

        self.world.spawn("postback", work)

    def _reconcile(self, account_id: str) -> None:
        self.world.spawn("reconcile", lambda: reconcile(self.desk(), account_id))

    def _keep(self) -> None:
        for account_id in self.exchanges:
            if self.inner.documents(BRACKET, f"{account_id}|"):
                self.world.spawn("keep", partial(self._keep_one, account_id))

    def _keep_one(self, account_id: str) -> None:
        keep(self.desk(), account_id)

    def _post(self) -> None:
        """One postman at a time; a new one as soon as the last has died."""
        if self.inner.notices(1) and not self.world.lives(self._postman):
            self._postman = self.world.spawn("post", lambda: deliver(self.desk(), self.telegram))


def play(
    seed: int,
    *,
    liar: bool = False,
    inner: Store | None = None,
    mix: Mapping[str, float] = NO_MIX,
    without: Collection[str] = (),
    dialect: str = "kite",
) -> Day:
    """
    dialect: how the brokers of the day are spoken to. mix: faults and habits the day shall have;
    without: faults it shall not have.

    Raises rules.Violation when something that must hold does not; it carries the day.
    """
    spoken = DIALECTS[dialect]
    day = Day(World(seed, liar=liar, mix={**mix, **spoken.mix}, without=without), inner, spoken)
    try:
        day.play()
        check(day)
    except Violation as violation:
        violation.day = day
        raise
    finally:
        day.world.end()
    return day
