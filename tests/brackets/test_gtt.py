"""Orders that wait for a price: sent once, whatever dies, and never past the limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from brackets.floor import D, Floor, Killed, floor
from tickets.desks import OWNER, RELIANCE

from tradegram.brackets.gtt import Gtt, drafted_gtt, end, gtt_called, store, waiting, watch
from tradegram.brackets.round import go_round
from tradegram.brokers.registry import PAPER
from tradegram.chat.asked import Asked, Level, Unit
from tradegram.errors import UserError
from tradegram.model import Product, Side
from tradegram.risk.kill import kill, resume


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    made = floor(tmp_path)
    yield made
    made.store.close()


def stored(desk: Floor, when: str = "2900", **said: Any) -> Gtt:
    asked = Asked(RELIANCE, Side.BUY, quantity=D(10), product=Product.INTRADAY, **said)
    return store(desk.desk, drafted_gtt(desk.desk, OWNER, asked, D(when), "test"))


def around(desk: Floor, times: int = 1) -> None:
    for _ in range(times):
        go_round(desk.desk, PAPER.account_id)
        desk.look()


def said(desk: Floor) -> list[str]:
    return [one.text for one in desk.store.notices(500) if one.kind == "bracket"]


def test_it_waits_until_the_price_falls_to_it_and_is_sent_once(desk: Floor) -> None:
    stored(desk)
    around(desk, 3)
    assert desk.broker.rows == []

    desk.price("2899.90")
    around(desk, 3)

    [row] = desk.broker.rows
    assert row.terms.quantity == 10
    assert waiting(desk.desk, PAPER.account_id) == []


def test_one_above_the_market_waits_for_the_price_to_rise(desk: Floor) -> None:
    stored(desk, "3000", price=D(3005))
    desk.price("2800")
    around(desk, 2)
    assert desk.broker.rows == []

    desk.price("3000")
    around(desk, 2)

    assert [row.terms.price for row in desk.broker.rows] == [D(3005)]


def test_its_levels_become_a_bracket_in_the_same_write(desk: Floor) -> None:
    stored(desk, stop_loss=Level(D(1), Unit.PERCENT))
    desk.price("2900")
    around(desk, 2)

    assert desk.bracket().stop == D(2871)


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
def test_a_worker_may_die_at_any_write_of_it(tmp_path: Path, when: str) -> None:
    for at in range(1, 6):
        folder = tmp_path / str(at)
        folder.mkdir()
        made = floor(folder)
        stored(made)
        made.price("2900")
        setattr(made.store, when, made.store.commits + at)
        try:
            around(made, 3)
        except Killed:
            made.bell.rung.clear()
        made.clock.pass_(31)
        around(made, 8)
        assert len(made.broker.rows) <= 1, at
        assert made.store.orders(PAPER.account_id).orders, at
        made.store.close()


def test_two_workers_that_see_the_price_send_it_once(desk: Floor) -> None:
    made = stored(desk)
    desk.price("2900")

    watch(desk.desk, made)
    assert watch(desk.desk, made) == math.inf
    around(desk, 3)

    assert len(desk.broker.rows) == 1


def test_the_kill_switch_holds_it_back_and_says_so_once(desk: Floor) -> None:
    stored(desk)
    desk.price("2900")
    kill(desk.desk, OWNER)
    around(desk, 4)
    assert desk.broker.rows == []
    assert sum("kill switch" in text for text in said(desk)) == 1

    resume(desk.desk, "test")
    around(desk, 3)

    assert len(desk.broker.rows) == 1


def test_what_the_limits_forbid_when_it_is_reached_is_not_sent_and_said(desk: Floor) -> None:
    stored(desk, price=D(2900))
    desk.price("2300")  # the limit lies outside the price band by now
    around(desk, 3)

    assert desk.broker.rows == []
    assert "NOT sent" in said(desk)[-1]
    assert waiting(desk.desk, PAPER.account_id) == []


def test_one_that_was_forgotten_is_never_sent(desk: Floor) -> None:
    made = stored(desk)
    end(desk.desk, made, "forgotten")
    desk.price("2900")

    around(desk, 3)

    assert desk.broker.rows == []
    assert gtt_called(desk.desk, made.key).ended == "forgotten"


def test_nothing_is_sent_by_a_stale_price_or_in_a_closed_market(desk: Floor) -> None:
    stored(desk)
    desk.price("2900")
    desk.market.age = 31
    around(desk, 2)
    desk.market.age, desk.hours.open = 1, False
    around(desk, 2)

    assert desk.broker.rows == []


def test_a_price_that_is_there_already_is_no_trigger(desk: Floor) -> None:
    with pytest.raises(UserError, match="ordinary order"):
        stored(desk, "2948.70")
