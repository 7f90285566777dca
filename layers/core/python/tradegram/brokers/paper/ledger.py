"""
What the fills of a paper account add up to: stakes, profit and loss, money.

Average cost, not first-in-first-out: a sale realises (price - average), and the average of what
is left does not change. Fills are added in the order of their times, whoever adds them.

What was bought for delivery is a position on its day and a holding from the next; a sale takes
from the day's purchases first. Days begin at 06:00 in Mumbai, when no exchange is in session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal

from tradegram.brokers.paper.order import Execution, PaperOrder, filled
from tradegram.copies import replace
from tradegram.market.charges import estimate
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Fill, Instrument, Product, Side

ZERO = Decimal(0)
DAY = 86_400.0
DAY_BEGINS = 1_800.0  # seconds after midnight UTC: 06:00 in Mumbai
LAST_PRICE = time(10, 0, tzinfo=UTC)  # 15:30 in Mumbai: where an expiring contract is settled
SETTLED = time(18, 30, tzinfo=UTC)  # and midnight, after which it is


def day_of(t: float) -> int:
    return int((t - DAY_BEGINS) // DAY)


def day_began(t: float) -> float:
    return day_of(t) * DAY + DAY_BEGINS


@dataclass(frozen=True, slots=True)
class Stake:
    """
    What the account has of one instrument under one product.

    quantity:  units, negative when short; for delivery, of this day's trading only.
    average:   per unit of quantity. realised: on `day`, before charges.
    held:      units delivered on earlier days, bought at held_average.
    day:       when realised was last reset; see day_of.
    """

    instrument: Instrument
    product: Product
    day: int
    quantity: Decimal = ZERO
    average: Decimal = ZERO
    realised: Decimal = ZERO
    held: Decimal = ZERO
    held_average: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Money:
    """Since the account began, in one currency."""

    realised: Decimal = ZERO
    charges: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Ledger:
    """stakes: by stake_key. money: by currency."""

    stakes: Mapping[str, Stake] = field(default_factory=dict[str, Stake])
    money: Mapping[str, Money] = field(default_factory=dict[str, Money])


def stake_key(instrument: Instrument, product: Product) -> str:
    return f"{instrument.key}|{product}"


def fills(order: PaperOrder, executions: tuple[Execution, ...], first: int = 0) -> list[Fill]:
    """The order's fills from number `first` on; each bears what it adds to the order's charges."""
    intent, made = order.intent, list[Fill]()
    if first >= len(executions):
        return made
    before = charged(order, executions[:first])
    for number, one in enumerate(executions[first:], start=first):
        after = charged(order, executions[: number + 1])
        made.append(
            Fill(
                trade_id=f"{order.broker_order_id}-{number + 1}",
                broker_order_id=order.broker_order_id,
                client_order_id=intent.wire_id or intent.client_order_id,
                instrument=intent.instrument,
                side=intent.side,
                product=intent.product,
                quantity=one.lots * intent.instrument.lot_size,
                price=one.ticks * intent.instrument.tick_size,
                at=one.at,
                charges=after - before,
            )
        )
        before = after
    return made


def charged(order: PaperOrder, executions: tuple[Execution, ...]) -> Decimal:
    """Charges of so much of an order. Brokerage is per order, so parts are not simply added."""
    quantity, price = filled(order, executions)
    if not quantity:
        return ZERO
    intent = order.intent
    return estimate(intent.instrument, intent.side, intent.product, quantity, price).total


def traded(
    quantity: Decimal, average: Decimal, change: Decimal, price: Decimal
) -> tuple[Decimal, Decimal, Decimal]:
    """Quantity and average after trading `change` signed units, and points x units realised."""
    after = quantity + change
    if quantity == 0 or (quantity > 0) == (change > 0):
        return after, (quantity * average + change * price) / after if after else ZERO, ZERO
    closed = -change if abs(change) <= abs(quantity) else quantity
    realised = (price - average) * closed
    if after == 0:
        return ZERO, ZERO, realised
    return after, (average if (after > 0) == (quantity > 0) else price), realised


def add(ledger: Ledger, fill: Fill) -> Ledger:
    """The ledger with one more fill, which must not be older than those in it."""
    key = stake_key(fill.instrument, fill.product)
    stake = ledger.stakes.get(key) or Stake(fill.instrument, fill.product, day_of(fill.at))
    stake = of_day(stake, day_of(fill.at))
    after = _traded(stake, fill.quantity if fill.side is Side.BUY else -fill.quantity, fill.price)
    gain = after.realised - stake.realised
    return _booked(ledger, key, after, gain, fill.charges)


def of_day(stake: Stake, day: int) -> Stake:
    """The stake when a later day begins: realised starts anew, purchases have been delivered."""
    if day <= stake.day:
        return stake
    stake = replace(stake, day=day, realised=ZERO)
    if stake.product is not Product.DELIVERY or not stake.quantity:
        return stake
    held, average, _ = traded(stake.held, stake.held_average, stake.quantity, stake.average)
    return replace(stake, quantity=ZERO, average=ZERO, held=held, held_average=average)


def opened(ledger: Ledger, t: float, feed: SimulatedQuotes) -> Ledger:
    """The ledger at time t: expired contracts settled, the day's figures those of its day."""
    day = day_of(t)
    for key, stake in list(ledger.stakes.items()):
        ledger = _settled(ledger, key, stake, t, feed)
    alive = {
        key: of_day(stake, day)
        for key, stake in ledger.stakes.items()
        if stake.quantity or stake.held or stake.day == day
    }
    return replace(ledger, stakes=alive)


def _settled(ledger: Ledger, key: str, stake: Stake, t: float, feed: SimulatedQuotes) -> Ledger:
    """An expired contract is worth its last price in money; nothing is delivered on paper."""
    expiry = stake.instrument.expiry
    if expiry is None or not stake.quantity:
        return ledger
    settled_at = datetime.combine(expiry, SETTLED).timestamp()
    if t < settled_at:
        return ledger
    stake = of_day(stake, day_of(settled_at))
    price = feed.at(stake.instrument, datetime.combine(expiry, LAST_PRICE).timestamp()).last
    after = _traded(stake, -stake.quantity, price)
    return _booked(ledger, key, after, after.realised - stake.realised, ZERO)


def _booked(ledger: Ledger, key: str, stake: Stake, gain: Decimal, charges: Decimal) -> Ledger:
    currency = stake.instrument.currency
    money = ledger.money.get(currency) or Money()
    money = Money(money.realised + gain, money.charges + charges)
    return Ledger({**ledger.stakes, key: stake}, {**ledger.money, currency: money})


def _traded(stake: Stake, change: Decimal, price: Decimal) -> Stake:
    now, later = change, ZERO
    if change < 0 and stake.product is Product.DELIVERY:
        now = -min(-change, stake.quantity)
        later = change - now
    gain = ZERO
    if now:
        quantity, average, gain = traded(stake.quantity, stake.average, now, price)
        stake = replace(stake, quantity=quantity, average=average)
    if later:
        held, average, more = traded(stake.held, stake.held_average, later, price)
        stake, gain = replace(stake, held=held, held_average=average), gain + more
    return replace(stake, realised=stake.realised + gain * stake.instrument.multiplier)
