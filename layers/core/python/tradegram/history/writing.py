"""Trades and closed lots as CSV for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from tradegram.history.fifo import Closed, product_of
from tradegram.history.trade import IST, Trade

CENT = Decimal("0.01")
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "@", "\t", "\r")

TRADES = (
    "account", "time", "date", "instrument", "side", "quantity", "price", "value", "charges",
    "product", "trade_id", "order_id", "source",
)  # fmt: skip
CLOSED = (
    "account", "instrument", "product", "quantity", "bought", "buy_price", "sold", "sell_price",
    "realised", "charges", "net",
)  # fmt: skip


def csv_file(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """With a byte order mark, by which spreadsheets know that it is UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def cents(value: Decimal) -> Decimal:
    """Rounded half up, only here and only for show."""
    return value.quantize(CENT, ROUND_HALF_UP)


def trades_csv(trades: Iterable[Trade]) -> bytes:
    """Every trade a row, readable again by the import."""
    rows = (
        (
            one.account_id, datetime.fromtimestamp(one.at, IST).isoformat(), one.day,
            one.instrument, one.side, one.quantity, one.price, one.value,
            None if one.charges is None else cents(one.charges), product_of(one), one.trade_id,
            one.broker_order_id, one.source,
        )
        for one in trades
    )  # fmt: skip
    return csv_file(TRADES, rows)


def closed_csv(closed: Iterable[Closed]) -> bytes:
    rows = (
        (
            one.bought.trade.account_id, one.bought.trade.instrument, product_of(one.bought.trade),
            one.quantity, one.bought.trade.day, one.bought.trade.price, one.sold.trade.day,
            one.sold.trade.price, cents(one.realised), cents(one.charges), cents(one.net),
        )
        for one in closed
    )  # fmt: skip
    return csv_file(CLOSED, rows)
