"""One account at Interactive Brokers. Implements the contract without HTTP."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from tradegram.brokers.contract import Book, Profile
from tradegram.brokers.ibkr import words
from tradegram.brokers.ibkr.book import book, fills
from tradegram.brokers.ibkr.contracts import Contracts
from tradegram.brokers.ibkr.link import Address, Link, Patience
from tradegram.brokers.ibkr.listed import instruments
from tradegram.brokers.ibkr.market import Prices
from tradegram.brokers.ibkr.money import funds, positions
from tradegram.brokers.ibkr.orders import (
    Name,
    cancel,
    change,
    is_for_money,
    money_for,
    named,
    order_of,
    place,
    reference,
    terms_of,
    tif_of,
)
from tradegram.brokers.ibkr.preview import preview
from tradegram.brokers.ibkr.search import options_of, search
from tradegram.brokers.ibkr.ways import Loop, Ways
from tradegram.brokers.listings import Listing, Listings
from tradegram.errors import (
    BrokerError,
    NotSent,
    OutcomeUnknown,
    Refused,
    SessionExpired,
    SettingError,
)
from tradegram.model import (
    Candle,
    Fill,
    Funds,
    Holding,
    Instrument,
    OptionRow,
    OrderIntent,
    Position,
    Quote,
    Session,
    Terms,
)
from tradegram.ports import Clock

T = TypeVar("T")

PATIENCE = Patience()
ORDER_LIMIT = 25.0  # seconds, less than the lease of an order that is being sent
READ_LIMIT = 60.0
LISTS_LIMIT = 300.0
NEW_YORK = ZoneInfo("America/New_York")
UNREADABLE = (ValueError, KeyError, TypeError, ArithmeticError)
TRUE = frozenset({"1", "yes", "true", "on"})


class Ibkr:
    """
    Safe to call from several threads. Nothing is opened before the first call.

    session: its secrets are host, port, when orders are to be refused `read_only`, and `symbols`,
    shares to be listed besides the usual ones.
    """

    profile: ClassVar[Profile] = words.PROFILE

    def __init__(
        self,
        session: Session,
        clock: Clock,
        listings: Listings,
        patience: Patience = PATIENCE,
    ) -> None:
        """Raises SettingError: the port is none."""
        self.expired: Callable[[SessionExpired], None] = lambda refusal: None
        self._account_id = session.account_id
        self._account = session.account_id.partition(":")[2].upper()
        self._clock = clock
        self._patience = patience
        self._read_only = session.secrets.get("read_only", "").casefold() in TRUE
        self._named = session.secrets.get("symbols", "").upper().replace(",", " ").split()
        self._address = _address(session.secrets)
        self._contracts = Contracts(listings)
        self._prices = Prices(self._contracts, clock)
        self._running: tuple[Loop, Ways] | None = None
        self._starting = threading.Lock()

    # -- orders ------------------------------------------------------------------------------------

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        self._may_trade()
        return self._do(lambda ways: self._place(ways, intent, not_after), ORDER_LIMIT)

    async def _place(self, ways: Ways, intent: OrderIntent, not_after: float) -> str:
        try:
            link = await ways.live()
            known = await self._contracts.of(link, intent.instrument)
            money = None
            if is_for_money(intent, known):
                money = money_for(intent, await self._prices.quote(link, intent.instrument))
        except OutcomeUnknown as error:  # of a question: the order was not sent
            raise NotSent(words.NAME, error.words) from error
        order_id = link.next_order()
        ref = reference(intent.wire_id, link.client, order_id)
        order = order_of(intent, terms_of(intent), self._account, ref, money)
        order.tif = tif_of(intent, known).value
        if self._clock.monotonic() >= not_after:
            raise NotSent(words.NAME, "lease ended before the request left")
        contract = known.contract()
        try:
            name = await place(
                link, order_id, lambda tws: tws.placeOrder(order_id, contract, order)
            )
        except Refused:
            link.ear.refused.add(intent.wire_id)
            raise
        return name.broker_order_id

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        self._may_trade()
        name = named(broker_order_id)
        self._do(lambda ways: self._replace(ways, intent, name, wanted), ORDER_LIMIT)

    async def _replace(self, ways: Ways, intent: OrderIntent, name: Name, wanted: Terms) -> None:
        async with ways.by_client(name.client) as link:
            try:
                contract = (await self._contracts.of(link, intent.instrument)).contract()
            except OutcomeUnknown as error:
                raise NotSent(words.NAME, error.words) from error
            ref = reference(intent.wire_id, name.client, name.order_id)
            order = order_of(intent, wanted, self._account, ref)
            await change(
                link,
                name,
                wanted,
                lambda tws: tws.placeOrder(name.order_id, contract, order),
            )

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None:
        self._may_trade()
        name = named(broker_order_id)
        self._do(lambda ways: self._cancel(ways, name), ORDER_LIMIT)

    async def _cancel(self, ways: Ways, name: Name) -> None:
        async with ways.by_client(name.client) as link:
            await cancel(link, name)

    def _may_trade(self) -> None:
        if self._read_only:
            raise Refused(
                words.NAME,
                f"{self._account_id} is linked to be looked at only; link it again without "
                "read-only to trade with it",
            )

    # -- reads -------------------------------------------------------------------------------------

    def order_book(self) -> Book:
        return self._read(
            lambda link: book(link, self._account, self._contracts, self._clock.now())
        )

    def trades(self) -> Sequence[Fill]:
        return self._read(lambda link: fills(link, self._account, self._contracts))

    def positions(self) -> Sequence[Position]:
        return self._read(
            lambda link: positions(link, self._account, self._account_id, self._contracts)
        )

    def holdings(self) -> Sequence[Holding]:
        """None: what is held lies among the positions, as TWS lists it."""
        return []

    def funds(self) -> Sequence[Funds]:
        return self._read(lambda link: funds(link, self._account, self._account_id))

    def margin_for(self, intent: OrderIntent) -> Funds:
        return self._read(
            lambda link: preview(
                link, self._account, self._account_id, intent, self._contracts, self._prices
            )
        )

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        """Their sum: TWS looks at one order at a time, so a hedge makes nothing cheaper here."""
        asked = [self.margin_for(intent) for intent in intents]
        return replace(asked[0], used=sum((one.used for one in asked), Decimal(0)))

    # -- the market --------------------------------------------------------------------------------

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        return self._read(lambda link: self._prices.quotes(link, instruments))

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Sequence[Candle]:
        return self._read(
            lambda link: self._prices.candles(link, instrument, minutes, since, until)
        )

    def option_chain(self, options: Sequence[Instrument]) -> Sequence[OptionRow]:
        return self._read(lambda link: self._prices.option_chain(link, options))

    def options_of(self, one: Instrument, expiry: date | None = None, /) -> Sequence[Instrument]:
        """The options of one expiry, the next when none is named, as TWS lists them."""
        today = self._today()
        found = self._read(lambda link: options_of(link, one, self._contracts, expiry, today))
        return [row.instrument for row in found]

    def instruments(self) -> Sequence[Listing]:
        """What is worth listing: see `listed`. Takes seconds."""
        today, named = self._today(), self._named
        return self._read(
            lambda link: instruments(link, self._contracts, named, today), LISTS_LIMIT
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), NEW_YORK).date()

    def search(self, what: str) -> Sequence[Listing]:
        """Shares and what else is called so, as TWS finds them."""
        return self._read(lambda link: search(link, what, self._contracts))

    # -- the session -------------------------------------------------------------------------------

    def check(self) -> str:
        """The account's number, once TWS says that it is logged in for it."""
        return self._read(self._checked)

    async def _checked(self, link: Link) -> str:
        return self._account

    def log_out(self) -> None:
        """The login is TWS's own and stays; this desk leaves."""
        self.close()

    def close(self) -> None:
        """End the connection and its thread. The next call opens another."""
        with self._starting:
            running, self._running = self._running, None
        if running is None:
            return
        loop, ways = running
        loop.do(ways.leave(), 5.0)
        loop.stop()

    # -- parts -------------------------------------------------------------------------------------

    def _read(self, read: Callable[[Link], Awaitable[T]], limit: float = READ_LIMIT) -> T:
        async def work(ways: Ways) -> T:
            return await read(await ways.ready())

        return self._do(work, limit)

    def _ways(self) -> Ways:
        return Ways(self._address, self._account, self._clock, self._patience)

    def _do(self, work: Callable[[Ways], Coroutine[Any, Any, T]], limit: float) -> T:
        with self._starting:
            if self._running is None:
                self._running = (Loop(), self._ways())
                # A broker that nobody holds any more must not go on holding a client id.
                weakref.finalize(self, _abandon, *self._running)
            loop, ways = self._running
        try:
            return loop.do(work(ways), limit)
        except SessionExpired as refusal:
            self.expired(refusal)
            raise
        except BrokerError:
            raise
        except UNREADABLE as error:
            raise OutcomeUnknown(words.NAME, f"unreadable: {error!r}") from error


def _abandon(loop: Loop, ways: Ways) -> None:
    """Whichever thread collects it, and whether or not it was closed before: never waits."""
    loop.end(ways.leave)


def _address(secrets: Mapping[str, str]) -> Address:
    port = secrets.get("port", "")
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise SettingError(
            "The port of TWS or the Gateway is none. Link the account again: paper is 4002, live "
            "4001."
        )
    return Address(secrets.get("host") or "127.0.0.1", int(port))
