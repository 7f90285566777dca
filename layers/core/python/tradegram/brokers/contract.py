"""
What a broker is to the desk, and what an adapter for an HTTP broker is made of.

`Broker` is what the use cases call: one login, one contract. Most brokers get it from
`client.HttpBroker` around an `Adapter`, which is tables and small translations and does no I/O:
sending, time limits, redaction and the judgement "may it be sent again?" live once, in
`client.py`. The paper broker and IBKR implement `Broker` themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from tradegram.errors import Refused
from tradegram.model import (
    ExecutionReport,
    Fill,
    Funds,
    Holding,
    OrderIntent,
    OrderType,
    Position,
    Product,
    Session,
    Terms,
    TimeInForce,
)

T = TypeVar("T")


class Identity(Enum):
    """How surely an order found at the broker can be tied to ours."""

    DEDUPES = "refuses a second order with the same client order id"
    LOOKUP = "finds an order by client order id"
    ECHO = "shows our client order id in the order book"
    NONE = "keeps no client order id; match by terms and time"


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
    squares_off:       closes what is intraday before the close, as brokers in India do.
    modifications_per_order: changes of one order that the broker takes, tried ones included.
    replaces_type:     a change may make a LIMIT a STOP_LIMIT, and the like.
    algo:              how the broker wants to be told the exchange's algo id; None: it adds it.
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
    base_url: str = ""
    receive_window: float = 60.0
    book_is_local: bool = False
    book_kept: float = 4 * 3600.0
    squares_off: bool = True
    modifications_per_order: int = 20
    replaces_type: bool = False
    algo: AlgoTag | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """Today's orders as one broker lists them, and the rows we could not read."""

    reports: Sequence[ExecutionReport]
    unreadable: Sequence[str] = ()


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
        """Today's orders and all that still work, ended ones included, in no promised order."""
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
    seconds since the epoch, 0 when not seen.
    """

    calls: int = 0
    errors: int = 0
    latency: float | None = None
    good_at: float = 0.0
    book_at: float = 0.0


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


# -- what an adapter for an HTTP broker is made of -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the function that reads its answer, kept side by side."""

    request: Request
    read: Callable[[Any], T]


def each(read_row: Callable[[Mapping[str, Any]], ExecutionReport]) -> Callable[[Any], Book]:
    """
    Read an order book row by row.

    A row we cannot read is set aside for an alert. It must neither pass for something we know,
    nor hide the other rows: one new status word would otherwise blind us to every order.
    """

    def read(rows: Iterable[Mapping[str, Any]]) -> Book:
        reports: list[ExecutionReport] = []
        unreadable: list[str] = []
        for row in rows:
            try:
                reports.append(read_row(row))
            except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                unreadable.append(f"{row.get('order_id', '?')}: {error!r}")
        return Book(reports, unreadable)

    return read


class Adapter(Protocol):
    """
    Tables and translations for one HTTP broker: the order path. `sign` keeps a request's headers.

    A method makes a `Call`; `refusal` says what an unsuccessful reply proves. Unknown words of
    the broker raise KeyError or ValueError: there are no defaults in lookups.
    """

    @property
    def profile(self) -> Profile: ...

    def sign(self, request: Request, session: Session) -> Request: ...

    def unwrap(self, reply: Reply) -> Any:
        """The data of a successful reply. Raises KeyError or ValueError when it is not one."""
        ...

    def refusal(self, reply: Reply) -> Refused | None:
        """The refusal this reply proves, or None when it proves nothing."""
        ...

    def place(self, intent: OrderIntent) -> Call[str]: ...

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]: ...

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]: ...

    def order_book(self) -> Call[Book]: ...
