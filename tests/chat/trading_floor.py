"""A whole desk on paper for tests of the chat: real record, market, broker, master and tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from clocks import CountingIds, StillClock

from tradegram.brackets.keep import keep
from tradegram.brokers.paper.broker import PaperBroker
from tradegram.brokers.paper.profile import PROFILE, PaperOptions
from tradegram.brokers.registry import PAPER, Maker, Registry, add_account
from tradegram.chat.desk import pressed, said
from tradegram.chat.reply import Answer, Button, Pressed, Reply, Said
from tradegram.errors import StoreUnavailable
from tradegram.instruments.master import Master
from tradegram.instruments.sample import load
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Account
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.ports import Change, Desk, Ids, Limits, Record
from tradegram.store.sqlite import SqliteStore

ANU, RAVI = 7, 8


@dataclass
class Bell:
    rung: list[str] = field(default_factory=list)

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        self.rung.append(client_order_id)


class SilentPager:
    def alert(self, account_id: str, text: str) -> None: ...


class FailingStore(SqliteStore):
    """
    Does not answer while `down`; with `lose_answers`, writes and then does not answer.

    writes_left: then it is down for good, as for a process that was killed; None for no end.
    before: is shown each change first, and may take its time.
    """

    down = False
    lose_answers = 0
    writes_left: int | None = None
    before: Callable[[Change], None] | None = None

    def commit(self, change: Change) -> Sequence[Record]:
        if self.before is not None:
            self.before(change)
        if self.down or self.writes_left == 0:
            raise StoreUnavailable("no answer")
        if self.writes_left is not None:
            self.writes_left -= 1
        stored = super().commit(change)
        if self.lose_answers:
            self.lose_answers -= 1
            raise StoreUnavailable("no answer")
        return stored


@dataclass
class Floor:
    """What a person does at the desk, and what its workers do."""

    desk: Desk
    store: FailingStore
    clock: StillClock
    bell: Bell
    folder: Path

    def say(self, text: str, user_id: int = ANU) -> Sequence[Reply]:
        return said(self.desk, Said(user_id, f"tg:{user_id}", text, self.clock.now()))

    def forward(self, text: str, source: str = "", user_id: int = ANU) -> Sequence[Reply]:
        """A message of others, forwarded to the desk."""
        now = self.clock.now()
        return said(self.desk, Said(user_id, f"tg:{user_id}", text, now, source))

    def one(self, text: str, user_id: int = ANU) -> Reply:
        """The only reply to a text."""
        [reply] = self.say(text, user_id)
        return reply

    def press(self, reply: Reply, label: str, user_id: int = ANU, message: str = "m1") -> Answer:
        """Press the first button whose label contains this."""
        return self.tap(button(reply, label).data, user_id, message)

    def tap(self, data: str, user_id: int = ANU, message: str = "m1") -> Answer:
        return pressed(
            self.desk, Pressed(user_id, f"tg:{user_id}", f"tg:{user_id}:{message}", data)
        )

    def work(self, seconds: float = 2.0) -> None:
        """Send what was confirmed, let time pass, and compare with the broker's book."""
        for key in self.bell.rung:
            attend(self.desk, key)
        self.bell.rung.clear()
        self.clock.pass_(seconds)
        for account in self.desk.brokers.accounts():
            reconcile(self.desk, account.account_id)
            keep(self.desk, account.account_id)

    def bought(self, text: str = "buy RELIANCE 10") -> Reply:
        """Confirm a market order, let it fill, and show its order card."""
        self.press(self.one(text), "Confirm")
        self.work()
        order = self.store.orders(PAPER.account_id).orders[0]
        return self.one(f"/order {order.key}")


@cache
def sample() -> Master:
    """Never changed by anybody, so one serves all tests."""
    return load()


@contextmanager
def floor(
    folder: Path,
    *accounts: Account,
    options: PaperOptions | None = None,
    ids: Ids | None = None,
    broker: type[PaperBroker] = PaperBroker,
) -> Iterator[Floor]:
    clock, bell, ids = StillClock(), Bell(), ids or CountingIds()
    store = FailingStore(folder / "desk.sqlite", clock)
    master, calendar = sample(), TradingCalendar()
    feed = SimulatedQuotes(clock, 1, master)

    def make(account: Account) -> PaperBroker:
        how = options or PaperOptions()
        return broker(account, store, clock, ids, feed, calendar, master, how)

    for account in accounts or (PAPER,):
        add_account(store, account)
    desk = Desk(
        store, bell, clock, ids, Registry(store, {"paper": Maker(PROFILE, make)}), calendar,
        SilentPager(), master, feed, Limits(),
    )  # fmt: skip
    try:
        yield Floor(desk, store, clock, bell, folder)
    finally:
        store.close()


def button(reply: Reply, label: str) -> Button:
    found = [each for row in reply.buttons for each in row if label in each.label]
    assert found, f"no button {label!r} among {labels(reply)}"
    return found[0]


def labels(reply: Reply) -> list[str]:
    return [each.label for row in reply.buttons for each in row]
