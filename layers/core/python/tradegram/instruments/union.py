"""
The desk's own master: what any broker lists, as the best of them says it.

What no broker of ours lists, such as the shares of New York while only brokers in India are
linked, stays the sample's: it can be traded on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from tradegram.instruments import sample
from tradegram.instruments.rows import EXPIRY, KIND, from_line, prefix, to_line
from tradegram.instruments.sample.tables import listed
from tradegram.instruments.table import Table, of_lines
from tradegram.model import Instrument, Kind

# Whose rows count before others': they come as the exchanges publish them.
BEST_FIRST = ("zerodha", "angelone", "kotakneo", "icicidirect")


def rank(broker: str) -> tuple[int, str]:
    """Best first."""
    place = BEST_FIRST.index(broker) if broker in BEST_FIRST else len(BEST_FIRST)
    return place, broker


def union(tables: Sequence[Iterable[str]], today: date) -> Table:
    """tables: lines of instruments, the best broker's first."""
    lines: dict[str, str] = {}
    for table in reversed(tables):
        lines.update((_key(line), line) for line in table if _is_live(line, today))
    traded = {key.partition("\t")[0] for key in lines}
    for line in sample.load(today).lines():
        fields = line.split("\t", KIND + 1)
        # Indices are not in every broker's file, and derivatives are found through them.
        if fields[0] not in traded or fields[KIND] == Kind.INDEX:
            lines.setdefault(_key(line), line)
    _mend(lines)
    return of_lines(lines.values(), _aliases(), today)


def _mend(lines: dict[str, str]) -> None:
    """What the sample knows of a share or an index and brokers leave out."""
    for known in (one.instrument for one in listed()):
        key = prefix(known.exchange, known.symbol)
        if key in lines:
            lines[key] = to_line(_mended(from_line(lines[key]), known))


def _mended(one: Instrument, known: Instrument) -> Instrument:
    named = one if one.name != one.symbol else replace(one, name=known.name)
    if known.kind is Kind.ETF and one.kind is Kind.SHARE:
        return replace(named, kind=Kind.ETF)
    if known.kind is Kind.INDEX and not one.underlying:
        return replace(named, kind=Kind.INDEX, underlying=known.underlying)
    return named


def _aliases() -> Mapping[str, Sequence[str]]:
    return {one.instrument.key: one.aliases for one in listed()}


def _key(line: str) -> str:
    exchange, symbol, _ = line.split("\t", 2)
    return prefix(exchange, symbol)


def _is_live(line: str, today: date) -> bool:
    expiry = line.split("\t", EXPIRY + 1)[EXPIRY]
    return not expiry or expiry >= today.isoformat()
