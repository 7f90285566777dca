"""The master's own file."""

from __future__ import annotations

import gzip
from array import array
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tradegram.instruments import sources
from tradegram.instruments.rows import from_line
from tradegram.instruments.sample import DATED, load
from tradegram.instruments.sources import DamagedMaster
from tradegram.instruments.table import Table, build
from tradegram.model import Instrument, Kind

SHARE = Instrument("NSE", "ABC", Kind.SHARE, "Abc", Decimal(1), Decimal("0.05"))
TABLE = build([SHARE, replace(SHARE, symbol="DEF")], {"NSE:ABC": ["Älter"]}, DATED)


def whole_sample() -> Table:
    return build(map(from_line, load().lines()), {}, DATED)


@pytest.mark.parametrize("table", [TABLE, build([], {}, DATED), whole_sample()])
def test_what_was_saved_is_read_back(table: Table, tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    sources.save(table, path)
    assert sources.read(path) == table
    assert [entry.name for entry in tmp_path.iterdir()] == ["instruments.gz"]


def test_lines_that_meet_the_end_of_a_piece_are_read_whole(tmp_path: Path) -> None:
    path, wide = tmp_path / "instruments.gz", "Ü" * 5_000
    rows = [replace(SHARE, symbol=f"S{n}", name=f"{wide}{n}") for n in range(250)]
    table = replace(build(rows, {}, DATED), terms=[])
    sources.save(table, path)
    assert sources.read(path) == table


def test_an_empty_line_at_the_start_of_a_piece_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    fills_a_piece = "X" * (sources.PIECE - 1)
    table = replace(TABLE, lines=[fills_a_piece], chain=array("I"), terms=["X"])
    sources.save(table, path)
    assert sources.read(path) == table


def test_the_same_table_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("one.gz", "two.gz"):
        sources.save(TABLE, tmp_path / name)
    packed = [gzip.decompress((tmp_path / name).read_bytes()) for name in ("one.gz", "two.gz")]
    assert packed[0] == packed[1]


def damaged(content: bytes, how: str) -> bytes:
    text = gzip.decompress(content)
    return {
        "cut short": content[:-20],
        "empty": b"",
        "not packed": text,
        "a byte changed": gzip.compress(text.replace(b"ABC", b"ABX", 1)),
        "a line lost": gzip.compress(text.rpartition(b"\n")[0]),
        "another version": gzip.compress(text.replace(b"instruments 1", b"instruments 2", 1)),
        "no header": gzip.compress(text.partition(b"\n")[0] + b"\n"),
        "header of another shape": gzip.compress(text.replace(b'"sha256"', b'"md5"', 1)),
        "header that is a list": gzip.compress(text.split(b"\n")[0] + b"\n[]\n"),
        "wrong count": gzip.compress(text.replace(b'"lines": 2', b'"lines": 3', 1)),
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "cut short",
        "empty",
        "not packed",
        "a byte changed",
        "a line lost",
        "another version",
        "no header",
        "header of another shape",
        "header that is a list",
        "wrong count",
    ],
)
def test_a_damaged_file_is_said(how: str, tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    sources.save(TABLE, path)
    path.write_bytes(damaged(path.read_bytes(), how))
    with pytest.raises(DamagedMaster, match=r"instruments\.gz is damaged: .*download it again"):
        sources.read(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DamagedMaster, match="no instrument file"):
        sources.read(tmp_path / "instruments.gz")


def test_a_good_file_is_the_master_that_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    sources.save(TABLE, path)
    loaded = sources.load(path, DATED)
    assert loaded.find("NSE:DEF") == replace(SHARE, symbol="DEF")
    assert [row.key for row in loaded.named("älter")] == ["NSE:ABC"]


def test_what_cannot_be_read_back_never_takes_the_old_ones_place(tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    sources.save(TABLE, path)
    before = path.read_bytes()
    with pytest.raises(DamagedMaster):
        sources.save(replace(TABLE, lines=["two\nlines"]), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["instruments.gz"]


def test_a_loaded_master_knows_the_day_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "instruments.gz"
    sources.save(TABLE, path)
    master = sources.load(path, date(2026, 12, 1))
    assert (master.dated, master.today) == (DATED, date(2026, 12, 1))
