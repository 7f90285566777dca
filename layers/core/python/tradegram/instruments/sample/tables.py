"""The sample's tables as values. They are files of this folder, so that a person can read them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from tradegram.model import Instrument, Kind


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a table: the instrument, its other names, and where its price begins."""

    instrument: Instrument
    aliases: tuple[str, ...]
    start: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """How the derivatives of one underlying are made. Units as in `series.csv`."""

    exchange: str
    underlying: str
    lot: Decimal
    freeze: Decimal | None
    tick: Decimal
    multiplier: Decimal
    day: str
    months: int
    only: frozenset[int]
    weeks: int
    step: Decimal | None
    each_side: int


@cache
def listed() -> tuple[Listed, ...]:
    """Everything that is not a derivative, in the order of the tables."""
    return (*_india(), *_references(), *_coins(), *_us())


@cache
def series() -> tuple[Series, ...]:
    return tuple(_series(row) for row in _rows("series.csv"))


def _india() -> Iterator[Listed]:
    for row in _rows("india.csv"):
        for venue in row["venues"].split():
            share = Instrument(
                exchange=venue,
                symbol=row["symbol"],
                kind=Kind(row["kind"]),
                name=row["name"],
                lot_size=Decimal(1),
                tick_size=Decimal(row["tick"]),
            )
            yield _listed(share, row)


def _references() -> Iterator[Listed]:
    for row in _rows("references.csv"):
        reference = Instrument(
            exchange=row["exchange"],
            symbol=row["symbol"],
            kind=Kind.INDEX,
            name=row["name"],
            lot_size=Decimal(1),
            tick_size=Decimal(row["tick"]),
            underlying=row["underlying"],
        )
        yield _listed(reference, row)


def _coins() -> Iterator[Listed]:
    for row in _rows("coins.csv"):
        pair = Instrument(
            exchange="BINANCE",
            symbol=row["symbol"],
            kind=Kind.COIN,
            name=row["name"],
            lot_size=Decimal(row["step"]),
            tick_size=Decimal(row["tick"]),
            currency="USDT",
            min_value=Decimal(row["min_value"]),
        )
        yield _listed(pair, row)


def _us() -> Iterator[Listed]:
    for row in _rows("us.csv"):
        share = Instrument(
            exchange=row["exchange"],
            symbol=row["symbol"],
            kind=Kind(row["kind"]),
            name=row["name"],
            lot_size=Decimal(1),
            tick_size=Decimal("0.01"),
            currency="USD",
        )
        yield _listed(share, row)


def _listed(instrument: Instrument, row: Mapping[str, str]) -> Listed:
    aliases = tuple(word for word in row["also"].split("|") if word)
    return Listed(instrument, aliases, Decimal(row["start"]))


def _series(row: Mapping[str, str]) -> Series:
    return Series(
        exchange=row["exchange"],
        underlying=row["underlying"],
        lot=Decimal(row["lot"]),
        freeze=Decimal(row["freeze"]) if row["freeze"] else None,
        tick=Decimal(row["tick"]),
        multiplier=Decimal(row["multiplier"]),
        day=row["day"],
        months=int(row["months"]),
        only=frozenset(int(month) for month in row["only"].split()),
        weeks=int(row["weeks"]),
        step=Decimal(row["step"]) if row["step"] else None,
        each_side=int(row["each_side"]),
    )


def _rows(table: str) -> Iterator[dict[str, str]]:
    text = files(__package__).joinpath(table).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return csv.DictReader(lines)
