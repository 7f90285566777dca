"""Positions, holdings, money and margins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha.rows import holding_row, position_row
from tradegram.sims.zerodha.state import Kite, No, done

# What an order blocks, of its value.
MARGIN = {"CNC": Decimal(1), "MIS": Decimal("0.2"), "NRML": Decimal("0.2"), "MTF": Decimal("0.4")}


def profile(kite: Kite, asked: Asked) -> Said:
    return done({"user_id": kite.user, "user_name": "Simulated Customer", "broker": "ZERODHA"})


def positions(kite: Kite, asked: Asked) -> Said:
    rows = [position_row(kite, held) for held in kite.floor.held()]
    return done({"net": rows, "day": rows})


def holdings(kite: Kite, asked: Asked) -> Said:
    return done([holding_row(kite, stored) for stored in kite.floor.stored])


def margins(kite: Kite, asked: Asked) -> Said:
    used = kite.floor.used()
    equity = _segment(kite.floor.cash - used, used)
    return done({"equity": equity, "commodity": {**_segment(Decimal(0), Decimal(0))}})


def margin_of(kite: Kite, asked: Asked, what: str) -> Said:
    rows = [_margin(kite, order) for order in asked.json]
    if what == "orders":
        return done(rows)
    total = sum(row["total"] for row in rows)
    return done({"initial": {"total": total}, "final": {"total": total}, "orders": rows})


def _margin(kite: Kite, order: dict[str, Any]) -> dict[str, Any]:
    instrument = kite.stock.find(f"{order['exchange']}:{order['tradingsymbol']}")
    if instrument is None or order["product"] not in MARGIN:
        raise No(400, "InputException", "Invalid order.")
    price = Decimal(str(order["price"])) or kite.floor.price(instrument)
    value = Decimal(str(order["quantity"])) * price
    total = float(value * MARGIN[order["product"]])
    return {"type": "equity", "tradingsymbol": instrument.symbol, "total": total, "var": total}


def _segment(free: Decimal, used: Decimal) -> dict[str, Any]:
    return {
        "enabled": True,
        "net": float(free),
        # Seen as 0 on accounts that were funded.
        "available": {"cash": 0, "live_balance": float(free), "collateral": 0},
        "utilised": {"debits": float(used), "span": 0, "exposure": 0, "option_premium": 0},
    }
