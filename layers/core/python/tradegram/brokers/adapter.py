"""
What an adapter for an HTTP broker is made of: tables and small translations, and no I/O.

Sending, time limits, redaction and the judgement "may it be sent again?" live once, in
`client.py`. An adapter makes requests and reads replies; what needs several requests is written as
steps, a generator that yields each call and is given its answer.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from tradegram.brokers.contract import Book, Profile
from tradegram.brokers.heard import Dial, Frame, Heard
from tradegram.brokers.listings import Listing
from tradegram.brokers.triggers import Trigger, TriggerBook, TriggerReport
from tradegram.errors import Refused
from tradegram.model import (
    Candle,
    ExecutionReport,
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

T = TypeVar("T")
R = TypeVar("R")

API = "api"  # the usual one of a broker's hosts
MOST_LOOKED_UP = 20  # orders of one look up
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """
    method, path: `POST`, `/orders/regular`; path is on `host`, one of `Profile.hosts`.

    form, json: the body, at most one of them; json may hold Decimals. query: behind the path,
    encoded as a form.
    content: the body's exact bytes, for brokers that sign them; then form and json do not count.
    signed: whether `Adapter.sign` is asked; not on the way to a session.
    """

    method: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    query: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    json: Any = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    host: str = API
    signed: bool = True

    def body(self) -> bytes:
        """As it is sent; b"" when there is none."""
        if self.content is not None:
            return self.content
        if self.json is not None:
            return exact_json(self.json).encode()
        return urlencode(self.form).encode()

    def kind(self) -> str:
        """The body's media type; "" when there is none."""
        if self.json is not None:
            return JSON
        return FORM if self.form else ""

    def target(self) -> str:
        """Path and query, as they are sent."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


def exact_json(value: Any) -> str:
    """JSON without spaces in which a Decimal is a number with all its digits, no exponent."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        pairs = (f"{json_text.dumps(name)}:{exact_json(one)}" for name, one in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(exact_json, value)) + "]"
    return json_text.dumps(value)


