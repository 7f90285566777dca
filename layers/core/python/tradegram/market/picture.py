"""Have a chart drawn by another process, within a time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from tradegram.errors import UserError
from tradegram.market import drawing
from tradegram.model import Candle

SECONDS = 30.0  # the library's first run on a machine reads every font
MOST = 400  # candles that a phone's width shows
# The other process needs a folder for its own notes, and no secrets.
PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "TMPDIR", "MPLCONFIGDIR", "LD_LIBRARY_PATH", "LANG")


def chart_png(
    candles: Sequence[Candle],
    title: str,
    note: str,
    zone: ZoneInfo,
    last: Decimal | None = None,
    *,
    lakhs: bool = True,
) -> bytes:
    """
    At least one candle, oldest first; only the last 400 are drawn. title, note: one line each.
    lakhs: counts volumes in them, and not in millions.

    Raises UserError in a sentence: there is no library here, or it took too long.
    """
    shown = candles[-MOST:]
    asked = {
        "candles": [
            (when, *_numbers(one)) for when, one in zip(moments(shown, zone), shown, strict=True)
        ],
        "title": title,
        "note": note,
        "lakhs": lakhs,
        "last": None if last is None else float(last),
    }
    return _drawn(json.dumps(asked))


def _drawn(asked: str) -> bytes:
    here = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    here["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    words = [sys.executable, "-m", drawing.__name__]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, nothing of anybody's words
            words, input=asked.encode(), capture_output=True, timeout=SECONDS, check=False, env=here
        )
    except subprocess.TimeoutExpired as error:
        raise UserError("The chart took too long to draw. Ask again, or for fewer days.") from error
    if done.returncode == drawing.NO_LIBRARY:
        raise UserError(
            "This desk runs where no charts can be drawn. A desk on a machine of your own draws "
            "them; /q has the price."
        )
    if done.returncode:
        raise UserError("The chart could not be drawn. /q has the price.")
    return done.stdout


def _numbers(one: Candle) -> tuple[float, ...]:
    return tuple(map(float, (one.open, one.high, one.low, one.close, one.volume)))


def moments(candles: Sequence[Candle], zone: ZoneInfo) -> list[str]:
    """When each began: a day where they are days, else the time, with the day where it is new."""
    times = [datetime.fromtimestamp(one.at, zone) for one in candles]
    apart = {later.at - one.at for one, later in pairwise(candles)}
    if apart and min(apart) >= 86_400:
        return [f"{time:%d %b}" for time in times]
    form = "%H:%M" if len({time.date() for time in times}) == 1 else "%d %b\n%H:%M"
    return [time.strftime(form) for time in times]
