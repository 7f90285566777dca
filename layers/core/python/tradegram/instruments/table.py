"""
Everything the master looks things up in, made once and kept in the master's file.

Instruments stay lines of text: 250,000 of them as objects would take seconds and 300 MB.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from tradegram.instruments import exchanges
from tradegram.instruments.rows import (
    EXCHANGE,
    EXPIRY,
    KIND,
    STRIKE,
    UNDERLYING,
    from_line,
    to_line,
)
from tradegram.instruments.words import short_name, spoken
from tradegram.model import Instrument, Kind

# Words of a name from which it can be found: `Natural Gas` finds Oil & Natural Gas Corporation.
WORDS_OF_A_NAME = 5

# The order language tries no longer names.
MOST_WORDS = 5

ChainKey = tuple[str, str, bool, Decimal]


class Said(IntEnum):
    """How a term names its instrument, nearest first."""

    SYMBOL = 0
    ALIAS = 1
    NAME = 2
    PART_OF_NAME = 3


@dataclass(frozen=True, slots=True)
class Table:
    """
    dated:        the day the rows describe.
    lines:        one instrument each, see `rows`, ascending.
    chain:        numbers of the lines of derivatives, by underlying, expiry, futures first, strike.
    terms:        `NIFTY 50<tab>1<tab>17`: the spoken form, how it is meant (`Said`), the number of
                  its line; ascending. Derivatives have none, they are found by their symbol.
    longest_name: words in the longest thing an instrument is called.
    """

    dated: date
    lines: Sequence[str]
    chain: Sequence[int]
    terms: Sequence[str]
    longest_name: int


def build(rows: Iterable[Instrument], aliases: Mapping[str, Sequence[str]], dated: date) -> Table:
    """Rows that have expired are left out. Of rows with the same key the last one stays."""
    lines = {row.key: to_line(row) for row in rows if row.expiry is None or row.expiry >= dated}
    return of_lines(lines.values(), aliases, dated)


def of_lines(lines: Iterable[str], aliases: Mapping[str, Sequence[str]], dated: date) -> Table:
    """Of lines with different keys, in any order. Derivatives never become objects."""
    lines = sorted(lines)
    chain = [number for number, line in enumerate(lines) if _is_derivative(line)]
    chain.sort(key=lambda number: _chain_order(lines[number]))
    plain = [
        (from_line(line), number) for number, line in enumerate(lines) if not _is_derivative(line)
    ]
    names = [(row, number, _names(row, aliases.get(row.key, ()))) for row, number in plain]
    return Table(
        dated=dated,
        lines=lines,
        chain=array("I", chain),
        terms=sorted({term for entry in names for term in _terms(*entry)}),
        longest_name=max((_longest(called) for _, _, called in names), default=0),
    )


def chain_key(line: str) -> ChainKey:
    """Where a derivative stands in the chain: underlying, expiry, is it an option, strike."""
    fields = line.split("\t")
    strike = fields[STRIKE]
    return fields[UNDERLYING], fields[EXPIRY], strike != "", Decimal(strike or 0)


def _chain_order(line: str) -> tuple[ChainKey, int, str]:
    return chain_key(line), exchanges.rank(line.split("\t", 1)[EXCHANGE]), line


def _is_derivative(line: str) -> bool:
    return Kind(line.split("\t", KIND + 1)[KIND]).is_derivative


def _names(row: Instrument, aliases: Sequence[str]) -> Mapping[Said, Sequence[str]]:
    # Derivatives are asked for by the underlying's word, so it names the index as a symbol does.
    symbols = [row.symbol, row.underlying] if row.underlying else [row.symbol]
    return {Said.SYMBOL: symbols, Said.ALIAS: aliases, Said.NAME: [short_name(row.name)]}


def _terms(row: Instrument, number: int, names: Mapping[Said, Sequence[str]]) -> Iterator[str]:
    for said, called in names.items():
        for name in called:
            if term := spoken(name):
                yield f"{term}\t{said.value}\t{number}"
    words = short_name(row.name).split()
    for start in range(1, min(len(words), WORDS_OF_A_NAME)):
        if term := spoken(" ".join(words[start:])):
            yield f"{term}\t{Said.PART_OF_NAME.value}\t{number}"


def _longest(names: Mapping[Said, Sequence[str]]) -> int:
    lengths = [len(name.split()) for called in names.values() for name in called]
    return max((length for length in lengths if length <= MOST_WORDS), default=1)
