"""A desk with one account at a loopback Kite: what the order path needs, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from clocks import CountingIds, StillClock
from loopback.kite import Kite

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.contract import Broker, Profile
from tradegram.brokers.guarded import Guards
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import SessionExpired, UserError
from tradegram.model import Account, Instrument, Mode, Session
from tradegram.store.sqlite import SqliteStore

ACCOUNT = Account("paper:main", "zerodha", "main", Mode.LIVE)
SECRET = "canary-access-token"


@dataclass
class KiteAccount:
    """Implements ports.Brokers."""

    kite: Kite
    clock: StillClock
    logged_in: bool = True
    is_broken: bool = False
    guards: Guards | None = None
    adapter: Zerodha = field(default_factory=Zerodha)

    def accounts(self) -> list[Account]:
        return [ACCOUNT]

    def account(self, account_id: str) -> Account:
        return ACCOUNT

    def profile(self, account_id: str) -> Profile:
        return self.adapter.profile

    def broker(self, account_id: str) -> Broker:
        if self.is_broken:
            raise KeyError("a fault that nobody thought of")
        if not self.logged_in:
            raise SessionExpired("zerodha", "log in first")
        session = Session(account_id, 9e9, {"api_key": "k", "access_token": SECRET})
        broker = HttpBroker(self.adapter, self.kite.client(), self.clock, session)
        return self.guards.around(ACCOUNT, broker) if self.guards else broker


@dataclass
class Bell:
    """Implements ports.Doorbell; keeps whom it rang for."""

    rung: list[str] = field(default_factory=list)

    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        self.rung.append(client_order_id)


@dataclass
class SetCalendar:
    """closed_after: what the calendar answers for every order. does_not_know: a symbol."""

    closed_after: float | None = None
    does_not_know: str = ""

    def is_open(self, instrument: Instrument, at: float) -> bool:
        return True

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        return None

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        if instrument.symbol == self.does_not_know:
            raise UserError(f"I do not know when {instrument.exchange} trades.")
        return self.closed_after

    def expires_soon(self, at: float) -> str | None:
        return None


@dataclass
class Page:
    """Implements ports.Pager."""

    alerts: list[str] = field(default_factory=list)

    def alert(self, account_id: str, text: str) -> None:
        self.alerts.append(text)


@dataclass
class KiteDesk:
    """Implements ports.OrderDesk over a real record on disk."""

    store: SqliteStore
    kite: Kite
    clock: StillClock
    brokers: KiteAccount
    doorbell: Bell = field(default_factory=Bell)
    ids: CountingIds = field(default_factory=CountingIds)
    calendar: SetCalendar = field(default_factory=SetCalendar)
    pager: Page = field(default_factory=Page)


def kite_desk(folder: Path) -> KiteDesk:
    clock, kite = StillClock(), Kite()
    store = SqliteStore(folder / "desk.sqlite", clock)
    return KiteDesk(store, kite, clock, KiteAccount(kite, clock))
