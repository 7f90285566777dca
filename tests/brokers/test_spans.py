from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.brokers.spans import MOST, check_length, spans
from tradegram.errors import UserError

whole = st.integers(0, 500)


@given(whole, whole, st.integers(1, 50), st.sampled_from([1, 60]))
def test_the_pieces_are_the_whole_without_overlap_or_gap(
    since: int, length: int, most: int, grain: int
) -> None:
    since, length, most = since * grain, length * grain, most * grain
    if length >= MOST * most:
        with pytest.raises(UserError):
            list(spans(since, since + length, most, grain))
        return

    found = list(spans(since, since + length, most, grain))

    covered = [at for first, last in found for at in range(int(first), int(last) + 1, grain)]
    assert covered == list(range(since, since + length + 1, grain))
    assert len(found) <= MOST


def test_a_length_that_the_broker_does_not_have_is_refused_with_those_it_has() -> None:
    check_length("Binance", 5, {1: "1m", 5: "5m"})

    with pytest.raises(UserError, match=r"Binance has no candles of 7 minutes. There are: 1, 5\."):
        check_length("Binance", 7, {1: "1m", 5: "5m"})
