"""Prices by API: candles of the time that was asked for, and options around the money."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api.programs import Program, program


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def test_candles_are_of_the_asked_time_oldest_first_and_hang_together(desk: Program) -> None:
    asked = {"symbol": "RELIANCE", "minutes": "15", "since": "2026-11-19T03:45:00Z",
             "until": "2026-11-19T10:00:00Z"}  # fmt: skip
    said = desk.asks("GET", "/api/candles", query=asked).json
    times = [one["time"] for one in said["candles"]]

    assert (said["symbol"], said["exchange"], said["minutes"]) == ("RELIANCE", "NSE", 15)
    assert times == sorted(set(times))
    assert asked["since"] <= times[0].replace(".000", "")
    assert times[-1] <= "2026-11-19T10:00:00.000Z"
    for one in said["candles"]:
        assert one["low"] <= min(one["open"], one["close"])
        assert one["high"] >= max(one["open"], one["close"])


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"minutes": "7"}, 400),
        ({"since": "yesterday"}, 400),
        ({"since": "2026-11-19T10:00:00Z", "until": "2026-11-19T09:00:00Z"}, 400),
        ({"since": "2000-01-01T00:00:00Z", "minutes": "1"}, 400),
        ({"symbol": "NOBODY"}, 422),
        ({"account": "nobody"}, 404),
    ],
)
def test_candles_that_cannot_be_are_refused(
    desk: Program, more: dict[str, str], status: int
) -> None:
    assert desk.asks("GET", "/api/candles", query={"symbol": "INFY", **more}).status == status


def test_an_option_chain_is_of_one_expiry_around_the_money(desk: Program) -> None:
    asked = {"underlying": "nifty", "strikes": "6"}
    said = desk.asks("GET", "/api/optionchain", query=asked).json
    strikes = [one["strike"] for one in said["rows"]]

    assert said["expiry"] == said["expiries"][0]
    assert len(strikes) == 6
    assert strikes == sorted(strikes)
    assert strikes[0] < said["spot"] < strikes[-1]
    for one in said["rows"]:
        assert one["call"]["symbol"].endswith("CE")
        assert one["put"]["symbol"].endswith("PE")
        assert one["call"]["lotSize"] == one["put"]["lotSize"] == 65
    calls = [one["call"]["lastPrice"] for one in said["rows"]]
    assert calls == sorted(calls, reverse=True)  # the farther above, the cheaper

    later = desk.asks(
        "GET", "/api/optionchain", query={**asked, "expiry": said["expiries"][1]}
    ).json
    assert later["expiry"] == said["expiries"][1] != said["expiry"]


@pytest.mark.parametrize("more", [{"underlying": "INFYX"}, {"expiry": "2026-11-22"}])
def test_options_that_there_are_none_of_are_refused(desk: Program, more: dict[str, str]) -> None:
    said = desk.asks("GET", "/api/optionchain", query={"underlying": "NIFTY", **more})

    assert (said.status, said.json["error"]["code"]) == (422, "INVALID_SYMBOL")
