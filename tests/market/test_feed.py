from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from statistics import median

import pytest
from clocks import StillClock
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_market import BITCOIN, CALL, FUTURE, MASTER, NIFTY
from samples import INFY

from tradegram.instruments import sample
from tradegram.market.feed import SimulatedQuotes
from tradegram.model import Instrument, Kind

D = Decimal
NOW = StillClock().now()
PUT = replace(CALL, symbol="NIFTY26NOV24000PE", kind=Kind.PUT)
STRANGER = Instrument("NSE", "NOSUCH", Kind.SHARE, "", D(1), D("0.05"))
ALL = [INFY, NIFTY, FUTURE, CALL, PUT, BITCOIN, STRANGER]
moments = st.floats(1_700_000_000, 2_000_000_000)


def feed(seed: int = 1) -> SimulatedQuotes:
    return SimulatedQuotes(StillClock(), seed, MASTER)


@given(instrument=st.sampled_from(ALL), seed=st.integers(0, 2**31), t=moments)
@settings(deadline=None)
def test_every_quote_is_in_order_and_on_the_tick(
    instrument: Instrument, seed: int, t: float
) -> None:
    quote = feed(seed).at(instrument, t)
    assert 0 < quote.bid < quote.last < quote.ask
    assert quote.low <= min(quote.open, quote.last)
    assert quote.high >= max(quote.open, quote.last)
    for price in (quote.last, quote.bid, quote.ask, quote.open, quote.high, quote.low):
        assert price % instrument.tick_size == 0
    for size in (quote.bid_size, quote.ask_size):
        assert size > 0
        assert size % instrument.lot_size == 0
    assert t - 1 < quote.at <= t
    assert quote.source == "simulated"


@given(instrument=st.sampled_from(ALL), looks=st.lists(moments, min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_a_price_depends_on_nothing_that_was_asked_before(
    instrument: Instrument, looks: list[float]
) -> None:
    one = feed()
    there = [one.at(instrument, t) for t in looks]
    assert [one.at(instrument, t) for t in reversed(looks)] == there[::-1]
    assert [feed().at(instrument, t) for t in looks] == there


def test_another_process_with_another_hash_seed_sees_the_same_price() -> None:
    program = (
        "from paper_market import *\n"
        f"print([str(SimulatedQuotes(StillClock(), 7, MASTER).at(i, {NOW}).last)"
        " for i in (INFY, FUTURE, CALL)])"
    )
    path = os.pathsep.join(one for one in sys.path if one)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "123"}
    said = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    here = [str(feed(7).at(one, NOW).last) for one in (INFY, FUTURE, CALL)]
    assert said.stdout.strip() == str(here)


@pytest.mark.parametrize(
    ("key", "level"),
    [
        ("NSE:NIFTY 50", 24_000),
        ("NSE:NIFTY BANK", 52_000),
        ("NSE:RELIANCE", 2_950),
        ("NSE:INFY", 1_500),
    ],
)
def test_prices_stay_within_a_few_percent_of_where_the_documents_begin(
    key: str, level: int
) -> None:
    master = sample.load()
    instrument = master.find(key)
    assert instrument is not None
    for seed in range(5):
        one = SimulatedQuotes(StillClock(), seed, master)
        for days in range(0, 400, 10):
            last = one.at(instrument, NOW + days * 86_400.0).last
            assert abs(last / level - 1) < D("0.03")


@pytest.mark.parametrize("instrument", [INFY, NIFTY, FUTURE, BITCOIN])
def test_the_market_moves_within_seconds_and_seldom_half_a_percent_in_a_minute(
    instrument: Instrument,
) -> None:
    one = feed()
    day = [one.at(instrument, NOW + seconds).last for seconds in range(0, 86_400, 20)]
    still = sum(before == after for before, after in pairwise(day))
    far = sum(
        abs(after / before - 1) > D("0.005") for before, after in zip(day, day[3:], strict=False)
    )
    assert still < len(day) / 10
    assert far < len(day) / 100


@given(t=st.floats(NOW, NOW + 4 * 86_400))
@settings(deadline=None)
def test_derivatives_follow_what_they_are_written_on(t: float) -> None:
    one = feed()
    index, future = one.at(NIFTY, t).last, one.at(FUTURE, t).last
    assert 0 <= future / index - 1 < D("0.001")
    call, put = one.at(CALL, t).last, one.at(PUT, t).last
    assert call >= index - 24000
    assert put >= 24000 - index
    assert abs((call - put) - (index - 24000)) < 25  # what money costs until expiry


def test_both_exchanges_of_a_share_agree_on_its_price() -> None:
    there = replace(INFY, exchange="BSE")
    assert feed().at(INFY, NOW).last == feed().at(there, NOW).last


def test_the_range_of_the_day_holds_every_price_it_was_taken_from() -> None:
    one = feed()
    quotes = [one.at(INFY, NOW + minutes * 60.0) for minutes in range(300)]
    assert len({quote.open for quote in quotes}) == 1
    assert len({quote.previous_close for quote in quotes}) == 1
    assert quotes[-1].high > quotes[-1].low


@pytest.mark.parametrize(("instrument", "most"), [(INFY, 200e-6), (FUTURE, 200e-6), (CALL, 300e-6)])
def test_a_quote_is_cheap(instrument: Instrument, most: float) -> None:
    one = feed()
    assert median(_took(lambda t: one.at(instrument, t))) < most


def _took(work: Callable[[float], object]) -> list[float]:
    took = list[float]()
    for number in range(400):
        began = time.thread_time()
        work(NOW + number)
        took.append(time.thread_time() - began)
    return took
