"""Build the desk of one process from its settings: the only place that knows every part."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tradegram.brokers.client import Http, own_address
from tradegram.brokers.guarded import Guards
from tradegram.brokers.paper.profile import PROFILE, PaperOptions
from tradegram.brokers.proxies import connection
from tradegram.brokers.registry import PAPER, Maker, Registry, add_account
from tradegram.clock import SystemClock, SystemIds
from tradegram.errors import SettingError
from tradegram.instruments.daily import DailyInstruments
from tradegram.instruments.live import Tables
from tradegram.market.calendar import TradingCalendar
from tradegram.market.feed import SimulatedQuotes
from tradegram.market.live import LiveQuotes
from tradegram.model import Account
from tradegram.pager import StorePager
from tradegram.ports import Clock, Desk, Doorbell, Ids, KeyRing, Limits, Store
from tradegram.sessions.keeper import Keeper
from tradegram.settings import Settings
from tradegram.vault.credentials import Vault

if TYPE_CHECKING:
    from tradegram.brokers.contract import Broker
    from tradegram.instruments.refresh import Refresh
    from tradegram.instruments.shelf import FolderShelf, Shelf
    from tradegram.local.workers import LocalDoorbell
    from tradegram.store.sqlite import SqliteStore

RECORD = "desk.sqlite"
FOREIGN_CASH = Decimal(10_000)  # starting balance in each currency that is not the rupee


cached_connection = cache(connection)  # one for each proxy, for the life of the process


@dataclass(frozen=True, slots=True)
class LocalHome:
    """One machine's desk, with the parts whose own methods the process needs."""

    desk: Desk
    doorbell: LocalDoorbell
    store: SqliteStore
    shelf: FolderShelf

    @property
    def keeper(self) -> Keeper:
        return keeper_of(self.desk)


def local_home(settings: Settings) -> LocalHome:
    """Raises SettingError when the data directory cannot be used."""
    # Only here: functions on AWS begin with this module, and need none of these.
    from tradegram.instruments.shelf import FolderShelf
    from tradegram.local.workers import LocalDoorbell
    from tradegram.store.sqlite import SqliteStore
    from tradegram.vault.keyring import KEY_FILE, LocalKeyRing

    folder = data_folder(settings)
    clock = SystemClock()
    store = SqliteStore(folder / RECORD, clock)
    doorbell = LocalDoorbell()
    ring = LocalKeyRing(folder / KEY_FILE, lambda: passphrase_of(settings))
    shelf = FolderShelf(folder / "instruments")
    desk = build(settings, store, doorbell, clock, SystemIds(), ring, shelf=shelf)
    return LocalHome(desk, doorbell, store, shelf)


def passphrase_of(settings: Settings) -> str:
    """ "" when the setting is not given: a locked key file then says so."""
    given = settings.vault_passphrase
    return given.get_secret_value() if given else ""


def build(
    settings: Settings,
    store: Store,
    doorbell: Doorbell,
    clock: Clock,
    ids: Ids,
    ring: KeyRing,
    role: str = "",
    http: Callable[[str], Http] = cached_connection,
    shelf: Shelf | None = None,
) -> Desk:
    """
    The same desk in both homes; only the store, the doorbell, the key ring and how long
    connections are kept differ.

    role: this process's own name, where several make one desk. shelf: where brokers' lists of
    instruments lie; without it there is the sample only.
    """
    tables = Tables(clock, shelf)
    instruments = DailyInstruments(clock, tables.master, tables.is_newer)
    tables.find = instruments.find
    calendar = TradingCalendar(always_open=settings.paper_always_open)
    feed = SimulatedQuotes(clock, settings.paper_seed, instruments)
    options = paper_options(settings)

    def paper(account: Account) -> Broker:
        from tradegram.brokers.paper.broker import PaperBroker  # like an adapter: when it is used

        return PaperBroker(account, store, clock, ids, feed, calendar, instruments, options)

    add_account(store, PAPER)
    pager = StorePager(store, clock, settings.allowed_users)
    guards = Guards(store, clock, pager.owed, role)
    keeper = Keeper(
        store=store,
        clock=clock,
        ids=ids,
        vault=Vault(store, clock, ring),
        owed=pager.owed,
        listings=tables.listings,
        http=http,
        hosts=settings.broker_urls,
        public_url=public_url(settings),
        counted=guards.counted,
    )
    registry = Registry(
        store, {"paper": Maker(PROFILE, paper)}, guards.around, keeper, settings.brokers
    )
    return Desk(
        store=store,
        doorbell=doorbell,
        clock=clock,
        ids=ids,
        brokers=registry,
        calendar=calendar,
        pager=pager,
        instruments=instruments,
        quotes=LiveQuotes(registry, feed, clock),
        limits=Limits(ticket_ttl=settings.ticket_ttl_s),
        allowed_users=settings.allowed_users,
        sessions=keeper,
    )


def refresh_of(desk: Desk, shelf: Shelf) -> Refresh:
    """What fetches the day's instruments for this desk."""
    from tradegram.instruments.refresh import Refresh

    return Refresh(desk.store, desk.clock, desk.brokers, desk.pager, shelf)


def keeper_of(desk: Desk) -> Keeper:
    """Of a desk that `build` made."""
    assert isinstance(desk.sessions, Keeper)  # noqa: S101 - narrows what only callers here need
    return desk.sessions


def address_asked(settings: Settings) -> Callable[[str], str] | None:
    """What `sessions.rounds.look` asks for the address that requests leave from."""
    if not settings.address_url:
        return None
    return lambda proxy: own_address(cached_connection(proxy), settings.address_url)


def public_url(settings: Settings) -> str:
    """Where people reach this desk's own pages; this machine's console when nothing else is set."""
    return settings.public_url or f"http://{settings.http_host}:{settings.http_port}"


def paper_options(settings: Settings) -> PaperOptions:
    cash: Mapping[str, Decimal] = {
        "INR": settings.paper_balance,
        "USD": FOREIGN_CASH,
        "USDT": FOREIGN_CASH,
    }
    return PaperOptions(
        seed=settings.paper_seed,
        starting_balance=cash,
        delay=settings.paper_delay_s,
        rejection_rate=settings.paper_rejection_rate,
    )


def data_folder(settings: Settings) -> Path:
    """Made when it is missing, readable by its owner only. Raises SettingError."""
    folder = settings.data_dir.expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"TRADEGRAM_DATA_DIR cannot be used: {error.strerror}. Name a folder that you may "
            "write to."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingError(
            "TRADEGRAM_DATA_DIR may not be written to. Change its permissions or name another."
        )
    return folder


def only_one(folder: Path) -> Callable[[], None]:
    """
    Hold the data directory for this process; answers with what lets it go.

    Two desks on one record would be safe for orders, but would answer every message twice.
    Raises SettingError when another process holds it.
    """
    lock: IO[str] = (folder / "running.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise SettingError(
            "tradegram is running already with this TRADEGRAM_DATA_DIR. Stop it, or name another."
        ) from error
    return lock.close
