"""
One broker as the promises see it: the contract, the simulated far end, and what may go wrong.

A case is made anew for each promise. Promises know no broker and no wire; a case for an HTTP
broker is mostly `HttpCase`, one for a socket implements `Case` itself.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from clocks import StillClock
from samples import INFY

from tradegram.brokers.adapter import Adapter, Tokens
from tradegram.brokers.client import HttpBroker, Line
from tradegram.brokers.contract import Book, Broker, Login, Profile, Replaceable
from tradegram.brokers.listings import KnownListings, Listing, Listings
from tradegram.brokers.lookup import book_about
from tradegram.codes import Code
from tradegram.errors import Refused
from tradegram.model import (
    Instrument,
    OrderIntent,
    OrderType,
    Product,
    Session,
    Side,
    Terms,
    TimeInForce,
)
from tradegram.sims.floor import Entry, Floor
from tradegram.sims.wire import Asked, Dialect, Faults, Said, Wire

CASH = Decimal(1_000_000)


@dataclass(frozen=True)
class Row:
    """
    One row of an adapter's tables of refusals.

    key: the word of the table. answer: how the broker says it. code: what it must mean.
    """

    key: str
    answer: Said
    code: Code
    kind: type[Refused] = Refused


class Case(ABC):
    """
    exempt: promises this broker cannot be held to, by name, each with the reason.

    instrument: what orders are for; its price on the floor is `price`, and `below` rests.
    """

    name: ClassVar[str]
    exempt: ClassVar[Mapping[str, str]] = {}
    instrument: Instrument = INFY
    price: Decimal = Decimal("1500.05")
    below: Decimal = Decimal("1499.95")
    quantity: Decimal = Decimal(100)
    product: Product = Product.DELIVERY
    validity: TimeInForce = TimeInForce.DAY

    def __init__(self) -> None:
        self.clock = StillClock()
        self.floor = self.make_floor()
        self.floor.prices[self.instrument.key] = self.price
        self._placed = 0
        self._made: list[OrderIntent] = []

    def make_floor(self) -> Floor:
        return Floor(self.clock.now, cash=CASH)

    @property
    @abstractmethod
    def profile(self) -> Profile: ...

    @abstractmethod
    def broker(self) -> Broker:
        """Logged in, by the broker's own login. The same session each time."""

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """After the promise; for what does not end by itself."""

    # -- orders ------------------------------------------------------------------------------------

    def intent(self, **changes: object) -> OrderIntent:
        """
        A buy that rests, with a new client order id, changed so.

        For a broker that keeps no name each has a price of its own, a tick below the last.
        """
        lower = 0 if self.profile.tag_length else self._placed
        self._placed += 1
        key = f"{'A' * 12}{self._placed:04d}".translate(str.maketrans("0189", "WXYZ"))
        usual = OrderIntent(
            client_order_id=key,
            account_id=f"{self.name}:main",
            instrument=self.instrument,
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            quantity=self.quantity,
            product=self.product,
            time_in_force=self.validity,
            price=self.below - lower * self.instrument.tick_size,
            wire_id=key[: self.profile.tag_length],
        )
        made = replace(usual, **changes)  # type: ignore[arg-type]
        self._made.append(made)
        return made

    def place(self, intent: OrderIntent) -> str:
        return self.broker().place(intent, not_after=self.clock.monotonic() + 5)

    def book(self) -> Book:
        """As the reconciler reads it, which has made note of every order."""
        return book_about(self.broker(), self._made)

    def changed(self) -> Terms:
        """What the usual order can be made in place: as much of this as the broker changes."""
        lot, tick, changes = (
            self.instrument.lot_size,
            self.instrument.tick_size,
            self.profile.replaceable,
        )
        return Terms(
            self.quantity - lot if Replaceable.LESS in changes else self.quantity,
            self.below - 2 * tick if Replaceable.PRICES in changes else self.below,
        )

    def entries(self, intent: OrderIntent) -> list[Entry]:
        """What the floor has of it. Of brokers that keep no name: all that has its terms."""
        if self.profile.tag_length:
            return self.floor.referring(intent.wire_id)
        return [
            entry
            for entry in self.floor.entries.values()
            if (entry.instrument.key, entry.side, entry.quantity, entry.price)
            == (intent.instrument.key, intent.side, intent.quantity, intent.price)
        ]

    def strange_status(self, entry: Entry) -> None:
        """From now on the broker lists it with a status that nobody has seen before."""
        entry.more["status"] = "QUANTUM SUPERPOSED"

    # -- what the wire does to the next order ------------------------------------------------------

    @abstractmethod
    def lose(self) -> None:
        """It is done, and its answer never arrives."""

    @abstractmethod
    def cut(self) -> None:
        """It never arrives, and nobody here can know."""

    @abstractmethod
    def garble(self) -> None:
        """It is done, and the answer cannot be read."""

    @abstractmethod
    def gateway(self, status: int, *, done: bool) -> None:
        """A gateway answers for the broker, which has done it or not."""

    @abstractmethod
    def unreachable(self) -> None:
        """There is no connection, for good."""

    @abstractmethod
    def strange_error(self) -> None:
        """It is not done, and the broker says so in words that nobody has seen before."""

    @abstractmethod
    def quote_secrets(self) -> None:
        """It is not done, and the broker repeats all secrets in its words."""

    @abstractmethod
    def asked(self) -> int:
        """Requests of any kind that arrived."""

    @abstractmethod
    def last_order(self) -> str:
        """The last order as it was written on the wire, for people and for `in`."""

    # -- what the broker does ----------------------------------------------------------------------

    @abstractmethod
    def expire(self) -> None:
        """The session ends at the broker, before its time."""

    @abstractmethod
    def throttle(self) -> None:
        """The next request is one too many."""

    @abstractmethod
    def forget_address(self) -> None:
        """Orders come from an address that is not registered, from now on."""

    @abstractmethod
    def refusals(self) -> Sequence[Row]:
        """One row for each word of the adapter's tables of refusals."""

    @abstractmethod
    def table(self) -> frozenset[str]:
        """The words of those tables, read from the adapter."""

    @abstractmethod
    def refuse(self, row: Row) -> None:
        """The next order is answered so."""

    # -- sessions ----------------------------------------------------------------------------------

    @abstractmethod
    def log_in(self) -> Session: ...

    @abstractmethod
    def log_in_wrongly(self) -> None:
        """With credentials that the broker does not know. Raises what the broker class raises."""

    @abstractmethod
    def secrets(self) -> Sequence[str]:
        """Every value that may be seen nowhere, the day's tokens included."""

    # -- instruments -------------------------------------------------------------------------------

    @abstractmethod
    def instruments(self, *, broken: bool) -> Sequence[Listing]:
        """As the adapter reads the broker's list. broken: some rows of it are nonsense."""


