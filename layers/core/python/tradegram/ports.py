"""
What the use cases need from the outside. Two homes implement it: one machine, and AWS.

Nothing here knows Telegram, SQLite or AWS. One contract suite per port holds both homes to the
same promises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from tradegram.audit import Link
from tradegram.brokers.contract import Broker, Profile
from tradegram.chat.reply import Reply
from tradegram.limits import Limits as Limits
from tradegram.model import Account, Instrument, Kind, Quote
from tradegram.orders.state import Order, told_apart
from tradegram.recent import Margins, recent_margins
from tradegram.sessions.standing import Sessions
from tradegram.tickets.ticket import Ticket

# -- the record ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """
    A small JSON record that is neither an order nor a ticket: a user, an account, a setting.

    kind:       user, account, setting, switch, update, pending, pairing, paper ...
    body:       not shown in its repr: that of a step-up is secret.
    version:    0 when it is new. expires_at: seconds since the epoch; past it the document is
                gone for every reader, whether or not it was removed yet.
    """

    kind: str
    key: str
    body: Mapping[str, Any] = field(repr=False)
    version: int = 0
    expires_at: float | None = None


Record = Order | Ticket | Document


@dataclass(frozen=True, slots=True)
class Event:
    """What an audit chain keeps of a change: who, what, why. Never a secret."""

    account_id: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A message owed to a person, written in the same transaction as its cause.

    kind: the state in lower case (`submitted`, `filled` ...), or `partial`, `unconfirmed`,
          `corrected`, `alert`. notice_id: given by the store.
    """

    account_id: str
    client_order_id: str
    kind: str
    text: str
    user_id: int = 0
    notice_id: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """
    One atomic write: records, the audit events that explain them, the messages they owe.

    Each record carries the version it was read at; 0 says that it must not exist yet.
    """

    records: Sequence[Record]
    events: Sequence[Event] = ()
    notices: Sequence[Notice] = ()


def nothing_else(written: object) -> Change:
    """For whoever asks what else belongs into a transaction."""
    return Change(())


@dataclass(frozen=True, slots=True)
class Page:
    """Orders, newest first. after: where the next page starts; "" when there is none."""

    orders: Sequence[Order]
    after: str = ""


class Store(Protocol):
    """
    The truth. Reads are consistent: decisions to send are taken from them.

    Raises StoreUnavailable from any method when the outcome is not known.
    """

    def order(self, client_order_id: str) -> Order:
        """Raises NotFound."""
        ...

    def ticket(self, ticket_id: str) -> Ticket:
        """Raises NotFound."""
        ...

    def document(self, kind: str, key: str) -> Document | None: ...

    def documents(self, kind: str, prefix: str = "") -> Sequence[Document]:
        """All of a kind whose key starts with prefix, by key."""
        ...

    def unsettled(self, account_id: str) -> Sequence[Order]:
        """
        Every order that is not settled, ended or not, oldest first.

        Ended is not settled: a fill can cross a cancel, and a refused order has come alive. An
        order written a moment ago may be missing; the next call has it.
        """
        ...

    def orders(self, account_id: str, *, limit: int = 50, after: str = "") -> Page:
        """The account's orders, settled or not, newest first."""
        ...

    def commit(self, change: Change) -> Sequence[Record]:
        """
        Write all of it or nothing; answers with the records as stored (version + 1).

        Raises Conflict when a record is not at the version it carries; the caller reloads.
        Raises StoreUnavailable when the write may or may not have happened.
        """
        ...

    def remove(self, document: Document) -> None:
        """Forget a document, whatever its version. Removing twice is harmless."""
        ...

    def notices(self, limit: int = 50) -> Sequence[Notice]:
        """Messages still owed, oldest first."""
        ...

    def delivered(self, notice: Notice) -> None:
        """The person has it. Harmless to repeat."""
        ...

    def chain(self, account_id: str, after: int = -1) -> Iterator[Link]:
        """From the link that follows this sequence number on."""
        ...

    def head(self, account_id: str) -> Link | None:
        """The last link of an account's chain; None when it has none."""
        ...

    def audited(self) -> Sequence[str]:
        """Accounts that have an audit chain."""
        ...


# -- the rest of the world -----------------------------------------------------------------------


