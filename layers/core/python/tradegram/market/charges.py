"""
What an order costs beside its price. Estimates: a contract note decides.

The rates are a dated table, one row per segment. Left out, because they do not belong to one
order: depository fees on a sale out of holdings, interest, and physical settlement.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from tradegram.model import Charges, Instrument, Kind, Product, Side

ZERO = Decimal(0)
CENT = Decimal("0.01")
COIN_CENT = Decimal("0.00000001")
GST = Decimal("0.18")  # on brokerage, exchange and regulator fees
SEBI = Decimal("0.000001")  # 10 rupees per crore
ABROAD = frozenset({"NASDAQ", "NYSE", "OPRA"})


class Segment(StrEnum):
    DELIVERY = "delivery"
    INTRADAY = "intraday"
    ETF_DELIVERY = "ETF delivery"
    FUTURES = "futures"
    OPTIONS = "options"
    COMMODITY_FUTURES = "commodity futures"
    COMMODITY_OPTIONS = "commodity options"


@dataclass(frozen=True, slots=True)
class Rates:
    """
    Fractions of the turnover (of the premium, for options).

    brokerage, at_most: of one order; a brokerage of 1 makes at_most a flat fee. tax_buy,
    tax_sell: STT, on commodities CTT. stamp: on purchases.
    """

    brokerage: Decimal
    at_most: Decimal
    tax_buy: Decimal
    tax_sell: Decimal
    exchange: Decimal
    stamp: Decimal


def _percent(text: str) -> Decimal:
    return Decimal(text) / 100


def _rates(at_most: str, tax_buy: str, tax_sell: str, exchange: str, stamp: str) -> Rates:
    """Rates in percent. Brokerage: 0.03 %, at most the given rupees."""
    return Rates(
        _percent("0.03"),
        Decimal(at_most),
        _percent(tax_buy),
        _percent(tax_sell),
        _percent(exchange),
        _percent(stamp),
    )


# Source: price lists of discount brokers as published in 2026 (futures and options with the STT in
# force since 2026-04-01, NSE fees with the investor protection fund merged in). MCX fees and CTT
# from lists of 2025. BSE, whose fees differ by scrip group, is charged like NSE. Check these
# against a contract note before relying on them.
INDIA = {
    Segment.DELIVERY: _rates("0", "0.1", "0.1", "0.00307", "0.015"),
    Segment.INTRADAY: _rates("20", "0", "0.025", "0.00307", "0.003"),
    # Units of funds: 0.001 % when sold, none when bought.
    Segment.ETF_DELIVERY: _rates("0", "0", "0.001", "0.00307", "0.015"),
    Segment.FUTURES: _rates("20", "0", "0.05", "0.00183", "0.002"),
    Segment.OPTIONS: _rates("20", "0", "0.15", "0.03553", "0.003"),
    Segment.COMMODITY_FUTURES: _rates("20", "0", "0.01", "0.0021", "0.002"),
    Segment.COMMODITY_OPTIONS: _rates("20", "0", "0.05", "0.0418", "0.003"),
}
FLAT = frozenset({Segment.OPTIONS, Segment.COMMODITY_OPTIONS})

# The usual fees of the first tier.
COIN_FEES = {Kind.COIN: Decimal("0.001"), Kind.PERPETUAL: Decimal("0.0005")}
# Futures, options and currencies that only Interactive Brokers trades: by contract, with minima.
UNKNOWN = frozenset({"OPRA", "CME", "CBOT", "NYMEX", "COMEX", "IDEALPRO"})
# Regulators' fees on sales of US shares: SEC fee per dollar, FINRA TAF per share. Check yearly.
SEC_FEE = Decimal("0.0000278")
TAF = Decimal("0.000166")
TAF_AT_MOST = Decimal("8.30")


def estimate(
    instrument: Instrument, side: Side, product: Product, quantity: Decimal, price: Decimal
) -> Charges:
    """Charges of one order that fills `quantity` units at `price`, in the instrument's currency."""
    turnover = quantity * price * instrument.multiplier
    if instrument.exchange in UNKNOWN:
        return Charges({})  # the broker's own preview says them
    if instrument.kind in COIN_FEES:
        return Charges({"fee": _cents(turnover * COIN_FEES[instrument.kind], COIN_CENT)})
    if instrument.exchange in ABROAD:
        return Charges(_abroad(side, quantity, turnover))
    return Charges(_india(segment(instrument, product), side, turnover))


def segment(instrument: Instrument, product: Product) -> Segment:
    """Which row of the Indian table applies."""
    kind, commodity = instrument.kind, instrument.exchange == "MCX"
    if kind is Kind.FUTURE:
        return Segment.COMMODITY_FUTURES if commodity else Segment.FUTURES
    if kind.is_option:
        return Segment.COMMODITY_OPTIONS if commodity else Segment.OPTIONS
    if product is Product.INTRADAY:
        return Segment.INTRADAY
    return Segment.ETF_DELIVERY if kind is Kind.ETF else Segment.DELIVERY


def _india(where: Segment, side: Side, turnover: Decimal) -> dict[str, Decimal]:
    rates, buys = INDIA[where], side is Side.BUY
    brokerage = rates.at_most if where in FLAT else min(turnover * rates.brokerage, rates.at_most)
    exchange, sebi = turnover * rates.exchange, turnover * SEBI
    tax = turnover * (rates.tax_buy if buys else rates.tax_sell)
    parts = {
        "brokerage": _cents(brokerage),
        # Taxes of the state are rounded to the whole rupee on the contract note; not here, so
        # that small orders are not shown as free.
        "CTT" if where.startswith("commodity") else "STT": _cents(tax),
        "exchange": _cents(exchange),
        "SEBI": _cents(sebi),
        "stamp duty": _cents(turnover * rates.stamp) if buys else ZERO,
        "GST": _cents((brokerage + exchange + sebi) * GST),
    }
    return {name: amount for name, amount in parts.items() if amount}


def _abroad(side: Side, quantity: Decimal, turnover: Decimal) -> dict[str, Decimal]:
    if side is Side.BUY:
        return {}
    parts = {
        "SEC fee": _cents(turnover * SEC_FEE),
        "TAF": _cents(min(quantity * TAF, TAF_AT_MOST)),
    }
    return {name: amount for name, amount in parts.items() if amount}


def _cents(amount: Decimal, unit: Decimal = CENT) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)
