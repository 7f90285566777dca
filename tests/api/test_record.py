"""What was: results by day and their curve, the audit newest first; what holds: limits, logins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, new_key, program

from tradegram.api.caller import Scope
from tradegram.api.record import MOST_POINTS, thinned
from tradegram.history.keep import keep
from tradegram.history.trade import Trade, day_of
from tradegram.model import Kind, Product, Side
from tradegram.risk.change import set_limit

DAY = 86_400.0


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Program]:
    with program(tmp_path) as made:
        yield made


def traded(desk: Program, days_ago: int, side: Side, price: int, number: str) -> None:
    at = desk.floor.clock.now() - days_ago * DAY
    trade = Trade(
        "paper:main", number, f"B{number}", "NSE:INFY", Kind.SHARE, side, Product.INTRADAY,
        Decimal(10), Decimal(price), at, day_of(at), charges=Decimal(5),
    )  # fmt: skip
    keep(desk.floor.store, "paper:main", [trade], by="test")


def test_results_come_by_day_and_the_days_add_up(desk: Program) -> None:
    traded(desk, 3, Side.BUY, 1500, "1")
    traded(desk, 2, Side.SELL, 1510, "2")
    traded(desk, 1, Side.BUY, 1500, "3")
    traded(desk, 1, Side.SELL, 1490, "4")

    said = desk.asks("GET", "/api/pnl", query={"period": "all"}).json
    [found] = said["results"]

    assert [(one["net"], one["trades"]) for one in found["days"]] == [(-5, 1), (95, 1), (-110, 2)]
    assert found["net"] == sum(one["net"] for one in found["days"]) == found["curve"][-1]["value"]
    assert (found["winRate"], found["drawdown"], found["charges"]) == (0.5, 110, 20)
    first = day_of(desk.floor.clock.now()) - timedelta(days=3)
    assert said["first"] == first.isoformat()


def test_a_period_that_nobody_knows_is_refused(desk: Program) -> None:
    assert desk.asks("GET", "/api/pnl", query={"period": "soon"}).status == 400


def test_a_curve_is_as_long_as_a_screen_is_wide() -> None:
    curve = [(float(at), Decimal(at)) for at in range(12_345)]

    assert len(thinned(curve)) <= MOST_POINTS
    assert thinned(curve)[-1] == curve[-1]
    assert thinned(curve[:3]) == curve[:3]
    assert thinned([]) == []


def test_the_audit_is_read_page_by_page_and_no_link_is_missing(desk: Program) -> None:
    for quantity in range(1, 6):
        desk.asks("POST", ORDERS, LIMIT_ORDER | {"quantity": quantity})
    whole = list(desk.floor.store.chain("paper:main"))

    found: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(len(whole)):
        said = desk.asks("GET", "/api/audit", query={"limit": "2", **cursor}).json
        found += [one["sequence"] for one in said["links"]]
        if "nextCursor" not in said:
            break
        cursor = {"cursor": said["nextCursor"]}

    assert found == [one.sequence for one in reversed(whole)]
    newest = desk.asks("GET", "/api/audit", query={"limit": "1"}).json["links"][0]
    assert newest["digest"] == whole[-1].digest
    assert newest["by"]


def test_the_desks_own_audit_is_not_for_a_key_of_one_account(desk: Program) -> None:
    narrow = new_key(desk.floor, Scope.READ, name="narrow", accounts=("paper:main",))

    assert desk.asks("GET", "/api/audit", query={"account": "desk"}).status == 200
    assert desk.asks("GET", "/api/audit", query={"account": "desk"}, key=narrow).status == 403


@pytest.mark.parametrize("cursor", ["????", "YWJj", "LTE", "OTk5OTk5OTk5OTk5OTk5"])
def test_a_cursor_of_no_page_is_refused(desk: Program, cursor: str) -> None:
    assert desk.asks("GET", "/api/audit", query={"cursor": cursor}).status == 400


def test_limits_are_those_of_the_caller_with_the_days_use(desk: Program) -> None:
    set_limit(desk.floor.desk, "user:7", "trades_per_day", 20, user_id=7)
    desk.asks("POST", ORDERS, LIMIT_ORDER)

    said = desk.asks("GET", "/api/limits").json
    found = {one["name"]: one for one in said["limits"]}

    assert said["killed"] is False
    assert (found["trades_per_day"]["value"], found["trades_per_day"]["today"]) == (
        "20", "1 of 20 yours on all accounts",
    )  # fmt: skip


def test_a_paper_account_is_logged_in_and_needs_no_login(desk: Program) -> None:
    [only] = desk.asks("GET", "/api/sessions").json["sessions"]

    assert (only["accountId"], only["phase"]) == ("paper:main", "IN")
    assert desk.asks("POST", "/api/sessions/main").status == 422
    assert desk.asks("POST", "/api/sessions/nothing").status == 404
