"""
One broker's listings as a file that is mapped, not read: 250,000 of them as objects would take
seconds and 400 MB in every process.

    tradegram listings 1
    {"broker": "zerodha", "dated": "2026-11-21", "rows": 3, "tokens": 2, "size": 180, "sha256": ...}
    one line per listing, ascending: the instrument (see `instruments.rows`), segment, symbol,
    token, and what else its requests want, as JSON
    numbers of four bytes, little end first: where each line begins, and the end of the last; the
    lines by segment and symbol; those that have a token by segment and token

sha256 is over everything below the second line.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tradegram.brokers.listings import Listing, unlisted
from tradegram.errors import SettingError
from tradegram.instruments.rows import FIELDS, from_line, prefix, to_line
from tradegram.model import Instrument

FIRST_LINE = b"tradegram listings 1\n"
MOST_HEADER = 10_000
NUMBER = 4  # bytes
SEGMENT, SYMBOL, TOKEN, MORE = FIELDS, FIELDS + 1, FIELDS + 2, FIELDS + 3


class DamagedListings(SettingError):
    """The file cannot be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a file says of itself."""

    broker: str
    dated: date
    rows: int
    sha256: str


def save(broker: str, rows: Iterable[Listing], dated: date, path: Path) -> Described:
    """
    Write the file beside the old one, read it back, then put it in its place.

    Of rows with the same instrument the last one stays. Raises DamagedListings and OSError; the
    old file stays then.
    """
    lines = sorted({row.instrument.key: _line(row) for row in rows}.values())
    body = _body(lines)
    header = {
        "broker": broker,
        "dated": dated.isoformat(),
        "rows": len(lines),
        "tokens": sum(1 for line in lines if _fields(line)[TOKEN]),
        "size": sum(len(line.encode()) + 1 for line in lines),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(FIRST_LINE + json.dumps(header, sort_keys=True).encode() + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        said = ListingsFile(beside).described
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return said


class ListingsFile:
    """
    Implements Listings over a file. Safe to share between threads; the file may be replaced.

    Raises DamagedListings when the file is not whole.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                if file.readline(len(FIRST_LINE)) != FIRST_LINE:
                    raise ValueError("it does not begin as such a file does")  # noqa: TRY301
                header = json.loads(file.readline(MOST_HEADER))
                start = file.tell()
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.described = Described(
                header["broker"],
                date.fromisoformat(header["dated"]),
                int(header["rows"]),
                header["sha256"],
            )
            self._take(start, int(header["size"]), int(header["tokens"]))
        except FileNotFoundError:
            raise DamagedListings(f"There is no list {path.name}.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedListings(f"The list {path.name} is damaged: {error}.") from error

    def _take(self, start: int, size: int, tokens: int) -> None:
        with memoryview(self._map) as whole:
            if hashlib.sha256(whole[start:]).hexdigest() != self.described.sha256:
                raise ValueError("its checksum is wrong")
        rows = self.described.rows
        whole = memoryview(self._map)
        self._lines = whole[start : start + size]
        numbers = whole[start + size :]
        ends = [NUMBER * count for count in (rows + 1, 2 * rows + 1, 2 * rows + 1 + tokens)]
        if len(numbers) != ends[-1]:
            raise ValueError("numbers are missing")
        self._starts = numbers[: ends[0]].cast("I")
        self._by_symbol = numbers[ends[0] : ends[1]].cast("I")
        self._by_token = numbers[ends[1] :].cast("I")

    def __len__(self) -> int:
        return self.described.rows

    def lines(self) -> Iterator[str]:
        """Of instruments, see `instruments.rows`, ascending."""
        for number in range(len(self)):
            yield "\t".join(self._row(number)[:FIELDS])

    def of(self, instrument: Instrument) -> Listing:
        start = prefix(instrument.exchange, instrument.symbol) + "\t"
        number = bisect_left(range(len(self)), start, key=self._text)
        if number == len(self) or not self._text(number).startswith(start):
            raise unlisted(self.described.broker, instrument)
        return _listing(self._row(number))

    def by_symbol(self, segment: str, symbol: str) -> Instrument:
        return self._found(self._by_symbol, SYMBOL, f"{segment}\t{symbol}")

    def by_token(self, segment: str, token: str) -> Instrument:
        return self._found(self._by_token, TOKEN, f"{segment}\t{token}")

    def _found(self, order: memoryview[int], field: int, wanted: str) -> Instrument:
        """Raises KeyError."""

        def key(number: int) -> str:
            return _key(self._row(number), field)

        place = bisect_left(order, wanted, key=key)
        if place == len(order) or key(order[place]) != wanted:
            raise KeyError(wanted)
        return _listing(self._row(order[place])).instrument

    def _row(self, number: int) -> list[str]:
        return self._text(number).split("\t")

    def _text(self, number: int) -> str:
        return str(self._lines[self._starts[number] : self._starts[number + 1] - 1], "utf-8")


def _line(row: Listing) -> str:
    more = json.dumps(row.more, separators=(",", ":")) if row.more else ""
    line = "\t".join((to_line(row.instrument), row.segment, row.symbol, row.token, more))
    if line.count("\t") != MORE or len(line.splitlines()) != 1:
        raise DamagedListings(f"A tab or line break in what is listed of {row.instrument.key!r}.")
    return line


def _fields(line: str) -> list[str]:
    return line.split("\t")


def _listing(row: list[str]) -> Listing:
    more = json.loads(row[MORE]) if row[MORE] else {}
    instrument = from_line("\t".join(row[:FIELDS]))
    return Listing(instrument, row[SEGMENT], row[SYMBOL], row[TOKEN], more)


def _body(lines: list[str]) -> bytes:
    text = [f"{line}\n".encode() for line in lines]
    starts, at = array("I", [0]), 0
    for one in text:
        at += len(one)
        starts.append(at)
    by_symbol = _order([_key(_fields(line), SYMBOL) for line in lines], range(len(lines)))
    tokens = [_key(_fields(line), TOKEN) for line in lines]
    by_token = _order(tokens, (number for number, key in enumerate(tokens) if key[-1] != "\t"))
    return b"".join([*text, *(_little(each) for each in (starts, by_symbol, by_token))])


def _order(keys: Sequence[str], numbers: Iterable[int]) -> array[int]:
    return array("I", sorted(numbers, key=keys.__getitem__))


def _key(row: Sequence[str], field: int) -> str:
    return f"{row[SEGMENT]}\t{row[field]}"


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
