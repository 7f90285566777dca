"""The instrument master: what can be traded, by key, name, chain, and near misses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain as chained
from itertools import islice

from tradegram.instruments import exchanges
from tradegram.instruments.chain import LAST, Chain
from tradegram.instruments.rows import EXPIRY, from_line, prefix
from tradegram.instruments.spelling import Spelling
from tradegram.instruments.table import Said, Table, build
from tradegram.instruments.words import short_name, spoken
from tradegram.model import Instrument, Kind

# Bounds of one search.
MOST_PREFIXED = 128
MOST_WORDS_NEAR = 8
LONGEST_QUERY = 80

# Nobody mistypes a longer name in full.
LONGEST_NAME_MENDED = 16


class Master:
    """
    Implements `ports.Instruments` over a `Table`.

    aliases: instrument key -> what else it is called: ISINs, old names, what people say.
    today:   derivatives that expired before it are not offered. A process that lives longer
             than a day makes a new master.

    Instruments are built when asked for; the same line gives equal values.
    """

    def __init__(
        self,
        rows: Iterable[Instrument],
        aliases: Mapping[str, Sequence[str]],
        today: date,
    ) -> None:
        self._take(build(rows, aliases, today), today)

    @classmethod
    def from_table(cls, table: Table, today: date) -> Master:
        """The table may be older than today; `dated` says how old."""
        master = cls.__new__(cls)
        master._take(table, today)
        return master

    def _take(self, table: Table, today: date) -> None:
        self.today = today
        self.dated = table.dated
        self._table = table
        self._lines = table.lines
        self._spelling = Spelling(_worth_spelling(table.terms))
        self._exchanges = _exchanges(table.lines)
        self._chain = Chain(table, today)

    def __len__(self) -> int:
        """Rows, those that expired since the table was made included."""
        return len(self._lines)

    def lines(self) -> Sequence[str]:
        """Every row as text, see `rows`: for those who copy or count them."""
        return self._lines

    # -- by name -----------------------------------------------------------------------------

    def find(self, key: str) -> Instrument | None:
        exchange, _, symbol = key.partition(":")
        start = prefix(exchange, symbol) + "\t"
        place = bisect_left(self._lines, start)
        if place == len(self._lines) or not self._lines[place].startswith(start):
            return None
        return self._live(place)

    def named(self, words: str) -> Sequence[Instrument]:
        found = [number for number in self._exact(words) if self._is_live(number)]
        return [from_line(self._lines[number]) for number in found]

    def longest_name(self) -> int:
        return self._table.longest_name

    def search(self, words: str, limit: int = 8) -> Sequence[Instrument]:
        words = words.strip()[:LONGEST_QUERY]
        exact, term = self._exact(words), spoken(short_name(words))
        found = chained(
            exact,
            self._prefixed(term),
            self._symbols_prefixed(words.upper()),
            () if exact else self._misspelt(term),
            () if exact else self._misspelt(spoken(words.partition(" ")[0])),
        )
        live = _first(filter(self._is_live, found), limit)
        return [from_line(self._lines[number]) for number in live]

    def _exact(self, words: str) -> list[int]:
        """Symbols and aliases; only when nothing is called so, full names."""
        entries = sorted(
            (said, self._exchange_rank(number), number)
            for said, number in self._called(spoken(short_name(words)))
            if said < Said.PART_OF_NAME
        )
        called = [number for said, _, number in entries if said < Said.NAME]
        named = [number for said, _, number in entries if said is Said.NAME]
        found = chained(called, self._by_symbol(words.strip().upper()), () if called else named)
        return list(dict.fromkeys(found))

    def _called(self, term: str) -> Iterator[tuple[Said, int]]:
        start = f"{term}\t"
        for entry in _from(self._table.terms, start) if term else ():
            if not entry.startswith(start):
                return
            _, said, number = entry.split("\t")
            yield Said(int(said)), int(number)

    def _by_symbol(self, symbol: str) -> Iterator[int]:
        """Symbols as they are written, `NIFTY26NOVFUT`, and keys, `NFO:NIFTY26NOVFUT`."""
        venue, _, rest = symbol.rpartition(":")
        for exchange in [venue] if venue else self._exchanges:
            start = prefix(exchange, rest) + "\t"
            place = bisect_left(self._lines, start)
            if place < len(self._lines) and self._lines[place].startswith(start):
                yield place

    def _prefixed(self, term: str) -> list[int]:
        """Shares, indices and coins called something that begins so."""
        entries = []
        for entry in islice(_from(self._table.terms, term), MOST_PREFIXED) if term else ():
            if not entry.startswith(term):
                break
            whole, said, number = entry.split("\t")
            row = int(number)
            entries.append((int(said), len(whole), self._exchange_rank(row), whole, row))
        return [entry[-1] for entry in sorted(entries)]

    def _symbols_prefixed(self, symbol: str) -> Iterator[int]:
        """Derivatives, mostly: they have no terms."""
        for exchange in self._exchanges if symbol else ():
            start = prefix(exchange, symbol)
            place = bisect_left(self._lines, start)
            for number in range(place, min(place + MOST_PREFIXED, len(self._lines))):
                if not self._lines[number].startswith(start):
                    break
                yield number

    def _misspelt(self, term: str) -> Iterator[int]:
        for word in self._spelling.nearest(term, MOST_WORDS_NEAR):
            nearest = sorted(
                (said, self._exchange_rank(number), number) for said, number in self._called(word)
            )
            yield from (number for _, _, number in nearest)
            if not nearest:
                yield from self._prefixed(word)

    # -- by chain ----------------------------------------------------------------------------

    def expiries(self, underlying: str, *, options: bool) -> Sequence[date]:
        return self._chain.expiries(underlying, options=options)

    def future(self, underlying: str, expiry: date) -> Instrument | None:
        return self._chain.future(underlying, expiry)

    def option(
        self, underlying: str, expiry: date, strike: Decimal, kind: Kind
    ) -> Instrument | None:
        return self._chain.option(underlying, expiry, strike, kind)

    def strikes(self, underlying: str, expiry: date) -> Sequence[Decimal]:
        return self._chain.strikes(underlying, expiry)

    # -- rows --------------------------------------------------------------------------------

    def _live(self, number: int) -> Instrument | None:
        return from_line(self._lines[number]) if self._is_live(number) else None

    def _is_live(self, number: int) -> bool:
        expiry = self._lines[number].split("\t", EXPIRY + 1)[EXPIRY]
        return not expiry or expiry >= self.today.isoformat()

    def _exchange_rank(self, number: int) -> int:
        return exchanges.rank(self._lines[number].partition("\t")[0])


def _first(numbers: Iterable[int], limit: int) -> Sequence[int]:
    """The first few, without repeats; looks at no more than it needs."""
    seen: dict[int, None] = {}
    for number in numbers:
        if len(seen) >= limit:
            break
        seen[number] = None
    return list(seen)


def _from(entries: Sequence[str], start: str) -> Iterator[str]:
    """The entries at and after a text, without copying them."""
    return map(entries.__getitem__, range(bisect_left(entries, start), len(entries)))


def _exchanges(lines: Sequence[str]) -> Sequence[str]:
    """The exchanges of sorted lines, in the order people mean them."""
    names, place = [], 0
    while place < len(lines):
        names.append(lines[place].partition("\t")[0])
        place = bisect_left(lines, names[-1] + "\t" + LAST)
    return sorted(names, key=exchanges.rank)


def _worth_spelling(terms: Iterable[str]) -> Iterator[str]:
    """Symbols, aliases, and short names."""
    for entry in terms:
        term, said, _ = entry.split("\t")
        if said < "2" or (said == "2" and len(term) <= LONGEST_NAME_MENDED):
            yield term
