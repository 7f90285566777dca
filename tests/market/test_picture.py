from __future__ import annotations

import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from clocks import StillClock
from matplotlib.image import imread
from samples import INFY

import tradegram
from tradegram.market import drawing, picture
from tradegram.market.calendar import TradingCalendar
from tradegram.market.candles import simulated
from tradegram.market.feed import SimulatedQuotes
from tradegram.market.picture import chart_png, moments
from tradegram.model import Candle

CLOCK = StillClock()
NOW = CLOCK.now()
MUMBAI = ZoneInfo("Asia/Kolkata")
DAY = 86_400.0
CANDLES = simulated(
    SimulatedQuotes(CLOCK, 1), TradingCalendar().is_open, INFY, 15, NOW - 3 * DAY, NOW
)


def flat(at: float) -> Candle:
    five = Decimal(5)
    return Candle(at, five, five, five, five, Decimal(0))


def test_a_chart_is_a_png_as_wide_as_a_phone_with_rises_falls_and_volumes() -> None:
    png = chart_png(CANDLES, "INFY · 15m · ₹1,495.20", "simulated prices", MUMBAI, Decimal(1495))
    dots = imread(io.BytesIO(png), format="png")
    high, wide, _ = dots.shape
    assert (wide, high) == (1080, 1200)
    assert png.startswith(b"\x89PNG")
    assert (dots[0, 0, :3] == 1.0).all()  # light
    found = {
        tuple(round(float(part) * 255) for part in dot) for dot in dots[..., :3].reshape(-1, 3)
    }
    for colour in (drawing.RISES, drawing.FALLS, drawing.INK):
        assert tuple(bytes.fromhex(colour[1:])) in found


def test_one_candle_is_a_chart_too() -> None:
    assert chart_png(CANDLES[-1:], "INFY", "", MUMBAI).startswith(b"\x89PNG")


def test_a_market_that_did_not_move_is_drawn() -> None:
    still = [flat(float(at * 60)) for at in range(3)]
    assert chart_png(still, "FLAT", "", MUMBAI).startswith(b"\x89PNG")


def test_the_other_process_gets_no_secrets_and_ends_where_there_is_no_library() -> None:
    bare = [sys.executable, "-S", "-m", drawing.__name__]  # without any installed package
    root = str(Path(tradegram.__file__).parents[1])
    done = subprocess.run(
        bare, input=b"{}", capture_output=True, check=False, timeout=30, env={"PYTHONPATH": root}
    )
    assert done.returncode == drawing.NO_LIBRARY
    assert {"PATH", "HOME"} <= set(picture.PASSED_ON)
    assert not [name for name in picture.PASSED_ON if "TOKEN" in name or "TRADEGRAM" in name]


@pytest.mark.parametrize(
    ("candles", "words"),
    [
        ([flat(NOW)], ["10:00"]),
        ([flat(0.0), flat(DAY)], ["01 Jan", "02 Jan"]),
    ],
)
def test_the_words_below_are_times_or_days(candles: list[Candle], words: list[str]) -> None:
    assert moments(candles, MUMBAI)[: len(words)] == words
