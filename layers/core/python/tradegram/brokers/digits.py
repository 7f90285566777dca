"""Numbers and prices as brokers' JSON has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

NO_LEVEL = {"price": 0, "quantity": 0}


def money(number: Any) -> Decimal:
    """From JSON's number or a string, digit by digit. Raises ArithmeticError."""
    return Decimal(str(number))


def best(depth: Mapping[str, Sequence[Mapping[str, Any]]] | None) -> dict[str, Decimal]:
    """Of a `Quote`. depth: levels by `buy` and `sell`, the best first; none of what is an index."""
    levels = depth or {"buy": [], "sell": []}
    buy, sell = (next(iter(levels[side]), NO_LEVEL) for side in ("buy", "sell"))
    return {
        "bid": money(buy["price"]),
        "ask": money(sell["price"]),
        "bid_size": money(buy["quantity"]),
        "ask_size": money(sell["quantity"]),
    }


def of_day(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """Of a `Quote`. row: with `open`, `high`, `low`, and `close` for that of the day before."""
    return {
        "open": money(row["open"]),
        "high": money(row["high"]),
        "low": money(row["low"]),
        "previous_close": money(row["close"]),
    }
