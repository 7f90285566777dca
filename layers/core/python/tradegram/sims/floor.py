"""
The exchange floor behind every simulated broker: what really happened, whatever was answered.

A dialect translates requests to these calls and rows to its broker's words. Tests and people ask
the floor; an adapter never sees it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from tradegram.model import Instrument, OrderType, Side

CASH = Decimal(1_000_000)
MOST_ORDERS = 100_000


class Standing(Enum):
    """Where an order stands on the floor."""

    RECEIVED = "taken by the broker, not yet at the exchange"
    WAITING = "waits for its trigger"
    OPEN = "works"
    FILLED = "filled whole"
    CANCELLED = "ended by a cancel"
    REJECTED = "ended by the broker or the exchange"
    EXPIRED = "ended by time"

    @property
    def is_live(self) -> bool:
        return self in (Standing.RECEIVED, Standing.WAITING, Standing.OPEN)


@dataclass
class Entry:
    """
    One order of the ledger. Prices per unit, quantities in units, times in seconds.

    reference: the caller's own id, as it came. product, validity, words: in the dialect's words.
    more: whatever else a dialect keeps of its request.
    """

    order_id: str
    reference: str
    instrument: Instrument
    side: Side
    order_type: OrderType
    quantity: Decimal
    price: Decimal | None
    trigger: Decimal | None
    product: str
    validity: str
    placed_at: float
    standing: Standing = Standing.OPEN
    filled: Decimal = Decimal(0)
    average: Decimal = Decimal(0)
    changes: int = 0
    updated_at: float = 0.0
    words: str = ""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def leaves(self) -> Decimal:
        return self.quantity - self.filled if self.standing.is_live else Decimal(0)


@dataclass(frozen=True)
class Trade:
    trade_id: str
    entry: Entry
    quantity: Decimal
    price: Decimal
    at: float


@dataclass(frozen=True)
class Stored:
    """What lay in the depository before today."""

    instrument: Instrument
    quantity: Decimal
    average: Decimal


@dataclass(frozen=True)
class Held:
    """What the trades of one instrument and product come to today."""

    instrument: Instrument
    product: str
    bought: Decimal
    sold: Decimal
    buy_value: Decimal
    sell_value: Decimal

    @property
    def quantity(self) -> Decimal:
        return self.bought - self.sold

    @property
    def average(self) -> Decimal:
        """Of what is open; 0 when flat."""
        if self.quantity > 0:
            return self.buy_value / self.bought
        return self.sell_value / self.sold if self.quantity < 0 else Decimal(0)


@dataclass
class Floor:
    """
    now: seconds since the epoch. numbered: makes a broker's order id of 1, 2, 3 ...

    prices: last price by instrument key; an order that can be met at it fills at once unless
    `rests`. cash: money of the account before anything is bought. watchers: are told of every
    order that changed. more_prices: asked where `prices` has none.
    """

    now: Callable[[], float]
    numbered: Callable[[int], str] = lambda number: f"{number:012d}"
    prices: dict[str, Decimal] = field(default_factory=dict)
    cash: Decimal = CASH
    rests: bool = False
    stored: list[Stored] = field(default_factory=list)
    watchers: list[Callable[[Entry], None]] = field(default_factory=list)
    more_prices: Callable[[Instrument], Decimal | None] = lambda instrument: None
    entries: dict[str, Entry] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    # -- what brokers ask of it --------------------------------------------------------------------

    def take(
        self,
        instrument: Instrument,
        side: Side,
        order_type: OrderType,
        quantity: Decimal,
        *,
        price: Decimal | None = None,
        trigger: Decimal | None = None,
        reference: str = "",
        product: str = "",
        validity: str = "",
        more: Mapping[str, str] | None = None,
    ) -> Entry:
        """A new order; what it can meet at once it meets."""
        with self.lock:
            if len(self.entries) >= MOST_ORDERS:
                raise OverflowError("the simulated broker holds no more orders")
            entry = Entry(
                self.numbered(next(self._numbers)), reference, instrument, side, order_type,
                quantity, price, trigger, product, validity, self.now(), updated_at=self.now(),
                more=dict(more or {}),
            )  # fmt: skip
            if trigger is not None:
                entry.standing = Standing.WAITING
            self.entries[entry.order_id] = entry
            self._tell(entry)
            self._meet(entry)
            return entry

    def change(
        self,
        entry: Entry,
        *,
        quantity: Decimal,
        price: Decimal | None,
        trigger: Decimal | None,
        order_type: OrderType | None = None,
    ) -> None:
        """New terms for a live order. Raises ValueError: it is not live, or more is filled."""
        with self.lock:
            if not entry.standing.is_live or quantity <= entry.filled:
                raise ValueError("the order cannot be changed any more")
            entry.quantity, entry.price, entry.trigger = quantity, price, trigger
            entry.order_type = order_type or entry.order_type
            entry.changes += 1
            entry.updated_at = self.now()
            self._tell(entry)
            self._meet(entry)

    def cancel(self, entry: Entry) -> None:
        """Raises ValueError: it is not live."""
        with self.lock:
            if not entry.standing.is_live:
                raise ValueError("the order cannot be cancelled any more")
            self.end(entry, Standing.CANCELLED)

    def held(self) -> list[Held]:
        """One row for each instrument and product that was traded."""
        found: dict[tuple[str, str], Held] = {}
        with self.lock:
            for trade in self.trades:
                entry, value = trade.entry, trade.quantity * trade.price
                key = (entry.instrument.key, entry.product)
                b, s, bv, sv = _sums(found.get(key))
                if entry.side is Side.BUY:
                    b, bv = b + trade.quantity, bv + value
                else:
                    s, sv = s + trade.quantity, sv + value
                found[key] = Held(entry.instrument, entry.product, b, s, bv, sv)
        return list(found.values())

    def blocked(self) -> Decimal:
        """Money that live buys hold back."""
        with self.lock:
            return sum(
                (e.leaves * (e.price or self.price(e.instrument)) for e in self.entries.values()
                 if e.side is Side.BUY and e.standing.is_live),
                Decimal(0),
            )  # fmt: skip

    def used(self) -> Decimal:
        """Money that live buys hold back, and that what is open today has cost."""
        open_ = (one.buy_value - one.sell_value for one in self.held() if one.quantity > 0)
        return self.blocked() + sum(open_, Decimal(0))

    def price(self, instrument: Instrument) -> Decimal:
        """100 where nobody set one."""
        return self._last(instrument) or Decimal(100)

    # -- what tests and people do to it ------------------------------------------------------------

    def fill(self, entry: Entry, quantity: Decimal, price: Decimal) -> Trade:
        """Fill some of a live order, at a price of the caller's choice."""
        with self.lock:
            assert 0 < quantity <= entry.leaves, "no such quantity is left"  # noqa: S101
            value = entry.average * entry.filled + price * quantity
            entry.filled += quantity
            entry.average = value / entry.filled
            entry.updated_at = self.now()
            if entry.filled == entry.quantity:
                entry.standing = Standing.FILLED
            elif entry.standing is Standing.RECEIVED:
                entry.standing = Standing.OPEN
            trade = Trade(f"T{len(self.trades) + 1:08d}", entry, quantity, price, self.now())
            self.trades.append(trade)
            self._tell(entry)
            return trade

    def end(self, entry: Entry, standing: Standing, words: str = "") -> None:
        """Reject it, let it expire, cancel it as somebody elsewhere would."""
        with self.lock:
            entry.standing, entry.words, entry.updated_at = standing, words, self.now()
            self._tell(entry)

    def look(self) -> None:
        """Let every live order meet the prices of now; for prices that move by themselves."""
        with self.lock:
            for entry in list(self.entries.values()):
                if entry.standing.is_live:
                    self._meet(entry)

    def move(self, instrument: Instrument, price: Decimal) -> None:
        """The market goes there; triggers and limits that this meets are met."""
        with self.lock:
            self.prices[instrument.key] = price
            for entry in list(self.entries.values()):
                if entry.instrument.key == instrument.key:
                    self._meet(entry)

    def referring(self, reference: str) -> list[Entry]:
        """All orders that came with this reference: a doubled order is two."""
        return [entry for entry in self.entries.values() if entry.reference == reference]

    # -- parts -------------------------------------------------------------------------------------

    def _meet(self, entry: Entry) -> None:
        last = self._last(entry.instrument)
        if last is None:
            return
        if entry.standing is Standing.WAITING and entry.trigger is not None:
            rising = entry.side is Side.BUY
            if (last >= entry.trigger) if rising else (last <= entry.trigger):
                entry.standing = Standing.OPEN
        if entry.standing is not Standing.OPEN or self.rests:
            return
        limit = entry.price
        meets = limit is None or (last <= limit if entry.side is Side.BUY else last >= limit)
        if meets and entry.leaves:
            self.fill(entry, entry.leaves, last)

    def _last(self, instrument: Instrument) -> Decimal | None:
        last = self.prices.get(instrument.key)
        return self.more_prices(instrument) if last is None else last

    def _tell(self, entry: Entry) -> None:
        for watcher in self.watchers:
            watcher(entry)


def _sums(held: Held | None) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    if held is None:
        return Decimal(0), Decimal(0), Decimal(0), Decimal(0)
    return held.bought, held.sold, held.buy_value, held.sell_value
