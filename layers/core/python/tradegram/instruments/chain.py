"""Futures and options by underlying, expiry and strike."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from tradegram.instruments.rows import from_line
from tradegram.instruments.table import ChainKey, Table, chain_key
from tradegram.model import Instrument, Kind

# More expiries than any underlying has.
MOST_EXPIRIES = 200

# After every character a line can hold.
LAST = "\U0010ffff"

# The first fields of a `ChainKey`: where such contracts begin.
Start = tuple[object, ...]


class Chain:
    """The derivatives of a table that have not expired on `today`. Underlyings in any case."""

    def __init__(self, table: Table, today: date) -> None:
        self._lines = table.lines
        self._numbers = table.chain
        self._today = today

    def has(self, underlying: str) -> bool:
        line = self._line(self._place((underlying.upper(), self._today.isoformat())))
        return line is not None and chain_key(line)[0] == underlying.upper()

    def expiries(self, underlying: str, *, options: bool) -> Sequence[date]:
        """Nearest first."""
        word, expiries = underlying.upper(), list[date]()
        after: Start = (word, self._today.isoformat())
        for _ in range(MOST_EXPIRIES):
            line = self._line(self._place(after))
            if line is None or chain_key(line)[0] != word:
                break
            expiry = chain_key(line)[1]
            if next(self._contracts((word, expiry, options)), None) is not None:
                expiries.append(date.fromisoformat(expiry))
            after = (word, expiry + LAST)
        return expiries

    def future(self, underlying: str, expiry: date) -> Instrument | None:
        line = next(self._live(underlying, expiry, options=False), None)
        return from_line(line) if line is not None else None

    def option(
        self, underlying: str, expiry: date, strike: Decimal, kind: Kind
    ) -> Instrument | None:
        if expiry < self._today:
            return None
        alike = self._contracts((underlying.upper(), expiry.isoformat(), True, strike))
        return next((found for found in map(from_line, alike) if found.kind is kind), None)

    def strikes(self, underlying: str, expiry: date) -> Sequence[Decimal]:
        """Ascending."""
        lines = self._live(underlying, expiry, options=True)
        return list(dict.fromkeys(chain_key(line)[3] for line in lines))

    def _live(self, underlying: str, expiry: date, *, options: bool) -> Iterator[str]:
        if expiry < self._today:
            return iter(())
        return self._contracts((underlying.upper(), expiry.isoformat(), options))

    def _contracts(self, start: Start) -> Iterator[str]:
        """The lines whose chain key begins so."""
        for place in range(self._place(start), len(self._numbers)):
            line = self._lines[self._numbers[place]]
            if chain_key(line)[: len(start)] != start:
                return
            yield line

    def _place(self, start: Start) -> int:
        return bisect_left(self._numbers, start, key=self._key)

    def _key(self, number: int) -> ChainKey:
        return chain_key(self._lines[number])

    def _line(self, place: int) -> str | None:
        return self._lines[self._numbers[place]] if place < len(self._numbers) else None