class HttpCase(Case):
    """
    adapter_class: made of the broker's listings, which the case reads from the simulator's file.
    credentials: as the vault keeps them, each one recognisable. user: whom the login lets in; the
    adapter is told as `client`.
    """

    adapter_class: ClassVar[Callable[[Listings], Adapter]]
    credentials: ClassVar[Mapping[str, str]]
    user: str = "AB1234"

    def __init__(self) -> None:
        super().__init__()
        self.sim = self.make_sim()
        self.wire = Wire(self.sim)
        self.adapter = type(self).adapter_class(KnownListings(self.name, []))
        self._session: Session | None = None

    @abstractmethod
    def make_sim(self) -> Dialect:
        """Over `self.floor`, and letting `credentials` in. Without limits of rate."""

    def given(self) -> Mapping[str, str]:
        """What comes back from the browser, or the code of now."""
        return {}

    @property
    def profile(self) -> Profile:
        return self.adapter.profile

    def broker(self) -> HttpBroker:
        if self._session is None:
            self._session = self.log_in()
            listed = self._over(self.wire).instruments()
            self.adapter = type(self).adapter_class(KnownListings(self.name, listed))
            self.clock.pass_(2.0)
        return self._over(self.wire)

    def _over(self, wire: Wire) -> HttpBroker:
        assert self._session
        return HttpBroker(self.adapter, wire.client(), self.clock, self._session)

    # -- the wire ----------------------------------------------------------------------------------

    def lose(self) -> None:
        self._fault(Faults(lose=1))

    def cut(self) -> None:
        self._fault(Faults(cut=1))

    def garble(self) -> None:
        self._fault(Faults(garble=1))

    def gateway(self, status: int, *, done: bool) -> None:
        self._fault(Faults(failed=done, held=not done, status=status))

    def unreachable(self) -> None:
        self.broker()
        self.wire.unreachable = True

    def refuse(self, row: Row) -> None:
        self._fault(Faults())
        self.wire.instead.append(row.answer)

    def troubles(self) -> Sequence[Said]:
        """Answers that are no answer to a read, whatever the broker."""
        self.strange_error()
        said = [self.wire.instead.pop()]
        said += [Said(200, content) for content in (b"", b"null", b"{}", b"0", b'"no"')]
        return [*said, Said(200, b"<html>wait</html>", "text/html"), Said(502, b"{}")]

    def answer_instead(self, answer: Said) -> None:
        """To the next request of any kind."""
        self._fault(Faults(every=True))
        self.wire.instead.append(answer)

    def asked(self) -> int:
        return len(self.wire.arrived)

    def last_order(self) -> str:
        last = [one for one in self.wire.arrived if not one.is_read][-1]
        return f"{last.method} {last.path}?{last.raw_query} {last.content.decode()}"

    def _fault(self, faults: Faults) -> None:
        self.broker()  # the login is over before anything goes wrong
        self.wire.faults = faults

    # -- sessions ----------------------------------------------------------------------------------

    def log_in(self) -> Session:
        return self.enter(self.credentials)

    def enter(self, credentials: Mapping[str, str]) -> Session:
        account_id = f"{self.name}:main"
        if self.profile.login is Login.KEYS:
            return Session(account_id, float("inf"), dict(credentials))
        way = Session(account_id, 0.0, dict(credentials))
        line = Line(self.adapter, self.wire.client(), self.clock, way)
        known = {"client": self.user, **credentials}
        steps = self.adapter.enter(known, self.given(), self.clock.now())
        got: Tokens = line.walk(steps)
        assert got.user in ("", self.user)
        return Session(account_id, got.expires_at, {**credentials, **got.secrets})

    def log_in_wrongly(self) -> None:
        """With the last of the credentials altered."""
        *_, last = self.credentials
        wrong = {**self.credentials, last: f"{self.credentials[last]}wrong"}
        session = self.enter(wrong)
        HttpBroker(self.adapter, self.wire.client(), self.clock, session).check()

    def secrets(self) -> Sequence[str]:
        self.broker()
        assert self._session
        open_ = ("client", "api_url")
        named = self._session.secrets.items()
        return [value for name, value in named if name not in open_ and len(value) > 5]

    # -- instruments -------------------------------------------------------------------------------

    def instruments(self, *, broken: bool) -> Sequence[Listing]:
        self.broker()
        wire = Wire(_Spoiling(self.sim, self.spoil)) if broken else self.wire
        return self._over(wire).instruments()

    def spoil(self, asked: Asked, answer: Said) -> Said:
        """
        A row without its numbers, and one of three words, below the heading of a CSV.

        Answers of another form have nonsense of their own.
        """
        if "csv" not in answer.kind:
            return answer
        heading, row, *rest = answer.content.split(b"\n")
        if not row:
            return answer
        nonsense = re.sub(rb"\d", b"?", row)
        return replace(answer, content=b"\n".join([heading, nonsense, b"a,b,c", row, *rest]))


@dataclass
class _Spoiling:
    dialect: Dialect
    spoil: Callable[[Asked, Said], Said]

    def answer(self, asked: Asked) -> Said:
        return self.spoil(asked, self.dialect.answer(asked))
