"""What open paper orders may still take from the account: units offered, money to keep aside."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradegram.brokers.paper.account import Life
from tradegram.brokers.paper.ledger import ZERO
from tradegram.brokers.paper.margin import Claim
from tradegram.brokers.paper.order import PaperOrder, Progress, filled
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import OrderIntent, Side


def claims(lives: Iterable[Life], feed: SimulatedQuotes, at: float) -> list[Claim]:
    """One for each order that still works, at the terms it has now."""
    made = list[Claim]()
    for order, progress in lives:
        rest = leaves(order, progress)
        if rest > 0:
            price = progress.terms.price or progress.terms.trigger
            made.append(_claim(order.intent, rest, price, feed, at))
    return made


def claim(intent: OrderIntent, feed: SimulatedQuotes, at: float) -> Claim:
    """Of an order that is yet to be placed."""
    return _claim(intent, intent.quantity, intent.price or intent.trigger, feed, at)


def _claim(
    intent: OrderIntent, rest: Decimal, price: Decimal | None, feed: SimulatedQuotes, at: float
) -> Claim:
    """At its limit or trigger; a market order at the price it would meet."""
    if price is None:
        look = feed.look(intent.instrument, at)
        price = (look.ask if intent.side is Side.BUY else look.bid) * intent.instrument.tick_size
    return Claim(intent.instrument, intent.product, intent.side, rest, price)


def selling(intent: OrderIntent, lives: Iterable[Life]) -> Decimal:
    """Units of the same instrument and product that open sales already offer."""
    offered = (
        leaves(order, progress)
        for order, progress in lives
        if order.intent.side is Side.SELL
        and order.intent.instrument.key == intent.instrument.key
        and order.intent.product is intent.product
    )
    return sum(offered, ZERO)


def leaves(order: PaperOrder, progress: Progress) -> Decimal:
    """Units that may still fill."""
    if progress.ended:
        return ZERO
    if not progress.executions:
        return progress.terms.quantity
    return max(progress.terms.quantity - filled(order, progress.executions)[0], ZERO)
