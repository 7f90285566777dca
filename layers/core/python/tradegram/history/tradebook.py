"""
Read a tradebook file: Zerodha Console's columns, or any table that names ours. Pure.

Nothing is guessed: a row that cannot be read with certainty is set aside with its line and why.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tradegram.errors import UserError
from tradegram.history.period import EARLIEST
from tradegram.history.trade import IST, Trade, day_of
from tradegram.model import Instrument, Kind, Product, Side

HEADER_WITHIN = 30  # lines; reports carry a name and a period above their table
MOST_ROWS = 1_000_000
NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,12})?")
EXCHANGE = re.compile("[A-Z]{2,10}")
NAME = re.compile(r"[A-Z0-9][A-Z0-9&_ .-]{0,59}")
ID = re.compile(r"[!-{}~]{1,64}")  # printable without spaces; | parts the fields of a key

# What each of our columns is called in the files we read; small letters, spaces as _.
COLUMNS: Mapping[str, Sequence[str]] = {
    "instrument": ("instrument",),
    "symbol": ("symbol", "tradingsymbol", "trading_symbol"),
    "exchange": ("exchange",),
    "segment": ("segment",),
    "side": ("trade_type", "side", "buy/sell", "transaction_type"),
    "quantity": ("quantity", "qty"),
    "price": ("price", "trade_price", "average_price"),
    "trade": ("trade_id", "trade_no", "trade_number"),
    "order": ("order_id", "order_no", "order_number"),
    "time": ("order_execution_time", "execution_time", "time", "trade_time"),
    "date": ("trade_date", "date"),
    "product": ("product",),
    "charges": ("charges",),
    "expiry": ("expiry_date", "expiry"),
}
NEEDED = ("side", "quantity", "price", "trade", "time")
SIDES = {"buy": Side.BUY, "b": Side.BUY, "sell": Side.SELL, "s": Side.SELL}
# Where a row of a segment is traded, as our instrument master names it.
SEGMENTS = {
    ("NSE", "EQ"): "NSE",
    ("BSE", "EQ"): "BSE",
    ("NSE", "FO"): "NFO",
    ("BSE", "FO"): "BFO",
    ("NFO", "FO"): "NFO",
    ("BFO", "FO"): "BFO",
    ("MCX", "COM"): "MCX",
    ("MCX", "FO"): "MCX",
}
NEW_YORK = ZoneInfo("America/New_York")
ABROAD = frozenset({"NASDAQ", "NYSE"})
# The exchanges' own endings of contract names; only for contracts that left the master.
ENDINGS = {"FUT": Kind.FUTURE, "CE": Kind.CALL, "PE": Kind.PUT}
SHARES = {"NSE": "INR", "BSE": "INR", "NASDAQ": "USD", "NYSE": "USD"}

Find = Callable[[str], Instrument | None]


@dataclass(frozen=True, slots=True)
class SetAside:
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Tradebook:
    """What a file says. repeated: rows that stand in it twice, word for word."""

    trades: Sequence[Trade]
    set_aside: Sequence[SetAside]
    repeated: int = 0


def read_tradebook(raw: bytes, account_id: str, find: Find, now: float) -> Tradebook:
    """Raises UserError when the file as a whole is not a tradebook."""
    rows = _rows(raw)
    columns = _header(rows)
    trades: dict[str, Trade] = {}
    aside: list[SetAside] = []
    repeated = 0
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            trade = _Row(columns, cells).trade(account_id, find, now)
        except (ValueError, OverflowError) as error:
            aside.append(SetAside(line, str(error)))
            continue
        known = trades.setdefault(trade.key, trade)
        if known is not trade and known == trade:
            repeated += 1
        elif known is not trade:
            aside.append(SetAside(line, f"trade {trade.trade_id} stands above with other terms"))
    return Tradebook(list(trades.values()), aside, repeated)


def _rows(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError("That file is not text (UTF-8). Export it as CSV and try again.") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for count, cells in enumerate(reader):
            if count >= MOST_ROWS:
                raise UserError(f"That file has more than {MOST_ROWS} rows. Import it in parts.")
            yield reader.line_num, cells
    except csv.Error as error:
        raise UserError(f"Line {reader.line_num} ends the reading: {error}.") from None


def _header(rows: Iterator[tuple[int, list[str]]]) -> Mapping[str, int]:
    for line, cells in rows:
        names = [re.sub(r"\s+", "_", cell.strip().casefold()) for cell in cells]
        found = {
            ours: names.index(theirs)
            for ours, all_of_theirs in COLUMNS.items()
            for theirs in reversed(all_of_theirs)
            if theirs in names
        }
        names_one = "instrument" in found or {"symbol", "exchange"} <= found.keys()
        if names_one and all(need in found for need in NEEDED):
            return found
        if line >= HEADER_WITHIN:
            break
    raise UserError(
        "No header of a tradebook was found. It needs the columns symbol and exchange (or "
        "instrument, as NSE:INFY), trade_type, quantity, price, trade_id and order_execution_time."
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row. Every method raises ValueError with what is wrong, in words."""

    columns: Mapping[str, int]
    cells: Sequence[str]

    def trade(self, account_id: str, find: Find, now: float) -> Trade:
        key = self._instrument_key()
        exchange, _, symbol = key.partition(":")
        kind, currency, multiplier, expiry = self._kind(key, symbol, find(key))
        moment = self._moment(exchange)
        if moment.timestamp() > now:
            raise ValueError(f"{moment:%Y-%m-%d %H:%M:%S} has not come yet")
        charges = self._text("charges")
        return Trade(
            account_id=account_id,
            trade_id=self._id("trade"),
            broker_order_id=self._id("order") if self._text("order") else "",
            instrument=key,
            kind=kind,
            side=self._side(),
            product=self._product(),
            quantity=self._number("quantity"),
            price=self._number("price"),
            at=moment.timestamp(),
            day=day_of(moment.timestamp()),
            currency=currency,
            multiplier=multiplier,
            charges=self._number("charges") if charges else None,
            source="file",
            expiry=expiry,
        )

    def _text(self, column: str) -> str:
        if column not in self.columns:
            return ""
        at = self.columns[column]
        if at >= len(self.cells):
            raise ValueError(f"it ends before its column {column}")
        return self.cells[at].strip()

    def _number(self, column: str) -> Decimal:
        text = self._text(column)
        if not NUMBER.fullmatch(text) or not Decimal(text):
            raise ValueError(f"{column} is {text[:30]!r}, not a positive number like 1234.50")
        return Decimal(f"{Decimal(text).normalize():f}")  # 10.000000 is 10

    def _id(self, column: str) -> str:
        text = self._text(column)
        if not ID.fullmatch(text):
            raise ValueError(f"{column} id is {text[:30]!r}")
        return text

    def _side(self) -> Side:
        text = self._text("side").casefold()
        if text not in SIDES:
            raise ValueError(f"side is {text[:20]!r}, neither buy nor sell")
        return SIDES[text]

    def _product(self) -> Product | None:
        text = self._text("product").upper()
        if not text:
            return None
        if text not in set(Product):
            raise ValueError(f"product is {text[:20]!r}, none of {', '.join(Product)}")
        return Product(text)

    def _instrument_key(self) -> str:
        whole = self._text("instrument").upper()
        exchange, _, symbol = whole.partition(":") if whole else (
            self._text("exchange").upper(), "", self._text("symbol").upper()
        )  # fmt: skip
        segment = self._text("segment").upper()
        if segment:
            if (exchange, segment) not in SEGMENTS:
                raise ValueError(f"segment {segment[:20]!r} of {exchange[:20]!r} is not known here")
            exchange = SEGMENTS[exchange, segment]
        if not EXCHANGE.fullmatch(exchange) or not NAME.fullmatch(symbol):
            raise ValueError(f"instrument is {f'{exchange}:{symbol}'[:40]!r}")
        return f"{exchange}:{symbol}"

    def _kind(
        self, key: str, symbol: str, known: Instrument | None
    ) -> tuple[Kind, str, Decimal, date | None]:
        """Kind, currency, multiplier and expiry: the master's word first."""
        if known is not None:
            return known.kind, known.currency, known.multiplier, known.expiry
        exchange = key.partition(":")[0]
        if exchange in SHARES:
            return Kind.SHARE, SHARES[exchange], Decimal(1), None
        if exchange in ("NFO", "BFO"):
            for ending, kind in ENDINGS.items():
                if symbol.endswith(ending):
                    return kind, "INR", Decimal(1), self._expiry()
        raise ValueError(f"{key} is not in the instrument list, so its contract is not known")

    def _expiry(self) -> date | None:
        text = self._text("expiry")
        return date.fromisoformat(text[:10]) if text else None

    def _moment(self, exchange: str) -> datetime:
        zone = NEW_YORK if exchange in ABROAD else IST
        text = self._text("time")
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"time is {text[:30]!r}, not like 2026-11-20T09:15:03") from None
        if ":" not in text:
            raise ValueError(f"time is {text[:30]!r}, a day without an hour")
        moment = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
        if moment.year < EARLIEST.year:
            raise ValueError(f"time is {text[:30]!r}, before {EARLIEST.year}")
        day = self._text("date")
        if day and day != moment.date().isoformat():
            raise ValueError(f"trade date {day[:20]!r} and time {text[:30]!r} differ")
        return moment