@dataclass(frozen=True, slots=True)
class Reply:
    """body: what the JSON says; None when it is not JSON. content: its bytes. headers: small."""

    status: int
    body: Any
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the function that reads its answer, kept side by side."""

    request: Request
    read: Callable[[Any], T]


Steps = Generator[Call[Any], Any, T]


def step(call: Call[T]) -> Steps[T]:
    """A read that takes one request."""
    answer: T = yield call
    return answer


def known(answer: T) -> Steps[T]:
    """A read that takes none."""
    return answer
    yield  # unreached; it makes this a generator


def order_number(said: Any) -> str:
    """
    The broker's own id of an order. Raises ValueError for none: an order that the answer does not
    name may be live or not, and kept under "None" it would never be found.
    """
    if not said:
        raise ValueError("no order id")
    return str(said)


def whole_list(body: Any) -> list[Any]:
    """An answer that must be a list. `list` would take an empty object for one without rows."""
    if not isinstance(body, list):
        raise TypeError("no list")
    return body


def list_or_null(body: Any) -> list[Any]:
    """The same, of brokers that write null for a list without rows."""
    return [] if body is None else whole_list(body)


def each(
    read_row: Callable[[Mapping[str, Any]], ExecutionReport], order_id: str = "order_id"
) -> Callable[[Any], Book]:
    """
    Read an order book row by row. order_id: what the broker calls that in a row.

    A row we cannot read is set aside for an alert. It must neither pass for something we know,
    nor hide the other rows: one new status word would otherwise blind us to every order. What is
    no list at all raises TypeError: it must not pass for a day without orders.
    """

    return lambda rows: Book(*_one_by_one(read_row, rows, order_id))


def each_trigger(
    read_row: Callable[[Mapping[str, Any]], TriggerReport],
) -> Callable[[Any], TriggerBook]:
    """The same of a list of triggers."""
    return lambda rows: TriggerBook(*_one_by_one(read_row, rows, "id"))


def _one_by_one(
    read_row: Callable[[Mapping[str, Any]], R], rows: Any, name: str
) -> tuple[list[R], list[str]]:
    found: list[R] = []
    unreadable: list[str] = []
    for row in whole_list(rows):
        try:
            found.append(read_row(row))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            unreadable.append(f"{row.get(name, '?')}: {error!r}")
    return found, unreadable


@dataclass(frozen=True, slots=True)
class Tokens:
    """
    What a login brought. user: whom the broker says it let in, "" when it does not say.

    secrets: by our names, kept sealed beside the credentials. expires_at: seconds since the epoch,
    an estimate: a refusal of the token is the truth.
    """

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: float
    user: str = ""


class Adapter(Protocol):
    """
    One HTTP broker. A `Session`'s secrets are the account's credentials and the day's tokens.

    `place`, `replace` and `cancel` are one request each. `refusal` says what an unsuccessful reply
    proves. Unknown words of the broker raise KeyError or ValueError: there are no defaults in
    lookups. What a broker cannot do (see `Profile.can`) is never asked of its adapter.
    """

    @property
    def profile(self) -> Profile: ...

    def sign(self, request: Request, session: Session, at: float) -> Request:
        """at: seconds since the epoch, for brokers that want the time signed."""
        ...

    def unwrap(self, reply: Reply) -> Any:
        """The data of a successful reply. Raises KeyError or ValueError when it is not one."""
        ...

    def refusal(self, reply: Reply) -> Refused | None:
        """
        The refusal this reply proves, or None when it proves nothing.

        Asked of every reply whose status is not 2xx, and of every 2xx that `unwrap` does not take:
        several brokers say no with 200.
        """
        ...

    # -- orders ------------------------------------------------------------------------------------

    def place(self, intent: OrderIntent) -> Call[str]: ...

    def replace(self, intent: OrderIntent, broker_order_id: str, wanted: Terms) -> Call[None]: ...

    def cancel(self, intent: OrderIntent, broker_order_id: str) -> Call[None]: ...

    # -- reads -------------------------------------------------------------------------------------

    def order_book(self) -> Steps[Book]: ...

    def trades(self) -> Steps[Sequence[Fill]]: ...

    def positions(self, account_id: str) -> Steps[Sequence[Position]]: ...

    def holdings(self, account_id: str) -> Steps[Sequence[Holding]]: ...

    def funds(self, account_id: str) -> Steps[Sequence[Funds]]: ...

    # -- sessions ----------------------------------------------------------------------------------

    def login_url(self, credentials: Mapping[str, str], state: str) -> str:
        """Where the holder logs in (Login.REDIRECT). state: comes back with them, unread."""
        ...

    def enter(
        self, credentials: Mapping[str, str], given: Mapping[str, str], at: float
    ) -> Steps[Tokens]:
        """
        Make a session. given: what came back from the browser, or {"totp": "123456"}.

        credentials: those of `vault.fields`, and `client`, the broker's name for the customer or
        else a name. Raises KeyError for what is missing in either.
        """
        ...

    def leave(self, session: Session) -> Steps[None]: ...

    def check(self) -> Steps[str]:
        """Who is logged in."""
        ...

    # -- instruments -------------------------------------------------------------------------------

    def instruments(self) -> Steps[Sequence[Listing]]:
        """All that the broker lists today."""
        ...


class MarginAdapter(Protocol):
    """Ability.MARGIN."""

    def margin_for(self, account_id: str, intents: Sequence[OrderIntent]) -> Steps[Funds]:
        """What they block together (`used`), and what is free before (`available`)."""
        ...


class MarketAdapter(Protocol):
    """Ability.QUOTES, CANDLES and CHAIN, see `contract.Market`."""

    def quotes(self, instruments: Sequence[Instrument]) -> Steps[Mapping[str, Quote]]: ...

    def candles(
        self, instrument: Instrument, minutes: int, since: float, until: float
    ) -> Steps[Sequence[Candle]]: ...

    def option_chain(self, options: Sequence[Instrument]) -> Steps[Sequence[OptionRow]]: ...


class TriggerAdapter(Protocol):
    """Ability.GTT. One request each, as for orders."""

    def place_trigger(self, wanted: Trigger) -> Call[str]: ...

    def cancel_trigger(self, trigger_id: str) -> Call[None]: ...

    def triggers(self) -> Steps[TriggerBook]: ...


class LookupAdapter(Protocol):
    """Ability.LOOK_UP, see `lookup.LooksUp`."""

    def look_up(self, intents: Sequence[OrderIntent]) -> Steps[Book]:
        """A bounded number of requests for each: at most MOST_LOOKED_UP are asked for at a time."""
        ...


class TradesInAdapter(Protocol):
    """Ability.BY_INSTRUMENT, see `lookup`."""

    def trades_in(self, instruments: Sequence[Instrument]) -> Steps[Sequence[Fill]]: ...


class TimedAdapter(Protocol):
    """One whose `refusal` may be ClockOff."""

    def broker_time(self) -> Call[float]:
        """Seconds since the epoch, by the broker's clock; not signed."""
        ...


class StreamAdapter(Protocol):
    """Ability.STREAM, see `heard`."""

    def dial(self, session: Session, at: float) -> Steps[Dial]:
        """at: as for `Adapter.sign`."""
        ...

    def heard(self, frame: Frame, session: Session) -> Heard:
        """Raises whatever it likes on frames it does not understand."""
        ...

    def keep(self) -> Steps[None]:
        """Keeps an open stream alive, where `Dial.keep_every` says so."""
        ...


class PriceAdapter(Protocol):
    """Ability.PRICES; what is heard there is for `StreamAdapter.heard` too."""

    def price_dial(self, session: Session, at: float) -> Steps[Dial]:
        """As `StreamAdapter.dial`."""
        ...

    def watch(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        """What is said to be told their prices; without those that the stream does not have."""
        ...


class AbleAdapter(
    Adapter,
    MarginAdapter,
    MarketAdapter,
    TriggerAdapter,
    LookupAdapter,
    TradesInAdapter,
    TimedAdapter,
    StreamAdapter,
    PriceAdapter,
    Protocol,
):
    """One that has every ability."""
