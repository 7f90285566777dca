"""One instrument as one line of text: fields divided by tabs, `exchange` and `symbol` first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradegram.model import Instrument, Kind

# Places of the fields that are read without building an instrument.
EXCHANGE, SYMBOL, KIND, UNDERLYING, EXPIRY, STRIKE = 0, 1, 2, 6, 7, 8
FIELDS = 13


def to_line(instrument: Instrument) -> str:
    """Raises ValueError for a tab or line break inside a field."""
    fields = (
        instrument.exchange,
        instrument.symbol,
        instrument.kind.value,
        instrument.name,
        str(instrument.lot_size),
        str(instrument.tick_size),
        instrument.underlying,
        instrument.expiry.isoformat() if instrument.expiry else "",
        _text(instrument.strike),
        _text(instrument.freeze_quantity),
        instrument.currency,
        str(instrument.min_value),
        str(instrument.multiplier),
    )
    line = "\t".join(fields)
    if line.count("\t") != FIELDS - 1 or len(line.splitlines()) != 1:
        raise ValueError(f"a tab or line break in a field of {instrument.key!r}")
    return line


def from_line(line: str) -> Instrument:
    (
        exchange,
        symbol,
        kind,
        name,
        lot_size,
        tick_size,
        underlying,
        expiry,
        strike,
        freeze_quantity,
        currency,
        min_value,
        multiplier,
    ) = line.split("\t")
    return Instrument(
        exchange=exchange,
        symbol=symbol,
        kind=Kind(kind),
        name=name,
        lot_size=Decimal(lot_size),
        tick_size=Decimal(tick_size),
        underlying=underlying,
        expiry=date.fromisoformat(expiry) if expiry else None,
        strike=_number(strike),
        freeze_quantity=_number(freeze_quantity),
        currency=currency,
        min_value=Decimal(min_value),
        multiplier=Decimal(multiplier),
    )


def prefix(exchange: str, symbol: str) -> str:
    """What the line of a symbol begins with; with part of a symbol, where such lines begin."""
    return f"{exchange}\t{symbol}"


def _text(number: Decimal | None) -> str:
    return "" if number is None else str(number)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
