"""What an order text asks for: one `Asked` per legal reading of it. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from tradegram.model import Instrument, OrderType, Product, Side, TimeInForce


class Unit(Enum):
    PRICE = "price"  # money per unit
    PERCENT = "percent"  # of the entry price; 1.5 means 1.5 %
    POINTS = "points"  # money per unit, away from the entry price


@dataclass(frozen=True, slots=True)
class Level:
    """A stop or a target as typed: `sl 2900`, `sl 2%`, `sl -40`."""

    value: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class AskedShare:
    """
    `#main`, `#wife:2`, `#wife=3lots`: an account, or a group of them, and its part of the order.

    name:     after #; also all, best, or a group. weight: parts of the whole, 0 when not said.
    quantity: units of its own; then every share has one.
    """

    name: str
    weight: int = 0
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One legal reading of an order text. What was not said is None, and stays so until a person or
    a rule of `tickets` fills it; nothing here is a guess.

    Of quantity (units), money (to be divided by the price and floored to lots) and percent (of
    the free balance for a BUY, of what is held for a SELL) at most one is given.
    account: the name after #. shares: where several accounts, weights or quantities of their own
    are said; account is "" then. each: the quantity is for every account, not for all together.
    label: how this reading is offered on a button, plain text.
    read_as: what the words were taken for when that is not plain, e.g. "NIFTYBEES ETF".
    closes: it is an exit, and must never sell or buy more than is open.
    trail: how far its stop follows the best price, in points or percent.
    strategy, confidence: of the signal that asks, if one does; confidence from 0 to 1.
    """

    instrument: Instrument
    side: Side
    quantity: Decimal | None = None
    money: Decimal | None = None
    percent: Decimal | None = None
    order_type: OrderType | None = None
    price: Decimal | None = None
    trigger: Decimal | None = None
    stop_loss: Level | None = None
    target: Level | None = None
    product: Product | None = None
    time_in_force: TimeInForce | None = None
    plain_market: bool = False
    account: str = ""
    shares: tuple[AskedShare, ...] = ()
    each: bool = False
    note: str = ""
    label: str = ""
    read_as: str = ""
    needs_second_confirm: bool = False
    closes: bool = False
    trail: Level | None = None
    strategy: str = ""
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Another text that would be understood: shown as a button that says it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Readings:
    """
    Every legal reading of one order text.

    One reading: a ticket. Several: buttons, with `question` above them. None: `question` says
    what was not understood and why, `offers` are the nearest texts that would be.
    may_remember: choosing one may be remembered for these words (never for derivatives).
    wants_quantity: nothing but the quantity is missing, and one thing is meant.
    """

    source_text: str
    readings: tuple[Asked, ...] = ()
    question: str = ""
    offers: tuple[Offer, ...] = ()
    may_remember: str = ""
    wants_quantity: bool = False
