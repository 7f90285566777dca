"""Positions at the broker against the fills known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor
from samples import INFY

from tradegram.history.drift import check_drift
from tradegram.model import Fill, Instrument, Kind, Position, Product, Side

MAIN = "paper:main"
DAY, HOUR = 86_400.0, 3600.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        yield made


def held(
    quantity: int, instrument: Instrument = INFY, product: Product = Product.INTRADAY
) -> Position:
    ten = Decimal(10)
    return Position(MAIN, instrument, product, Decimal(quantity), ten, ten, Decimal(0), None)


def bought(quantity: int, number: int = 1, instrument: Instrument = INFY,
           product: Product = Product.INTRADAY) -> Fill:  # fmt: skip
    return Fill(
        str(number), f"B{number}", "", instrument, Side.BUY, product, Decimal(quantity),
        Decimal(10), 1_795_149_000.0,
    )  # fmt: skip


def alerts(desk: Floor) -> list[str]:
    return [each.text for each in desk.store.notices(100) if each.kind == "alert"]


def check(desk: Floor, positions: list[Position], fills: list[Fill], times: int = 2) -> None:
    for _ in range(times):
        check_drift(desk.desk, MAIN, positions, fills)


def test_a_position_that_moves_by_its_fills_is_no_drift(desk: Floor) -> None:
    check(desk, [held(10)], [bought(10)])
    check(desk, [held(15)], [bought(10), bought(5, 2)])

    assert alerts(desk) == []


def test_what_was_held_before_the_first_look_is_where_the_day_begins(desk: Floor) -> None:
    check(desk, [held(7)], [])
    check(desk, [held(9)], [bought(2)])

    assert alerts(desk) == []


def test_a_difference_is_told_once_when_it_was_seen_twice_and_again_when_it_changes(
    desk: Floor,
) -> None:
    check(desk, [held(10)], [bought(10)], times=1)
    check(desk, [held(13)], [bought(10)], times=1)
    assert alerts(desk) == []  # brokers list a position and its fill at different times

    check(desk, [held(13)], [bought(10)], times=5)
    [told] = alerts(desk)
    assert "NSE:INFY MIS +3" in told
    assert "Nothing was changed" in told

    check(desk, [held(14)], [bought(10)], times=5)
    assert len(alerts(desk)) == 2
    check(desk, [held(10)], [bought(10)], times=5)
    assert "agree with the fills again" in alerts(desk)[2]


def test_a_difference_that_flickers_is_never_told(desk: Floor) -> None:
    check(desk, [held(10)], [bought(10)], times=1)
    for _ in range(5):
        check(desk, [held(13)], [bought(10)], times=1)
        check(desk, [held(10)], [bought(10)], times=1)

    assert alerts(desk) == []


def test_intraday_begins_anew_each_day_and_what_is_carried_must_still_be_there(desk: Floor) -> None:
    future = desk.desk.instruments.named("NIFTY")[0]
    expiry = desk.desk.instruments.expiries("NIFTY", options=False)[-1]
    future = desk.desk.instruments.future("NIFTY", expiry) or future
    assert future.kind is Kind.FUTURE
    carried = held(65, future, Product.CARRY_FORWARD)
    fill = bought(65, 1, future, Product.CARRY_FORWARD)
    check(desk, [held(10), carried], [bought(10), fill])
    desk.clock.pass_(DAY)
    check(desk, [carried], [])
    assert alerts(desk) == []

    desk.clock.pass_(DAY)
    check(desk, [], [], times=3)

    [told] = alerts(desk)
    assert f"{future.key} NRML -65" in told


def test_a_contract_that_has_expired_may_be_gone(desk: Floor) -> None:
    nobodys = replace(INFY, exchange="NFO", symbol="GONE26NOVFUT", expiry=date(2026, 11, 20))
    check(desk, [held(65, nobodys, Product.CARRY_FORWARD)],
          [bought(65, 1, nobodys, Product.CARRY_FORWARD)])  # fmt: skip
    desk.clock.pass_(DAY)
    check(desk, [], [], times=3)

    assert alerts(desk) == []


def test_a_contract_is_settled_without_a_fill_on_its_last_evening(desk: Floor) -> None:
    nobodys = replace(INFY, exchange="NFO", symbol="GONE26NOVFUT", expiry=date(2026, 11, 20))
    fill = bought(65, 1, nobodys, Product.CARRY_FORWARD)
    check(desk, [held(65, nobodys, Product.CARRY_FORWARD)], [fill])
    desk.clock.pass_(HOUR)
    check(desk, [], [fill], times=1)  # at 11:00 it is still traded
    desk.clock.pass_(5 * HOUR)
    check(desk, [], [fill], times=3)

    assert alerts(desk) == []


def test_a_drift_is_in_the_audit_chain_with_before_and_after(desk: Floor) -> None:
    check(desk, [held(10)], [bought(10)])
    check(desk, [held(13)], [bought(10)])

    last = desk.store.head(MAIN)
    assert last is not None
    assert '"after":{"NSE:INFY|MIS":"3"}' in last.body
    assert '"before":{}' in last.body
