"""
What a broker is to the desk.

`Broker` is what the use cases call: one login, one contract. Most brokers get it from
`client.HttpBroker` around an `adapter.Adapter`. The paper broker and IBKR implement it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Protocol, runtime_checkable

from tradegram.brokers.calls import Calls
from tradegram.model import (
    Candle,
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    Instrument,
    OptionRow,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Quote,
    Terms,
    TimeInForce,
)


class Identity(Enum):
    """How surely an order found at the broker can be tied to ours."""

    DEDUPES = "refuses a second order with the same client order id"
    LOOKUP = "finds an order by client order id"
    ECHO = "shows our client order id in the order book"
    NONE = "keeps no client order id; match by terms and time"


class Login(Enum):
    """How somebody gets in."""

    NONE = "there is nothing to log in to"
    KEYS = "each call is signed with keys that do not end"
    REDIRECT = "in a browser, which then comes back to us"
    CODES = "a PIN and a one-time code"
    GATEWAY = "in a program of the broker's that runs elsewhere"


class Ability(Enum):
    """What only some brokers can do."""

    MARGIN = "says what an order would block before it is sent"
    QUOTES = "says prices"
    CANDLES = "says how prices went"
    CHAIN = "says an underlying's options with their prices"
    GTT = "keeps an order until a price triggers it"
    STREAM = "says at once what happens to an order"
    PRICES = "says prices as they change"
    POSTBACK = "calls us when something happens to an order"
    BY_INSTRUMENT = "lists trades of one instrument at a time only"
    LOOK_UP = "says by our name of it what became of an order that its book lists no more"


class Replaceable(Enum):
    """What of a working order can be made another in place."""

    PRICES = "its prices"
    MORE = "a larger quantity"
    LESS = "a smaller quantity"


@dataclass(frozen=True, slots=True)
class AlgoTag:
    """
    Where an order names the algorithm it comes from, for brokers that do not add that themselves.

    header, field: the name of the one that is used; the other is "". length: characters at most.
    """

    header: str = ""
    field: str = ""
    length: int = 0


@dataclass(frozen=True, slots=True)
class Keeps:
    """
    What a broker keeps until a price triggers it (Ability.GTT): LIMIT orders for the day on which
    it is reached.

    legs: prices of one trigger at most; of two, the first that is met ends the other. products,
    exchanges: of what. days: for which it keeps one. names_orders: its list says which orders a
    trigger became; elsewhere they are known by their terms.
    """

    legs: int
    products: frozenset[Product]
    exchanges: frozenset[str]
    days: int = 365
    names_orders: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """
    What a broker can do, as data.

    name:              lower case, the same word as the module.
    tag_length:        longest client order id the broker echoes, in characters; 0 if none.
    orders_per_second: place + replace + cancel together, per account.
    listing_lag:       seconds an accepted order may be missing from the order book.
    receive_window:    seconds a request may be on its way and still be accepted.
    plain_market:      takes true market orders; elsewhere MARKET is sent as a protected LIMIT.
    book_is_local:     reading the order book costs no call over a network.
    book_kept:         seconds after a day's end, its last request arrived, for which its orders
                       are still listed. A later book says nothing about them.
    book_ends_at_midnight: nor does one that is read after that day's midnight in India.
    squares_off:       closes what is intraday before the close, as brokers in India do.
    modifications_per_order: changes of one order that the broker takes, tried ones included.
    replaces_type:     a change may make a LIMIT a STOP_LIMIT, and the like.
    replaceable, replaces_stops: what of a working order can be changed in place, and whether
                       that of a STOP or STOP_LIMIT can.
    algo:              how the broker wants to be told the exchange's algo id; None: it adds it.
    hosts:             its addresses by our names, "api" the usual one; settings override each.
    session_domain:    where a login may say its session's own addresses are, such as
                       `kotaksecurities.com`; "" where none says so.
    can:               what only some brokers can do.
    keeps:             the triggers it takes; None without Ability.GTT.
    unattended:        its documented login needs nobody, once the holder has chosen that.
    reads_per_second:  of each kind of read, as far as the broker counts them.
    token_word:        what its page brings back as, for Login.REDIRECT, e.g. `request_token`.
    calls_per_day:     it takes in all; 0 where nobody counts them, see `Calls`.
    book_calls:        of them for one read of the order book.
    seldom:            seconds between looks at its book while its stream tells what happens.
    """

    name: str
    title: str
    identity: Identity
    tag_length: int
    orders_per_second: int
    listing_lag: float
    order_types: frozenset[OrderType]
    products: frozenset[Product]
    times_in_force: frozenset[TimeInForce]
    plain_market: bool
    source: str
    receive_window: float = 60.0
    book_is_local: bool = False
    book_kept: float = 4 * 3600.0
    book_ends_at_midnight: bool = False
    squares_off: bool = True
    modifications_per_order: int = 20
    replaces_type: bool = False
    replaceable: frozenset[Replaceable] = frozenset(Replaceable)
    replaces_stops: bool = True
    algo: AlgoTag | None = None
    login: Login = Login.NONE
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])
    session_domain: str = ""
    can: frozenset[Ability] = frozenset()
    unattended: bool = False
    reads_per_second: float = 10.0
    token_word: str = ""
    calls_per_day: int = 0
    book_calls: int = 1
    seldom: float = 30.0
    keeps: Keeps | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """
    Today's orders as one broker lists them, and the rows we could not read.

    warnings: of orders that are read and yet need a person, in sentences that do not change while
    what they warn of lasts.
    unasked: our names of orders that it took too many questions to ask about this time, the longest
    waiting first. That they are absent says nothing.
    """

    reports: Sequence[ExecutionReport]
    unreadable: Sequence[str] = ()
    warnings: Sequence[str] = ()
    unasked: Sequence[str] = ()


def together(*books: Book) -> Book:
    """One after the other; what two of them cannot read alike is said once."""
    return Book(
        [row for book in books for row in book.reports],
        list(dict.fromkeys(row for book in books for row in book.unreadable)),
        list(dict.fromkeys(words for book in books for words in book.warnings)),
        [name for book in books for name in book.unasked],
    )


class Broker(Protocol):
    """
    One account at one broker.

    Every method raises NotSent, Refused (or a kind of it) or OutcomeUnknown, and never sends
    twice. Reads may be repeated by the caller; `place` only after NotSent or Throttled.
    """

    @property
    def profile(self) -> Profile: ...

    def place(self, intent: OrderIntent, *, not_after: float) -> str:
        """
        Answers with the broker's order id.

        not_after: monotonic seconds; past it the request must not leave (NotSent), because the
                   right to send it may have passed on.
        """
        ...

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> None:
        """Give a working order other terms. Repeating it is harmless: the terms are absolute."""
        ...

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> None: ...

    def order_book(self) -> Book:
        """
        Today's orders and all that still work, ended ones included, in no promised order.

        With Ability.LOOK_UP those that ended may be missing, see `lookup.book_about`.
        """
        ...

    def trades(self) -> Sequence[Fill]:
        """Today's fills, oldest first."""
        ...

    def positions(self) -> Sequence[Position]: ...

    def holdings(self) -> Sequence[Holding]: ...

    def funds(self) -> Sequence[Funds]:
        """One row per currency."""
        ...

    def margin_for(self, intent: OrderIntent) -> Funds:
        """Money the order would block (`used`) and what is free before it (`available`)."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """
    How a broker answered in the last 15 minutes.

    errors: calls without a usable answer. latency: seconds from request to answer, the median;
    None without any. good_at, book_at: when a call, and a read of the order book, last succeeded;
    seconds since the epoch, 0 when not seen. hears: its stream tells now what happens to orders.
    """

    calls: int = 0
    errors: int = 0
    latency: float | None = None
    good_at: float = 0.0
    book_at: float = 0.0
    hears: bool = False


@runtime_checkable
class Gated(Protocol):
    """A broker behind a gate: orders leave at its pace, and wait while it does not answer."""

    def seconds_to_wait(self) -> float:
        """Until an order may leave; 0 when it may now. Raises StoreError."""
        ...

    def why_closed(self) -> str:
        """A part of a sentence for people; "" while orders may leave. Raises StoreError."""
        ...

    def health(self) -> Health:
        """Of every process that has said so, where there are several. Raises StoreError."""
        ...

    def calls(self) -> Calls | None:
        """None where nobody counts them."""
        ...

    def hears(self, lives: bool, /) -> None:
        """Is told when its stream begins or ends, for `health`."""
        ...


def calls_of(broker: Broker) -> Calls | None:
    return broker.calls() if isinstance(broker, Gated) else None


def seconds_to_wait(broker: Broker) -> float:
    return broker.seconds_to_wait() if isinstance(broker, Gated) else 0.0


def why_closed(broker: Broker) -> str:
    return broker.why_closed() if isinstance(broker, Gated) else ""


@runtime_checkable
class WholeMargin(Protocol):
    """A broker that knows what several orders block together, such as a hedge and its short leg."""

    def margin_for_all(self, intents: Sequence[OrderIntent]) -> Funds:
        """As `margin_for`, for orders of one currency that are all placed."""
        ...


def margin_for_all(broker: Broker, intents: Sequence[OrderIntent]) -> Funds:
    """The broker's own figure for all of them, else their sum, which no hedge makes smaller."""
    if isinstance(broker, WholeMargin):
        return broker.margin_for_all(intents)
    asked = [broker.margin_for(intent) for intent in intents]
    return replace(asked[0], used=sum((one.used for one in asked), Decimal(0)))


