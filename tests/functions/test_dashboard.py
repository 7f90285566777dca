"""The page as Lambda serves it: API Gateway takes cookies out of the headers and puts them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from houses import house
from lambdas import USERS, Lambdas, sample
from loopback.bot_api import BotApi

ANU = USERS[0]


@pytest.fixture(scope="module")
def desk() -> Iterator[Lambdas]:
    with BotApi(says_only=True) as api, house("moto", api) as made:
        yield made


def asked(
    desk: Lambdas, method: str, path: str, body: Any = None, cookies: tuple[str, ...] = (),
    **headers: str,
) -> dict[str, Any]:  # fmt: skip
    event = sample("dashboard")
    event["requestContext"]["http"] |= {"method": method, "path": path}
    event |= {"rawPath": path, "body": None if body is None else json.dumps(body)}
    event["headers"] |= {"content-type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    if cookies:
        event["cookies"] = list(cookies)
    answer: dict[str, Any] = desk.invoke("api", event)
    return answer


def test_the_page_and_its_parts_are_served_with_their_types(desk: Lambdas) -> None:
    for path, kind in (("", "text/html"), ("/dashboard.css", "text/css"),
                       ("/lightweight-charts.mjs", "text/javascript")):  # fmt: skip
        answer = asked(desk, "GET", f"/dashboard{path}")
        assert answer["statusCode"] == 200
        assert answer["headers"]["content-type"] == f"{kind}; charset=utf-8"
        assert "script-src 'self'" in answer["headers"]["Content-Security-Policy"]


def test_who_comes_by_a_link_trades_with_cookie_and_word(desk: Lambdas) -> None:
    keeper = desk.app("api").keeper_of(desk.app("api").desk)
    door = keeper.dashboard(ANU).url.partition("#door=")[2]
    entered = asked(desk, "POST", "/dashboard/enter", {"door": door})
    me = json.loads(entered["body"])
    cookie = entered["headers"]["Set-Cookie"].partition(";")[0]
    order = {"symbol": "INFY", "transactionType": "BUY", "orderType": "MARKET", "quantity": 1}

    refused = asked(desk, "POST", "/api/tickets", order, ("other=1", cookie))
    opened = asked(desk, "POST", "/api/tickets", order, ("other=1", cookie),
                   x_csrf_token=me["proof"])  # fmt: skip

    assert cookie.startswith("__Host-")
    assert "Secure" in entered["headers"]["Set-Cookie"]
    assert me["live"] is False
    assert (refused["statusCode"], opened["statusCode"]) == (403, 201)
    assert asked(desk, "GET", "/dashboard/events", cookies=(cookie,))["statusCode"] == 404
