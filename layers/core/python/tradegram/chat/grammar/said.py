"""What the parts of an order text say, before anybody asks whether it can be traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from tradegram.chat.asked import Unit
from tradegram.model import Instrument, Kind, OrderType, Product, TimeInForce


class Measure(Enum):
    """What a quantity counts. BARE: a number alone, which counts units."""

    BARE = "bare"
    UNITS = "units"
    LOTS = "lots"
    MONEY = "money"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Amount:
    """How much. mark: `₹` or `$` when it is money."""

    value: Decimal
    measure: Measure
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """Money per unit. mark: `₹` or `$`, or nothing when no currency was said."""

    value: Decimal
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """A stop or a target. sign: `+` or `-` when one was typed."""

    value: Decimal
    unit: Unit
    sign: str = ""
    mark: str = ""


class Market(Enum):
    PROTECTED = "protected"
    PLAIN = "plain"


class Which(Enum):
    """How an expiry was said."""

    DATE = "date"
    MONTH = "month"
    WEEKLY = "weekly"
    NEXT_WEEK = "next week"
    MONTHLY = "monthly"
    NEXT_MONTH = "next month"


@dataclass(frozen=True, slots=True)
class Expiry:
    """day and month: 0 when not said. year: four digits, 0 when not said."""

    which: Which
    day: int = 0
    month: int = 0
    year: int = 0


@dataclass(frozen=True, slots=True)
class Strike:
    price: Decimal
    kind: Kind


@dataclass(frozen=True, slots=True)
class Name:
    """
    Words that the master knows.

    instruments: everything called so, derivatives only where their own symbol was typed.
    expiry, strike, future: what a compact form (`BANKNIFTY26NOVFUT`) says besides.
    """

    words: str
    instruments: tuple[Instrument, ...]
    expiry: Expiry | None = None
    strike: Strike | None = None
    future: bool = False


@dataclass(frozen=True, slots=True)
class AccountSaid:
    """`#main`, `#wife:2` with its weight, `#wife=2lots` with what it takes; 0, None: not said."""

    name: str
    weight: int = 0
    amount: Amount | None = None


Spans = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Parse:
    """
    One way to take every word of a text for some part of an order. None or "": not said.

    spans: where each part stands, as first and last-but-one token, by the field's name.
    """

    name: Name | None = None
    quantity: Amount | None = None
    price: Price | None = None
    market: Market | None = None
    stop_type: OrderType | None = None
    trigger: Price | None = None
    stop_loss: Away | None = None
    target: Away | None = None
    trail: Away | None = None
    product: Product | None = None
    time_in_force: TimeInForce | None = None
    venue: str = ""
    accounts: tuple[AccountSaid, ...] = ()
    each: bool = False
    note: str = ""
    strike: Strike | None = None
    expiry: Expiry | None = None
    future: bool = False
    spans: Spans = field(default_factory=dict, compare=False)

    @property
    def is_contract(self) -> bool:
        """A future or an option was asked for in words."""
        return self.future or self.strike is not None
