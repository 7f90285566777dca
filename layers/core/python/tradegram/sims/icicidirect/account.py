"""What the simulated customer has. Money is used by segments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.brokers.icicidirect.dialect import SEGMENTS
from tradegram.brokers.indian import written
from tradegram.model import Side
from tradegram.sims.icicidirect.state import Breeze
from tradegram.sims.wire import Asked

Row = dict[str, Any]
NAMES = ("equity", "fno", "commodity", "currency")


def positions(breeze: Breeze, asked: Asked) -> list[Row]:
    rows = []
    for held in breeze.floor.held():
        one, last = held.instrument, breeze.floor.price(held.instrument)
        side = "Buy" if held.quantity > 0 else "Sell" if held.quantity else "NA"
        total = held.sell_value - held.buy_value + held.quantity * last
        rows.append(
            {
                "segment": SEGMENTS[one.exchange],
                "product_type": held.product.title(),
                "exchange_code": one.exchange,
                "stock_code": breeze.code(one),
                "expiry_date": written(one.expiry) if one.expiry else None,
                "strike_price": f"{one.strike or 0:f}",
                "right": {"C": "Call", "P": "Put"}.get(one.kind.value[0], "Others"),
                "action": side,
                "quantity": f"{abs(held.quantity):f}",
                "average_price": f"{held.average:f}",
                "ltp": f"{last:f}",
                "pnl": f"{total:f}" if not held.quantity else None,
            }
        )
    return rows


def holdings(breeze: Breeze, asked: Asked) -> list[Row]:
    return [
        {
            "stock_code": breeze.code(each.instrument),
            "stock_ISIN": "INE000000000",
            "quantity": f"{each.quantity:f}",
            "demat_total_bulk_quantity": f"{each.quantity:f}",
            "demat_avail_quantity": f"{each.quantity:f}",
            "blocked_quantity": "0",
            "demat_allocated_quantity": "0",
        }
        for each in breeze.floor.stored
    ]


def portfolio(breeze: Breeze, asked: Asked) -> list[Row]:
    return [
        {
            "stock_code": breeze.code(each.instrument),
            "exchange_code": each.instrument.exchange,
            "quantity": f"{each.quantity:f}",
            "average_price": f"{each.average:f}",
            "current_market_price": f"{breeze.floor.price(each.instrument):f}",
        }
        for each in breeze.floor.stored
    ]


def funds(breeze: Breeze, asked: Asked) -> Row:
    said: Row = {"bank_account": "123456789012", "unallocated_balance": "0"}
    for segment in NAMES:
        said[f"allocated_{segment}"] = float(_allocated(breeze, segment))
        said[f"block_by_trade_{segment}"] = float(_used(breeze, segment))
    return said


def margin(breeze: Breeze, asked: Asked) -> Row:
    rows = asked.json["list_of_positions"]
    value = sum((Decimal(row["quantity"]) * Decimal(row["price"]) for row in rows), Decimal(0))
    return {
        "margin_calulation": rows,
        "non_span_margin_required": "0",
        "order_value": f"{value:f}",
        "order_margin": "0",
        "span_margin_required": f"{value / 5:f}",
    }


def free(breeze: Breeze, segment: str) -> Decimal:
    return _allocated(breeze, segment) - _used(breeze, segment)


def _allocated(breeze: Breeze, segment: str) -> Decimal:
    """All of it to shares, until somebody says otherwise."""
    where = breeze.allocated or {"equity": breeze.floor.cash}
    return where.get(segment, Decimal(0))


def _used(breeze: Breeze, segment: str) -> Decimal:
    floor = breeze.floor
    blocked = (
        one.leaves * (one.price or floor.price(one.instrument))
        for one in floor.entries.values()
        if one.side is Side.BUY
        and one.standing.is_live
        and SEGMENTS[one.instrument.exchange] == segment
    )
    cost = (
        one.buy_value - one.sell_value
        for one in floor.held()
        if one.quantity > 0 and SEGMENTS[one.instrument.exchange] == segment
    )
    return sum(blocked, Decimal(0)) + sum(cost, Decimal(0))
