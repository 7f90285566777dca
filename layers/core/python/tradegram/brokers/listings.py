"""
What each broker calls an instrument. Ours are called as the exchange calls them.

Orders, books and prices cross this table in both directions; nothing is read out of a symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeVar

from tradegram.codes import Code
from tradegram.errors import Refused
from tradegram.model import Instrument, Kind

Row = TypeVar("Row")

FEW = 10  # rows that may be unreadable in any file; in a longer one
SHARE = 20  # one in so many: a file with more is not the one we know


@dataclass(frozen=True, slots=True)
class Listing:
    """
    One instrument at one broker.

    segment: the broker's word for the exchange, e.g. `nse_fo`. symbol: its trading symbol there.
    token: its number for prices, "" where it has none. more: what else its requests want, by its
    own names.
    """

    instrument: Instrument
    segment: str
    symbol: str
    token: str = ""
    more: Mapping[str, str] = field(default_factory=dict[str, str])


class Listings(Protocol):
    """One broker's table."""

    def of(self, instrument: Instrument) -> Listing:
        """Raises Refused: the broker does not list it."""
        ...

    def by_symbol(self, segment: str, symbol: str) -> Instrument:
        """Raises KeyError."""
        ...

    def by_token(self, segment: str, token: str) -> Instrument:
        """Raises KeyError."""
        ...


class KnownListings:
    """Implements Listings over rows in memory; of rows with the same name the last one stays."""

    def __init__(self, broker: str, rows: Iterable[Listing]) -> None:
        self._broker = broker
        self._rows = {row.instrument.key: row for row in rows}
        self._symbols = {(row.segment, row.symbol): row for row in self._rows.values()}
        self._tokens = {(row.segment, row.token): row for row in self._rows.values() if row.token}

    def find(self, key: str) -> Instrument | None:
        """By `NSE:RELIANCE`."""
        return self._rows[key].instrument if key in self._rows else None

    def of(self, instrument: Instrument) -> Listing:
        if instrument.key not in self._rows:
            raise unlisted(self._broker, instrument)
        return self._rows[instrument.key]

    def by_symbol(self, segment: str, symbol: str) -> Instrument:
        return self._symbols[segment, symbol].instrument

    def by_token(self, segment: str, token: str) -> Instrument:
        return self._tokens[segment, token].instrument


class SameNames:
    """
    Implements Listings for a broker that calls everything as the exchange does.

    find: by `NSE:RELIANCE`; without it no instrument is known by name, and none by number.
    """

    def __init__(self, find: Callable[[str], Instrument | None] = lambda key: None) -> None:
        self._find = find

    def of(self, instrument: Instrument) -> Listing:
        return Listing(instrument, instrument.exchange, instrument.symbol)

    def by_symbol(self, segment: str, symbol: str) -> Instrument:
        found = self._find(f"{segment}:{symbol}")
        if found is None:
            raise KeyError(f"{segment}:{symbol}")
        return found

    def by_token(self, segment: str, token: str) -> Instrument:
        raise KeyError(f"{segment} {token}")


def check_counted(broker: str, listed: Instrument, ordered: Instrument) -> None:
    """
    Raises Refused when the broker's own list counts a lot otherwise than what is ordered does.

    Brokers' lists share keys, and the desk's list has one row of each: where one counts lots and
    another what is in them, a quantity of the one would be a hundredfold at the other.
    """
    mine, theirs = (f"{one.lot_size.normalize():f}" for one in (ordered, listed))
    if (listed.lot_size, listed.multiplier) != (ordered.lot_size, ordered.multiplier):
        raise Refused(
            broker,
            f"it counts a lot of {ordered.key} as {theirs}, and the desk's list, which another "
            f"broker wrote, as {mine}: nothing was sent",
            means=Code.INVALID_ORDER,
        )


def unlisted(broker: str, instrument: Instrument) -> Refused:
    return Refused(
        broker,
        f"it does not list {instrument.key} today; /status shows how old its list is",
        means=Code.INVALID_SYMBOL,
    )


def stranger(exchange: str, symbol: str) -> Instrument:
    """
    What a broker holds for us and our list does not have: shown, and sold in units.

    Leaving it out would hide a position. Its kind, lot and tick are not known.
    """
    return Instrument(exchange, symbol, Kind.SHARE, symbol, Decimal(1), Decimal("0.01"))


def readable(rows: Iterable[Row], read: Callable[[Row], Listing]) -> Sequence[Listing]:
    """
    The rows of a broker's file that say what they must; those that do not are left out.

    Raises ValueError when those are many: then the file has changed, and the old one stays.
    """
    found: list[Listing] = []
    broken = 0
    for row in rows:
        try:
            found.append(read(row))
        except (KeyError, TypeError, ValueError, ArithmeticError):
            broken += 1
    if broken > max(FEW, len(found) // SHARE) or (broken and not found):
        raise ValueError(f"{broken} rows of the instruments file cannot be read")
    return found
