"""The shapes of quotes and instruments."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tradegram.api.call import Shape
from tradegram.api.shapes import Done, Number, Time


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
