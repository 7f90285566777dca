"""The shapes of quotes and instruments."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from tradegram.api.call import Shape
from tradegram.api.shapes import AccountWord, Done, Number, Time, Word


class QuoteShape(Shape):
    symbol: str
    exchange: str
    last_price: Number
    bid: Number
    ask: Number
    open: Number
    high: Number
    low: Number
    previous_close: Number
    change_percent: Number
    time: Time
    source: str


class QuotesAnswer(Done):
    """missing: those nobody has a price for now."""

    quotes: list[QuoteShape]
    missing: list[str]


class QuotesQuery(Shape):
    """symbols: up to 50, separated by commas, e.g. NSE:RELIANCE,INFY."""

    symbols: Annotated[str, Field(min_length=1, max_length=2000)]


class InstrumentShape(Shape):
    symbol: str
    exchange: str
    name: str
    kind: str
    lot_size: Number
    tick_size: Number
    currency: str
    underlying: str | None = None
    expiry: str | None = None
    strike: Number | None = None
    freeze_quantity: Number | None = None


class SearchAnswer(Done):
    instruments: list[InstrumentShape]


class SearchQuery(Shape):
    q: Annotated[str, Field(min_length=1, max_length=64)]
    limit: Annotated[int, Field(ge=1, le=50)] = 10


def _whole(given: object) -> object:
    """A parameter of a query is text."""
    return int(given) if isinstance(given, str) and given.isdecimal() else given


Minutes = Annotated[Literal[1, 5, 15, 30, 60, 1440], BeforeValidator(_whole)]


class CandlesQuery(Shape):
    """minutes: length of one. since, until: ISO 8601 with a time zone; the last 100 without."""

    symbol: Word
    exchange: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    minutes: Minutes = 15
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    account: AccountWord | None = None


class CandleShape(Shape):
    """time: when it began."""

    time: Time
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    open_interest: Number | None = None


class CandlesAnswer(Done):
    """Oldest first."""

    symbol: str
    exchange: str
    minutes: int
    candles: list[CandleShape]


class ChainQuery(Shape):
    """expiry: the nearest without it. strikes: how many, nearest to the money."""

    underlying: Word
    expiry: date | None = None
    strikes: Annotated[int, Field(ge=1, le=50)] = 20
    account: AccountWord | None = None


class OptionShape(Shape):
    """openInterest and the Greeks: where the broker says them."""

    symbol: str
    exchange: str
    lot_size: Number
    last_price: Number
    bid: Number
    ask: Number
    open_interest: Number | None = None
    iv: Number | None = None
    delta: Number | None = None
    gamma: Number | None = None
    theta: Number | None = None
    vega: Number | None = None
    source: str


class ChainRowShape(Shape):
    strike: Number
    call: OptionShape | None = None
    put: OptionShape | None = None


class ChainAnswer(Done):
    underlying: str
    expiry: date
    expiries: list[date]
    spot: Number | None = None
    rows: list[ChainRowShape]
