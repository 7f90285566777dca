"""
A chart as a PNG on standard output, from JSON on standard input: `python -m` runs it.

It is a program of its own because the library that draws is large, slow to load and cannot be
stopped: here it costs the desk neither memory nor time, and is ended when it takes too long.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, HIGH, DPI = 7.2, 8.0, 150  # inches: 1080 x 1200 dots, a phone's width
RISES, FALLS, INK, LINES = "#0a7f5a", "#c0392b", "#1b1f24", "#e4e7eb"
BODY = 0.7  # of the room a candle has
LAKHS = ((1e7, "Cr"), (1e5, "L"), (1e3, "K"))
MILLIONS = ((1e6, "M"), (1e3, "K"))
TICKS = 6  # words below the chart
NO_LIBRARY = 3  # exit code


def main(given: TextIO, out: BinaryIO) -> int:
    try:
        import matplotlib as mpl
    except ImportError:
        return NO_LIBRARY
    mpl.use("Agg")
    out.write(drawn(json.load(given)))
    return 0


def drawn(asked: Mapping[str, Any]) -> bytes:
    """
    candles: (when in words, open, high, low, close, volume) each. title, note: one line each.

    last: price of the dashed line, None for none. lakhs: how volumes are counted.
    """
    import io

    from matplotlib.figure import Figure

    candles: Sequence[Sequence[Any]] = asked["candles"]
    figure = Figure(figsize=(WIDE, HIGH), dpi=DPI, layout="constrained")
    price, volume = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    _candles(price, candles)
    _volumes(volume, candles, LAKHS if asked["lakhs"] else MILLIONS)
    if asked["last"] is not None:
        price.axhline(asked["last"], color=INK, linewidth=1, linestyle="--")
    price.set_title(asked["title"], loc="left", fontsize=17, color=INK, fontweight="bold")
    volume.set_xlabel(asked["note"], loc="left", fontsize=12, color=INK)
    price.yaxis.set_major_formatter("{x:,.10g}")
    for axes in (price, volume):
        _plain(axes)
    places = _places(len(candles))
    volume.set_xticks(places, [candles[place][0] for place in places], fontsize=12)
    volume.set_xlim(-1, len(candles))
    picture = io.BytesIO()
    figure.savefig(picture, format="png", facecolor="white")
    return picture.getvalue()


def _candles(axes: Axes, candles: Sequence[Sequence[Any]]) -> None:
    for colour, rises in ((RISES, True), (FALLS, False)):
        some = [(at, one) for at, one in enumerate(candles) if (one[4] >= one[1]) is rises]
        places = [at for at, _ in some]
        lows, highs = [one[3] for _, one in some], [one[2] for _, one in some]
        axes.vlines(places, lows, highs, colors=colour, linewidths=1)
        bottoms = [min(one[1], one[4]) for _, one in some]
        least = max((one[2] for one in candles), default=1.0) * 2e-5  # a body nobody sees is none
        heights = [max(abs(one[4] - one[1]), least) for _, one in some]
        axes.bar(places, heights, BODY, bottoms, color=colour)


def _volumes(
    axes: Axes, candles: Sequence[Sequence[Any]], large: Sequence[tuple[float, str]]
) -> None:
    colours = [RISES if one[4] >= one[1] else FALLS for one in candles]
    axes.bar(range(len(candles)), [one[5] for one in candles], BODY, color=colours, alpha=0.6)
    axes.locator_params(axis="y", nbins=3)
    axes.yaxis.set_major_formatter(lambda number, _: _short(number, large))


def _short(number: float, large: Sequence[tuple[float, str]]) -> str:
    """`2.5L`, `10M`, `500`."""
    for least, letter in large:
        if number >= least:
            return f"{number / least:.10g}{letter}"
    return f"{number:.10g}"


def _plain(axes: Axes) -> None:
    axes.grid(color=LINES, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, labelsize=12, labelright=True, labelleft=False, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _places(count: int) -> list[int]:
    """Where words stand, evenly."""
    few = min(TICKS, count)
    return sorted({round((count - 1) * at / max(few - 1, 1)) for at in range(few)})


if __name__ == "__main__":
    sys.exit(main(sys.stdin, sys.stdout.buffer))
