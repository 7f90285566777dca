"""What trades cost where the broker does not say: our estimate, order by order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from tradegram.history.fifo import product_of
from tradegram.history.trade import Trade, exchange_of, symbol_of
from tradegram.market.charges import estimate
from tradegram.model import Instrument

ONE = Decimal(1)


def with_charges(trades: Iterable[Trade]) -> Sequence[Trade]:
    """
    The same trades; those of unknown cost bear their share of the estimate of their order.

    By order, because brokerage is charged once per order, however many trades it took.
    """
    orders: dict[tuple[str, ...], list[Trade]] = {}
    done: list[Trade] = []
    for trade in trades:
        if trade.charges is not None:
            done.append(trade)
        else:
            whose = trade.broker_order_id or trade.trade_id
            orders.setdefault((str(trade.day), trade.instrument, trade.side, whose), []).append(
                trade
            )
    for own in orders.values():
        done += _shared(own)
    return done


def _shared(trades: Sequence[Trade]) -> Iterable[Trade]:
    quantity = sum((trade.quantity for trade in trades), Decimal(0))
    value = sum((trade.price * trade.quantity for trade in trades), Decimal(0))
    first = trades[0]
    whole = estimate(
        _instrument(first), first.side, product_of(first), quantity, value / quantity
    ).total
    for trade in trades:
        yield replace(trade, charges=whole * (trade.price * trade.quantity) / value)


def _instrument(trade: Trade) -> Instrument:
    """As much of it as an estimate of charges asks for: it may have expired from the master."""
    return Instrument(
        exchange_of(trade), symbol_of(trade), trade.kind, symbol_of(trade), ONE, ONE,
        currency=trade.currency, multiplier=trade.multiplier,
    )  # fmt: skip