@runtime_checkable
class Market(Protocol):
    """
    A broker that also knows the market; `Profile.can` says which of these it answers.

    Raises as `Broker` does, NotSent too for what it cannot say.
    """

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[str, Quote]:
        """By instrument key. What the broker does not know is absent."""
        ...

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Sequence[Candle]:
        """
        Oldest first. minutes: 1, 5, 15, 30, 60 or 1440; since, until: seconds since the epoch.

        Raises UserError for a length the broker does not have.
        """
        ...

    def option_chain(self, options: Sequence[Instrument]) -> Sequence[OptionRow]:
        """Of options of one underlying and expiry, as asked; what it does not know is absent."""
        ...


@runtime_checkable
class ListsOptions(Protocol):
    """A broker that is asked which options there are, where the desk's own list has none."""

    def options_of(self, one: Instrument, expiry: date | None = None, /) -> Sequence[Instrument]:
        """Of the first expiry from that day on; empty when nothing is written on it."""
        ...


@runtime_checkable
class LoggedIn(Protocol):
    """A broker that is reached through a login."""

    def check(self) -> str:
        """
        Who is logged in, as the broker names its customers; "" when it does not say.

        A harmless read. Raises SessionExpired.
        """
        ...

    def log_out(self) -> None:
        """End the session at the broker, where it can be ended there."""
        ...