class Doorbell(Protocol):
    def ring(self, account: Account, client_order_id: str, *, cancel: bool = False) -> None:
        """
        Wake the worker of an account: this order wants attention. Losing it costs only time.

        cancel: need not wait for what else the account's worker has to do.

        Raises StoreUnavailable when nobody can say whether it rang; callers carry on, because
        the sweeper rings again.
        """
        ...


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back; for leases and time limits."""
        ...


class Ids(Protocol):
    def nonce(self) -> str:
        """80 random bits as 16 upper-case base32 characters."""
        ...


class Brokers(Protocol):
    """The accounts of this desk and the way to each."""

    def accounts(self) -> Sequence[Account]: ...

    def account(self, account_id: str) -> Account:
        """Raises UserError when there is no such account."""
        ...

    def profile(self, account_id: str) -> Profile: ...

    def broker(self, account_id: str) -> Broker:
        """Raises SessionExpired when the account is not logged in."""
        ...


class Quotes(Protocol):
    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        """
        The market now, or None when nobody can say.

        account_id: whose market. On paper it is the simulated one, and of a live account its own
        broker's; "" is the best that anybody here can say, to be looked at and not traded on.
        """
        ...


class Calendar(Protocol):
    """When an exchange trades. `at` is seconds since the epoch."""

    def is_open(self, instrument: Instrument, at: float) -> bool: ...

    def next_open(self, instrument: Instrument, at: float) -> float | None:
        """None when it is open now, or when the calendar does not reach that far."""
        ...

    def book_closed_after(self, instrument: Instrument, placed_at: float) -> float | None:
        """
        From when on a whole order book that lacks a DAY order placed then proves that it was
        never taken: the close of its session and the longest flight time. None: it never does.
        """
        ...

    def expires_soon(self, at: float) -> str | None:
        """A sentence for people when the calendar's own knowledge ends soon, or has ended."""
        ...


class Instruments(Protocol):
    """The instrument master. `today` in its answers is the master's own date."""

    def find(self, key: str) -> Instrument | None:
        """By `NSE:RELIANCE`."""
        ...

    def search(self, words: str, limit: int = 8) -> Sequence[Instrument]:
        """Nearest first: symbol, alias, name, prefix, then spelling."""
        ...

    def named(self, words: str) -> Sequence[Instrument]:
        """
        Everything exactly called so, by symbol or alias, in any case: `nifty 50`, `reliance`,
        `m&m`, `NIFTY26NOVFUT`. For an underlying it is the index or share itself, not its
        derivatives.
        """
        ...

    def longest_name(self) -> int:
        """Words in the longest alias; the order language tries no more."""
        ...

    def expiries(self, underlying: str, *, options: bool) -> Sequence[date]:
        """Nearest first, none in the past."""
        ...

    def future(self, underlying: str, expiry: date) -> Instrument | None: ...

    def option(
        self, underlying: str, expiry: date, strike: Decimal, kind: Kind
    ) -> Instrument | None: ...

    def strikes(self, underlying: str, expiry: date) -> Sequence[Decimal]:
        """Ascending."""
        ...


class Messenger(Protocol):
    """Shows replies to people. Raises Busy, Unreachable, Gone."""

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        """Answers with the message's name (`tg:42:1001`), for edits."""
        ...

    def edit(self, message: str, reply: Reply) -> None:
        """The message becomes this. Saying the same again is harmless."""
        ...


class Pager(Protocol):
    def alert(self, account_id: str, text: str) -> None:
        """Tell a person. For what no code here can decide. Never raises."""
        ...


class KeyRing(Protocol):
    """
    Wraps the data keys that secrets are sealed with. place: account, broker and field.

    A file or a passphrase on one machine, KMS on AWS. Raises SettingError when there is no key.
    """

    def new(self, place: Mapping[str, str]) -> tuple[bytes, bytes]:
        """A fresh 32-byte data key, plain and wrapped."""
        ...

    def unwrap(self, wrapped: bytes, place: Mapping[str, str]) -> bytes:
        """Raises SealBroken when it was not wrapped by this ring for this place."""
        ...

    def rewrap(self, wrapped: bytes, place: Mapping[str, str]) -> bytes:
        """The same data key under the key of now. Raises SealBroken."""
        ...


class OrderDesk(Protocol):
    """What the order path needs. `Desk` is one; the simulator builds a smaller one."""

    @property
    def store(self) -> Store: ...
    @property
    def doorbell(self) -> Doorbell: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def brokers(self) -> Brokers: ...
    @property
    def calendar(self) -> Calendar: ...
    @property
    def pager(self) -> Pager: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a use case may need, built once per process by `bootstrap`."""

    store: Store
    doorbell: Doorbell
    clock: Clock
    ids: Ids
    brokers: Brokers
    calendar: Calendar
    pager: Pager
    instruments: Instruments
    quotes: Quotes
    limits: Limits = field(default_factory=Limits)
    allowed_users: frozenset[int] = frozenset()
    sessions: Sessions | None = None
    margins: Margins = field(default_factory=recent_margins)


def commit_order(
    store: Store,
    order: Order,
    event: Mapping[str, object],
    *notices: Notice,
    before: Order | None = None,
    also: Sequence[Record] = (),
    more: Sequence[Event] = (),
) -> Order:
    """
    Write one order, its audit event (of nobody: the desk's) and its messages. before: as it was,
    to say what changed. also, more: written with it. Raises Conflict, StoreUnavailable.
    """
    body: dict[str, object] = {"order": order.key, "by": "desk", **event}
    if before is not None:
        body["before"], body["after"] = told_apart(before, order)
    events = (Event(order.account_id, body), *more)
    stored = store.commit(Change((order, *also), events, notices))[0]
    assert isinstance(stored, Order)  # noqa: S101 - narrows the union; the store keeps types
    return stored
