"""
What a paper account must keep aside. Simple shares of the value, near what brokers ask.

Of an instrument's open orders, only one side can make things worse at a time: the account keeps
aside the more expensive of "all purchases fill" and "all sales fill".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tradegram.brokers.paper.ledger import ZERO, Stake, stake_key, traded
from tradegram.model import Instrument, Kind, Product, Side

# Shares of the contract or share value; estimates (SPAN and exposure differ by contract and day).
INTRADAY = Decimal("0.20")
FUTURES = Decimal("0.13")
SHORT_OPTIONS = Decimal("0.12")  # of the strike's value, beside the premium


@dataclass(frozen=True, slots=True)
class Claim:
    """What may still fill of an open order: units at a price per unit."""

    instrument: Instrument
    product: Product
    side: Side
    quantity: Decimal
    price: Decimal


def margin(instrument: Instrument, product: Product, quantity: Decimal, price: Decimal) -> Decimal:
    """Money kept aside for `quantity` signed units at `price`."""
    value = abs(quantity) * price * instrument.multiplier
    if instrument.kind is Kind.FUTURE:
        return value * FUTURES
    if instrument.kind.is_option:
        if quantity > 0:
            return value
        notional = abs(quantity) * (instrument.strike or price) * instrument.multiplier
        return notional * SHORT_OPTIONS + value
    if product is Product.INTRADAY:
        return value * INTRADAY
    return value if quantity > 0 else ZERO


def used(stakes: Mapping[str, Stake], claims: Iterable[Claim]) -> dict[str, Decimal]:
    """Money kept aside in all, by currency."""
    bought, sold = dict[str, Claim](), dict[str, Claim]()
    for claim in gathered(claims):
        side = bought if claim.side is Side.BUY else sold
        side[stake_key(claim.instrument, claim.product)] = claim
    total = dict[str, Decimal]()
    for key in {**stakes, **bought, **sold}:
        stake, buys, sells = stakes.get(key), bought.get(key), sold.get(key)
        some = stake or buys or sells
        if some is None:
            continue
        kept = max(_if_filled(stake, buys), _if_filled(stake, sells))
        total[some.instrument.currency] = total.get(some.instrument.currency, ZERO) + kept
    return total


def gathered(claims: Iterable[Claim]) -> list[Claim]:
    """One for each instrument, product and side, at the average of their prices."""
    found = dict[tuple[str, Product, Side], Claim]()
    for claim in claims:
        key = claim.instrument.key, claim.product, claim.side
        found[key] = _together(found[key], claim) if key in found else claim
    return list(found.values())


def _together(one: Claim, other: Claim) -> Claim:
    quantity = one.quantity + other.quantity
    value = one.quantity * one.price + other.quantity * other.price
    return Claim(one.instrument, one.product, one.side, quantity, value / quantity)


def _if_filled(stake: Stake | None, claim: Claim | None) -> Decimal:
    quantity, average = (stake.quantity, stake.average) if stake else (ZERO, ZERO)
    kept = ZERO
    if stake is not None:
        kept = margin(stake.instrument, stake.product, stake.held, stake.held_average)
    some = claim or stake
    if some is None:
        return ZERO
    if claim is not None and claim.quantity:
        if claim.product is Product.DELIVERY and claim.side is Side.SELL:
            return kept + margin(some.instrument, some.product, quantity, average)
        change = claim.quantity if claim.side is Side.BUY else -claim.quantity
        quantity, average, _ = traded(quantity, average, change, claim.price)
    return kept + margin(some.instrument, some.product, quantity, average) if quantity else kept
