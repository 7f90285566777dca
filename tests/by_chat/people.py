"""Somebody who trades a whole day by chat, at any broker that has a conformance case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from chat.trading_floor import ANU, Bell, Floor, labels, sample
from clocks import CountingIds
from conformance.case import Case, HttpCase
from conformance.cases.ibkr import IbkrCase
from loopback.tws import ACCOUNT
from sessions.rooms import PAGES, cookie_of
from vault.vaults import ring_in

from tradegram.bootstrap import build, keeper_of
from tradegram.brokers.contract import Login, Replaceable
from tradegram.brokers.listings import KnownListings
from tradegram.chat.reply import Reply
from tradegram.errors import BrokerError
from tradegram.instruments.master import Master
from tradegram.market.live import LiveQuotes
from tradegram.model import Account
from tradegram.orders.attend import attend
from tradegram.orders.reconcile import reconcile
from tradegram.sessions.pages import Asked, Pages
from tradegram.settings import read
from tradegram.sims.floor import Entry
from tradegram.store.sqlite import SqliteStore
from tradegram.vault.fields import needs_of
from tradegram.vault.sets import Given


@dataclass
class Person:
    """case: the broker's far end. desk: what Anu says and presses."""

    case: Case
    desk: Floor
    account: Account

    def log_in(self) -> str:
        """As this broker wants it; the words of whoever says that it is done."""
        keeper = keeper_of(self.desk.desk)
        if isinstance(self.case, IbkrCase):  # somebody logs in at TWS
            self.case.tws.accounts = (ACCOUNT.partition(":")[2],)
            self.case.tws_gateway.cut()
        offer = keeper.begin(self.account, ANU)
        if keeper.profile(self.account).login is not Login.REDIRECT:
            return offer.words
        assert isinstance(self.case, HttpCase)
        pages = Pages(keeper, self.desk.store, lambda user: user == ANU)
        state = offer.url.partition("state=")[2]
        page = pages.answer(Asked("GET", "start", {"state": state}))
        given = {**self.case.given(), "state": state}
        way = f"{self.account.broker}/callback"
        return pages.answer(Asked("GET", way, given, {}, cookie_of(page))).html

    def terms(self, price: str) -> str:
        """An order for the case's instrument at that price, as it is typed."""
        one, quantity = self.case.instrument, self.case.quantity
        product = f" {self.case.product.value.lower()}" if one.currency == "INR" else ""
        validity = "" if self.case.validity.value == "DAY" else f" {self.case.validity.value}"
        return f"{one.key} {quantity:f} @ {price}{product}{validity.lower()} #{self.account.name}"

    def order(self, text: str) -> None:
        """Open the ticket and confirm it; twice, where it says that it wants that."""
        shown: Reply | None = self.desk.one(text)
        for _ in range(3):
            assert shown is not None
            sure = "Yes, really" if any("really" in each for each in labels(shown)) else "Confirm"
            answer = self.desk.press(shown, sure)
            if not answer.alert:
                return
            shown = answer.edit
        raise AssertionError("it wants to be confirmed for ever")

    def change(self, key: str, price: Decimal) -> tuple[Decimal, Decimal]:
        """Give a working order what this broker can give it; what it should be then."""
        quantity, lower = self.case.quantity, price - 10 * self.case.instrument.tick_size
        if Replaceable.PRICES in self.case.profile.replaceable:
            wanted, price = f"{lower:f}", lower
        else:
            quantity = quantity / 2
            wanted = f"qty {quantity:f}"
        self.desk.press(self.desk.one(f"/modify {key} {wanted}"), "Change")
        self.work()
        self.look()
        return quantity, price

    def work(self) -> None:
        """Send what was confirmed, and read the book after a while."""
        for key in self.desk.bell.rung:
            attend(self.desk.desk, key)
        self.desk.bell.rung.clear()
        self.look()

    def look(self) -> None:
        self.desk.clock.pass_(3.0)
        with suppress(BrokerError):  # as a worker does, who looks again
            reconcile(self.desk.desk, self.account.account_id)

    def said(self) -> list[str]:
        """What Anu is owed and was not shown yet."""
        store = self.desk.store
        found = [each.text + each.kind for each in store.notices() if each.user_id == ANU]
        for each in store.notices():
            store.delivered(each)
        return found

    def entries(self) -> list[Entry]:
        return list(self.case.floor.entries.values())


@contextmanager
def person(case: Case, folder: Path) -> Iterator[Person]:
    """Anu, with an account linked at the case's broker and not logged in."""
    clock = case.clock
    store = SqliteStore(folder / "desk.sqlite", clock)
    bell, ids = Bell(), CountingIds()
    settings = read({"TRADEGRAM_ALLOWED_USERS": str(ANU), "TRADEGRAM_PUBLIC_URL": PAGES})
    desk = build(settings, store, bell, clock, ids, ring_in(folder))
    keeper = keeper_of(desk)
    assert isinstance(desk.quotes, LiveQuotes)
    desk.quotes.pause = clock.pass_
    if isinstance(case, HttpCase):
        listed = KnownListings(case.name, case.broker().instruments())
        wire = case.wire
        keeper.http = lambda proxy: wire.client()
        client = case.user if needs_of(case.name).client else ""
        given = Given(case.name, "live", client, case.credentials)
    else:
        assert isinstance(case, IbkrCase)
        listed = KnownListings(case.name, [case.listing])
        where = {"host": "127.0.0.1", "port": str(case.tws_gateway.port)}
        given = Given(case.name, "live", ACCOUNT.partition(":")[2], where)
    keeper.listings = lambda broker: listed
    account = keeper.vault.link(given, "a test")
    known = sample()
    if known.find(case.instrument.key) is None:
        known = Master([case.instrument], {}, known.today)
    desk = replace(desk, instruments=known)
    floor = Floor(desk, store, clock, bell, folder)  # type: ignore[arg-type]
    try:
        yield Person(case, floor, account)
    finally:
        keeper.close()
        store.close()
