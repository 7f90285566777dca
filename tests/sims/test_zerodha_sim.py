"""The simulated Kite refuses what the real one is known to refuse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from clocks import StillClock
from conformance.listed import few
from samples import INFY

from tradegram.sims.floor import Floor, Standing
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked, Said
from tradegram.sims.zerodha import ZerodhaSim

ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": "10",
    "product": "CNC", "order_type": "LIMIT", "price": "1499.95", "validity": "DAY", "tag": "A1",
}  # fmt: skip


class App:
    """Somebody's app at this Kite."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.floor = Floor(self.clock.now, prices={INFY.key: Decimal("1500.05")})
        self.kite = ZerodhaSim(self.floor, Stock(self.floor, few()))
        self.token = self.log_in(self.page())["data"]["access_token"]

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Said:
        headers = {"authorization": f"token {self.kite.api_key}:{self.token}"}
        content = urlencode(form or {}).encode()
        return self.kite.answer(Asked(method, path, {}, headers, content))

    def page(self) -> str:
        asked = {"v": "3", "api_key": self.kite.api_key}
        back = self.kite.answer(Asked("GET", "/connect/login", asked, {}, b"")).headers["location"]
        return back.partition("request_token=")[2]

    def log_in(self, once: str, secret: str = "") -> dict[str, dict[str, str]]:
        proof = f"{self.kite.api_key}{once}{secret or self.kite.api_secret}"
        form = {
            "api_key": self.kite.api_key,
            "request_token": once,
            "checksum": hashlib.sha256(proof.encode()).hexdigest(),
        }
        asked = Asked("POST", "/session/token", {}, {}, urlencode(form).encode())
        found: dict[str, dict[str, str]] = json.loads(self.kite.answer(asked).content)
        return found

    def place(self, **changes: str) -> tuple[int, str]:
        answer = self.ask("POST", "/orders/regular", {**ORDER, **changes})
        return answer.status, json.loads(answer.content).get("error_type", "")


@pytest.fixture
def app() -> App:
    return App()


@pytest.mark.parametrize(
    "changes",
    [
        {"order_type": "MARKET"},
        {"order_type": "MARKET", "market_protection": "0"},
        {"order_type": "MARKET", "market_protection": "101"},
        {"order_type": "SL-M", "trigger_price": "1510"},
        {"tag": "A" * 21},
        {"tag": "a-b"},
        {"price": "1499.96"},
        {"price": "1.5E3"},
        {"price": "0"},
        {"quantity": "0"},
        {"quantity": "1.0"},
        {"quantity": "-5"},
        {"product": "BO"},
        {"validity": "GTC"},
        {"order_type": "SL"},
        {"tradingsymbol": "NOBODY"},
        {"transaction_type": "buy"},
    ],
)
def test_what_kite_does_not_take_never_gets_to_the_floor(
    app: App, changes: Mapping[str, str]
) -> None:
    assert app.place(**changes) == (400, "InputException")
    assert app.floor.entries == {}


@pytest.mark.parametrize("protection", ["-1", "2.5", "100"])
def test_a_market_order_with_protection_is_taken_and_shown_as_a_limit(
    app: App, protection: str
) -> None:
    assert app.place(order_type="MARKET", market_protection=protection) == (200, "")

    [entry] = app.floor.entries.values()
    assert entry.standing is Standing.FILLED
    [row] = json.loads(app.ask("GET", "/orders").content)["data"]
    assert (row["order_type"], row["average_price"]) == ("LIMIT", 1500.05)


def test_money_that_is_not_there_buys_nothing(app: App) -> None:
    assert app.place(quantity="1000") == (400, "MarginException")


def test_a_request_token_is_good_once_and_with_the_right_checksum_only(app: App) -> None:
    wrong, good = app.page(), app.page()

    assert "Invalid `checksum`." in str(app.log_in(wrong, "another secret"))
    assert app.log_in(good)["data"]["user_id"] == app.kite.user
    for once in (wrong, good, "", "made up"):
        assert app.log_in(once)["data"] is None


def test_a_second_login_of_the_day_brings_the_same_token_and_of_the_next_another(app: App) -> None:
    assert app.log_in(app.page())["data"]["access_token"] == app.token
    app.clock.pass_(86_400)

    assert app.log_in(app.page())["data"]["access_token"] != app.token
    assert app.ask("GET", "/orders").status == 403


def test_the_eleventh_order_of_a_second_is_one_too_many(app: App) -> None:
    assert [app.place()[0] for _ in range(11)] == [200] * 10 + [429]
    app.clock.pass_(1.0)
    assert app.place()[0] == 200
    assert len(app.floor.entries) == 11


def test_from_an_unknown_address_orders_do_not_pass_and_reads_do(app: App) -> None:
    app.kite.address_known = False

    assert app.place() == (403, "PermissionException")
    assert app.ask("GET", "/orders").status == 200


def test_an_order_can_be_changed_so_often_and_no_more(app: App) -> None:
    app.place()
    [order_id] = app.floor.entries
    for number in range(25):
        app.clock.pass_(1.0)
        change = {"price": f"{1400 + number}"}
        assert app.ask("PUT", f"/orders/regular/{order_id}", change).status == 200
    app.clock.pass_(1.0)

    answer = app.ask("PUT", f"/orders/regular/{order_id}", {"price": "1300"})

    assert b"modifications exceeded" in answer.content


def test_an_order_wakes_and_fills_when_the_market_comes_to_it(app: App) -> None:
    app.place(order_type="SL", price="1511", trigger_price="1510")
    [entry] = app.floor.entries.values()
    assert entry.standing is Standing.WAITING
    app.floor.move(INFY, Decimal("1510.50"))

    assert (entry.standing, entry.average) == (Standing.FILLED, Decimal("1510.50"))


def test_nobody_gets_in_without_the_apps_key_and_token(app: App) -> None:
    app.token = "guessed"

    assert app.place() == (403, "TokenException")
    assert app.ask("GET", "/instruments").status == 403
    assert app.ask("GET", "/nowhere").status == 403
