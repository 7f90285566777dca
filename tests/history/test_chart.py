"""The picture of the curve: a PNG that any reader can decode."""

from __future__ import annotations

import struct
import zlib

import pytest

from tradegram.history.chart import HEIGHT, LINE, WIDTH, curve_png, wide


def dots(png: bytes) -> list[bytes]:
    """The rows of palette numbers, every chunk's sum checked."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, dict[bytes, bytes]()
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + size]
        [check] = struct.unpack(">I", png[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (WIDTH, HEIGHT)
    raw = zlib.decompress(chunks[b"IDAT"])
    rows = [raw[start : start + WIDTH + 1] for start in range(0, len(raw), WIDTH + 1)]
    assert len(rows) == HEIGHT
    assert all(row[0] == 0 for row in rows)
    return [row[1:] for row in rows]


def heights(png: bytes) -> tuple[int, int]:
    """Rows of the line's left and right end."""
    found = dots(png)
    columns = [[y for y, row in enumerate(found) if row[x] == LINE] for x in range(WIDTH)]
    drawn = [column for column in columns if column]
    return drawn[0][0], drawn[-1][0]


def test_what_was_gained_ends_above_where_it_began_and_a_loss_below() -> None:
    left, right = heights(curve_png([(0.0, 0.0), (9.0, 500.0)], "X", "A", "B"))
    assert right < left
    left, right = heights(curve_png([(0.0, 0.0), (9.0, -500.0)], "X", "A", "B"))
    assert right > left


@pytest.mark.parametrize(
    "points",
    [[(5.0, 0.0)], [(5.0, -3.0)], [(1.0, 7.0), (1.0, 7.0)], 
     [(float(n), n % 7 - 3.0) for n in range(5000)],
     [(0.0, 1e15), (1.0, -1e15)]],
)  # fmt: skip
def test_any_curve_can_be_drawn(points: list[tuple[float, float]]) -> None:
    assert any(LINE in row for row in dots(curve_png(points, "paper:main ₹", "2026-11-01", "?")))


def test_a_date_fits_into_its_corner() -> None:
    assert wide("2026-11-21") < WIDTH // 4
