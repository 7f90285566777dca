"""A desk with live accounts at simulated brokers: real record, vault, keeper, pages, adapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from chat.trading_floor import ANU, Bell, sample
from clocks import CountingIds, StillClock
from vault.vaults import ring_in

from tradegram.bootstrap import build
from tradegram.brokers.client import TIMEOUT
from tradegram.connection import Answer, Timeout
from tradegram.model import Account
from tradegram.ports import Desk, Notice
from tradegram.sessions.keeper import Keeper
from tradegram.sessions.pages import COOKIE, Asked, Page, Pages
from tradegram.settings import read
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.floor import Floor
from tradegram.sims.kotakneo import KotakNeoSim
from tradegram.sims.stock import Stock, rows_of
from tradegram.sims.wire import Wire
from tradegram.sims.zerodha import ZerodhaSim
from tradegram.store.sqlite import SqliteStore
from tradegram.vault.sets import Given

ROWS = rows_of()
PAGES = "https://desk.example"
TOTP = "JBSWY3DPEHPK3PXQJBSWY3DPEHPK3PXQ"  # not the simulated broker's


@dataclass
class Room:
    """zerodha, angel, kotak: the simulated brokers; their wires keep what arrived."""

    desk: Desk
    keeper: Keeper
    clock: StillClock
    store: SqliteStore
    zerodha: ZerodhaSim
    angel: AngelOneSim
    kotak: KotakNeoSim
    wires: Mapping[str, Wire]
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        self.pages = Pages(self.keeper, self.store, lambda user: user == ANU)

    def link_zerodha(self, client: str = "AB1234", name: str = "live", **more: str) -> Account:
        values = {"api_key": self.zerodha.api_key, "api_secret": self.zerodha.api_secret, **more}
        return self.keeper.vault.link(Given("zerodha", name, client, values), "a test")

    def link_angel(self, client: str = "A123456", name: str = "angel", **more: str) -> Account:
        values = {"api_key": self.angel.api_key, "pin": self.angel.pin, **more}
        return self.keeper.vault.link(Given("angelone", name, client, values), "a test")

    def link_kotak(self) -> Account:
        """Linked, and logged in by a code of the desk's own."""
        one = self.kotak
        values = {
            "access_token": one.access_token, "mobile": one.mobile, "mpin": one.mpin,
            "totp_secret": one.totp_secret,
        }  # fmt: skip
        account = self.keeper.vault.link(Given("kotakneo", "neo", one.user, values), "a test")
        self.keeper.begin(account, ANU)
        return account

    def open(self, url: str, cookie: str = "") -> Page:
        """What a browser gets for one address of ours."""
        parts = urlsplit(url)
        path = parts.path.removeprefix("/login/")
        return self.pages.answer(Asked("GET", path, dict(parse_qsl(parts.query)), {}, cookie))

    def log_in(self, account: Account) -> Page:
        """As a person with a browser does, through the broker's own page."""
        page = self.open(self.keeper.begin(account, ANU).url)
        back = sent_back(self.wires["zerodha"], page.headers["Location"])
        return self.open(back, cookie_of(page))

    def said(self) -> list[str]:
        """What is owed to Anu and was not delivered, in order; then it was."""
        found: list[Notice] = [each for each in self.store.notices() if each.user_id == ANU]
        for each in self.store.notices():
            self.store.delivered(each)
        return [each.text for each in found]


def cookie_of(page: Page) -> str:
    name, _, value = page.headers["Set-Cookie"].partition(";")[0].partition("=")
    assert name == COOKIE
    return value


@contextmanager
def room(folder: Path) -> Iterator[Room]:
    clock, ids = StillClock(), CountingIds()
    store = SqliteStore(folder / "desk.sqlite", clock)
    floors = {name: Floor(clock.now) for name in ("zerodha", "angelone", "kotakneo")}
    zerodha = ZerodhaSim(floors["zerodha"], Stock(floors["zerodha"], ROWS))
    angel = AngelOneSim(floors["angelone"], Stock(floors["angelone"], ROWS))
    kotak = KotakNeoSim(floors["kotakneo"], Stock(floors["kotakneo"], ROWS))
    wires = {"zerodha": Wire(zerodha), "angelone": Wire(angel), "kotakneo": Wire(kotak)}
    settings = read({"TRADEGRAM_ALLOWED_USERS": str(ANU), "TRADEGRAM_PUBLIC_URL": PAGES})
    desk = build(settings, store, Bell(), clock, ids, ring_in(folder))
    assert isinstance(desk.sessions, Keeper)
    keeper = desk.sessions
    keeper.http = lambda proxy: Exchange(wires)
    desk = replace(desk, instruments=sample())
    try:
        yield Room(desk, keeper, clock, store, zerodha, angel, kotak, wires)
    finally:
        store.close()


def sent_back(wire: Wire, address: str) -> str:
    """Where a browser is sent that opens the broker's own page."""
    client = wire.client()
    page = client.request("GET", address, content=b"", headers={}, timeout=TIMEOUT)
    return page.headers["location"]


class Exchange:
    """The network: every host leads to its broker's wire."""

    def __init__(self, wires: Mapping[str, Wire]) -> None:
        self._clients = {
            "kite": wires["zerodha"].client(),
            "angel": wires["angelone"].client(),
            "kotak": wires["kotakneo"].client(),
        }

    def request(
        self,
        method: str,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: Timeout,
    ) -> Answer:
        host = urlsplit(url).hostname or ""
        [client] = [one for name, one in self._clients.items() if name in host]
        return client.request(method, url, content=content, headers=headers, timeout=timeout)
