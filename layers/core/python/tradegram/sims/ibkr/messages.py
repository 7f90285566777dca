"""
The messages of a TWS as lists of fields, for the versions 176 to 178 of its protocol.

Every message is text fields, each ended by a NUL, behind its length as four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from tradegram.model import OrderType, Side
from tradegram.sims.floor import Entry, Standing, Trade
from tradegram.sims.ibkr.contracts import Contract

Fields = list[str]

UNSET = "1.7976931348623157E308"
STATUSES = {
    Standing.RECEIVED: "PendingSubmit",
    Standing.WAITING: "PreSubmitted",
    Standing.OPEN: "Submitted",
    Standing.FILLED: "Filled",
    Standing.CANCELLED: "Cancelled",
    Standing.REJECTED: "Inactive",
    Standing.EXPIRED: "Cancelled",
}
HOW = {Standing.CANCELLED: "Cancelled by Trader"}
TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
}
TYPE_WORDS = {kind: word for word, kind in TYPES.items()}


def framed(fields: Sequence[object]) -> bytes:
    payload = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(payload)) + payload


def plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def contract(row: Contract) -> Fields:
    return [
        str(row.con_id), row.symbol, row.sec_type, row.expiry, row.strike, row.right,
        row.multiplier, row.exchange, row.instrument.currency, row.local_symbol, row.trading_class,
    ]  # fmt: skip


def error(number: int, code: int, text: str) -> Fields:
    return ["4", "2", str(number), str(code), text, ""]


def status(entry: Entry) -> Fields:
    said, last = entry.more, entry.average if entry.filled else Decimal(0)
    return [
        "3", said["order"], status_word(entry), plain(entry.filled), plain(_remaining(entry)),
        plain(entry.average), said["perm"], "0", plain(last), said["client"], "", "0",
    ]  # fmt: skip


def status_word(entry: Entry) -> str:
    """What TWS calls it; tests may give it a word of their own."""
    return entry.more.get("status") or STATUSES[entry.standing]


def _remaining(entry: Entry) -> Decimal:
    return Decimal(0) if _by_cash(entry) else entry.quantity - entry.filled


def _by_cash(entry: Entry) -> bool:
    return bool(entry.more["cash"])


def _asked(entry: Entry) -> Fields:
    """Side, quantity, type and prices as they stand in a row."""
    return [
        "BUY" if entry.side is Side.BUY else "SELL",
        "0" if _by_cash(entry) else plain(entry.quantity),
        TYPE_WORDS[entry.order_type],
        plain(entry.price) or "0.0",
        plain(entry.trigger) or "0.0",
        entry.validity,
    ]


def open_order(
    entry: Entry, row: Contract, version: int, margin: Mapping[str, str] | None = None
) -> Fields:
    """margin: of an order that only asks what it would block."""
    said = entry.more
    state = margin or {}
    none = [UNSET] * 9
    before = [state.get(name, UNSET) for name in ("init_before", "maint_before", "equity_before")]
    change = [state.get(name, UNSET) for name in ("init", "maint", "equity")]
    after = [state.get(name, UNSET) for name in ("init_after", "maint_after", "equity_after")]
    return [
        "5", said["order"], *contract(row), *_asked(entry), "", said["account"], "O", "0",
        said["ref"], said["client"], said["perm"], "0", "0", "0", "", "", "", "", "",
        *([""] if version < 177 else []),
        # modelCode ... deltaNeutralAuxPrice
        "", "", "", UNSET, "", "0", "", "-1", "0", UNSET, UNSET, UNSET, UNSET, UNSET, "0", "0",
        "0", "0", "", "3", "0", "0", UNSET, "0", "0", UNSET, "0", "", UNSET,
        # continuousUpdate ... comboLegsDescrip; legs, order legs, routing; scale; hedge
        "0", "0", UNSET, UNSET, UNSET, "0", "", "0", "0", "0", "", "", "", "",
        "0", "", "IB", "0", "0", "", "0", "1" if margin else "0", status_word(entry),
        *(before + change + after if margin else none),
        state.get("commission", UNSET), UNSET, UNSET, "USD", state.get("warning", ""), "0", "0",
        "0", "None", UNSET, UNSET, UNSET, UNSET, UNSET, UNSET, "0", "", "", "",
        said["cash"] or UNSET, "0", "0", "0", "0", "", "", "0", "", "", "", "", "",
    ]  # fmt: skip


def completed_order(entry: Entry, row: Contract, version: int) -> Fields:
    said = entry.more
    return [
        "101", *contract(row), *_asked(entry), "", said["account"], "O", "0", said["ref"],
        said["perm"], "0", "0", "0", "", "", "", "",
        *([""] if version < 177 else []),
        # modelCode ... deltaNeutralAuxPrice
        "", "", "", UNSET, "", "0", "", "-1", UNSET, UNSET, UNSET, UNSET, UNSET, "0", "0", "0",
        "", "3", "0", UNSET, "0", "", UNSET,
        "0", "0", UNSET, UNSET, "", "0", "0", "0", "", "", "", "", "", "IB", "0", "0", "",
        "0", status_word(entry), "0", "0", "0",
        UNSET, UNSET, said["cash"] or UNSET, "0", "0", "", plain(entry.filled), "0", "0", "", "0",
        "0", "9223372036854775807", f"{stamp(entry.updated_at)} UTC",
        entry.words or HOW.get(entry.standing, ""),
        "", "", "", "", "",
    ]  # fmt: skip


def execution(trade: Trade, row: Contract, version: int, number: int = -1) -> Fields:
    entry, said = trade.entry, trade.entry.more
    return [
        "11", str(number), said["order"], *contract(row), f"{trade.trade_id}.01",
        stamp(trade.at).replace(" ", "-"), said["account"], row.exchange,
        "BOT" if entry.side is Side.BUY else "SLD", plain(trade.quantity), plain(trade.price),
        said["perm"], said["client"], "0", plain(entry.filled), plain(entry.average),
        said["ref"], "", "", "", "2", *(["0"] if version >= 178 else []),
    ]  # fmt: skip


def commission(trade: Trade) -> Fields:
    return ["59", "1", f"{trade.trade_id}.01", "1.0", "USD", "0.0", "0.0", ""]


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%d %H:%M:%S")


def details(row: Contract, number: str) -> Fields:
    one = row.instrument
    return [
        "10", number, row.symbol, row.sec_type, row.expiry, row.strike, row.right, row.exchange,
        one.currency, row.local_symbol, row.trading_class, row.trading_class, str(row.con_id),
        plain(one.tick_size), row.multiplier, "ACTIVETIM,LMT,MKT,STP", ",".join(row.venues), "1",
        "0", one.name, row.primary, row.expiry[:6], "", "", "", "US/Eastern",
        "20261123:0930-20261123:1600", "20261123:0930-20261123:1600", "", "0", "0", "1", row.symbol,
        "", "26", row.expiry, "COMMON" if row.sec_type == "STK" else "", plain(one.lot_size),
        plain(one.lot_size), "100",
    ]  # fmt: skip
