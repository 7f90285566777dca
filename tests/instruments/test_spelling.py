"""Near misses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.instruments.spelling import Spelling, distance, one_edit

SYMBOLS = ("RELIANCE", "INFY", "TCS", "HDFCBANK", "TATAMOTORS", "ITC", "BANKNIFTY", "M&M")
WORDS = st.text("ABC", max_size=6)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("RELIAANCE", "RELIANCE"),
        ("RELINCE", "RELIANCE"),
        ("RLEIANCE", "RELIANCE"),
        ("INFI", "INFY"),
        ("TSC", "TCS"),
        ("HDFCBNAK", "HDFCBANK"),
        ("TATAMOTRS", "TATAMOTORS"),
        ("BNKNFTY", "BANKNIFTY"),
        ("MM", "M&M"),
    ],
)
def test_the_nearest_symbol_is_found(typed: str, meant: str) -> None:
    assert Spelling(SYMBOLS).nearest(typed, 3)[0] == meant


@pytest.mark.parametrize("typed", ["", "A", "ZZZZZZZ", "QWERTYUIOP" * 10, "TCSXX"])
def test_what_is_not_near_is_not_offered(typed: str) -> None:
    assert not Spelling(SYMBOLS).nearest(typed, 3)


def test_no_more_are_offered_than_asked_for() -> None:
    assert len(Spelling(["AAAA", "AAAB", "AAAC", "AAAD"]).nearest("AAAE", 2)) == 2


@given(WORDS)
def test_every_word_one_edit_away_is_at_most_one_away(word: str) -> None:
    assert all(distance(word, variant, 3) <= 1 for variant in one_edit(word))


@given(WORDS, WORDS)
def test_distance_is_the_same_both_ways_and_zero_only_for_the_same(one: str, other: str) -> None:
    assert distance(one, other, 6) == distance(other, one, 6)
    assert (distance(one, other, 6) == 0) is (one == other)


@given(WORDS, WORDS, st.integers(0, 3))
def test_distance_stops_counting_at_its_bound(one: str, other: str, most: int) -> None:
    assert distance(one, other, most) == min(distance(one, other, 9), most + 1)
