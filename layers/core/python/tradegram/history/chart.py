"""
The curve of equity as a PNG, drawn here: 40 lines of drawing need no picture library. Pure.

One palette image: the line over a grid, the zero line, and the figures at its edges.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 16, 704, 40, 360
WHITE, GRID, ZERO_LINE, LINE, INK = range(5)
PALETTE = bytes.fromhex("ffffffe4e7eb8a94a01565c020262d")
SCALE = 2  # dots to a letter's dot
ROWS = 4  # of the grid

# Letters of 3 x 5 dots, a row to a digit (of 8: 4 is the left dot, 1 the right one).
FONT = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717",
    "6": "74757", "7": "71111", "8": "75757", "9": "75717", "-": "00700", "+": "02720",
    ".": "00002", ",": "00024", " ": "00000", ":": "02020", "/": "11244",
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644",
    "G": "34553", "H": "55755", "I": "72227", "J": "11152", "K": "55655", "L": "44447",
    "M": "57755", "N": "65555", "O": "25552", "P": "65644", "Q": "25563", "R": "65655",
    "S": "34216", "T": "72222", "U": "55557", "V": "55552", "W": "55775", "X": "55255",
    "Y": "55222", "Z": "71247",
}  # fmt: skip


@dataclass(slots=True)
class _Canvas:
    dots: list[bytearray] = field(default_factory=lambda: [bytearray(WIDTH) for _ in range(HEIGHT)])

    def dot(self, x: int, y: int, colour: int) -> None:
        if 0 <= x < WIDTH and 0 <= y < HEIGHT:
            self.dots[y][x] = colour

    def row(self, y: int, colour: int) -> None:
        for x in range(LEFT, RIGHT + 1):
            self.dot(x, y, colour)

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Two dots thick."""
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            x, y = x0 + (x1 - x0) * step // steps, y0 + (y1 - y0) * step // steps
            for near in ((x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)):
                self.dot(*near, LINE)

    def text(self, x: int, y: int, words: str) -> None:
        """What the letters do not have is left blank."""
        for letter in words.upper():
            for row, bits in enumerate(FONT.get(letter, FONT[" "])):
                for column in range(3):
                    if int(bits) & (4 >> column):
                        self._block(x + column * SCALE, y + row * SCALE)
            x += 4 * SCALE

    def _block(self, x: int, y: int) -> None:
        for across in range(SCALE):
            for down in range(SCALE):
                self.dot(x + across, y + down, INK)

    def png(self) -> bytes:
        head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
        rows = b"".join(b"\0" + bytes(row) for row in self.dots)
        parts = [
            (b"IHDR", head),
            (b"PLTE", PALETTE),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        ]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def wide(words: str) -> int:
    """Dots that a text takes."""
    return len(words) * 4 * SCALE


def curve_png(points: Sequence[tuple[float, float]], title: str, first: str, last: str) -> bytes:
    """
    points: (when, how much), by time; at least one. It is drawn from zero on.

    title, first, last: capital letters, digits and a few signs; others are left blank.
    """
    canvas = _Canvas()
    amounts = [0.0, *(amount for _, amount in points)]
    low, high = min(amounts), max(amounts)
    high = high if high > low else low + 1.0
    began, ended = points[0][0], points[-1][0]

    def x_of(at: float) -> int:
        share = (at - began) / (ended - began) if ended > began else 1.0
        return LEFT + round(share * (RIGHT - LEFT))

    def y_of(amount: float) -> int:
        return BOTTOM - round((amount - low) / (high - low) * (BOTTOM - TOP))

    for number in range(ROWS + 1):
        canvas.row(TOP + (BOTTOM - TOP) * number // ROWS, GRID)
    canvas.row(y_of(0.0), ZERO_LINE)
    x, y = LEFT, y_of(0.0)
    for at, amount in points:
        canvas.line(x, y, x_of(at), y_of(amount))
        x, y = x_of(at), y_of(amount)
    canvas.text(LEFT, 10, title)
    canvas.text(LEFT, TOP + 4, f"{high:+,.0f}")
    canvas.text(LEFT, BOTTOM - 14, f"{low:+,.0f}")
    canvas.text(LEFT, BOTTOM + 14, first)
    canvas.text(RIGHT - wide(last), BOTTOM + 14, last)
    return canvas.png()
