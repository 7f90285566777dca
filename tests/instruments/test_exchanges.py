"""The order in which people mean exchanges."""

from __future__ import annotations

from tradegram.instruments.exchanges import EXCHANGES, rank


def test_nse_comes_first_and_the_unknown_last() -> None:
    assert sorted(["LSE", "BSE", "NSE"], key=rank) == ["NSE", "BSE", "LSE"]
    assert [rank(exchange) for exchange in EXCHANGES] == list(range(len(EXCHANGES)))
