"""The simulated Kotak refuses what the real one is known to refuse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from clocks import StillClock
from conformance.listed import few
from samples import INFY

from tradegram.sessions import one_time
from tradegram.sims.floor import Floor
from tradegram.sims.kotakneo import KotakNeoSim
from tradegram.sims.stock import Stock
from tradegram.sims.wire import Asked

KEY = {"neo-fin-key": "neotradeapi"}
PLACE = "/quick/order/rule/ms/place"
ORDER = {
    "am": "NO", "dq": "0", "es": "nse_cm", "mp": "0", "pc": "CNC", "pf": "N", "pr": "1499.95",
    "pt": "L", "qt": "10", "rt": "DAY", "tp": "0", "ts": "INFY-EQ", "tt": "B",
}  # fmt: skip


class App:
    """Somebody's program at this Kotak."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.floor = Floor(self.clock.now, prices={INFY.key: Decimal("1500.05")})
        self.neo = KotakNeoSim(self.floor, Stock(self.floor, few()))
        self.auth: dict[str, str] = {}
        self.door = {"authorization": self.neo.access_token, **KEY}

    def log_in(self, mpin: str = "", late: float = 0.0) -> Any:
        """late: seconds since the code was read."""
        code = one_time.code(self.neo.totp_secret, self.clock.now() - late)
        given = {"mobileNumber": self.neo.mobile, "ucc": self.neo.user, "totp": code}
        view = self.post("/login/1.0/tradeApiLogin", given, self.door)
        if "data" not in view:
            return view
        seen = {"auth": view["data"]["token"], "sid": view["data"]["sid"]}
        asked = {"mpin": mpin or self.neo.mpin}
        found = self.post("/login/1.0/tradeApiValidate", asked, {**self.door, **seen})
        if "data" in found:
            self.auth = {"auth": found["data"]["token"], "sid": found["data"]["sid"], **KEY}
        return found

    def post(self, path: str, given: Mapping[str, str], headers: Mapping[str, str]) -> Any:
        asked = Asked("POST", path, {}, headers, json.dumps(given).encode())
        return json.loads(self.neo.answer(asked).content)

    def order(self, path: str, fields: Mapping[str, Any]) -> Any:
        content = urlencode({"jData": json.dumps(fields)}).encode()
        return json.loads(self.neo.answer(Asked("POST", path, {}, self.auth, content)).content)


@pytest.fixture
def app() -> App:
    made = App()
    made.log_in()
    return made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pt": "SL-M", "tp": "1510"}, "Algo Id not allowed"),
        ({"pr": "0"}, "Invalid price"),
        ({"pr": "0.0"}, "Invalid price"),
        ({"pr": "1499.96"}, "tick size"),
        ({"pr": "1.5E3"}, "Invalid request"),
        ({"qt": "0"}, "Invalid Quantity"),
        ({"qt": "1.0"}, "Invalid Quantity"),
        ({"qt": 10}, "Invalid request"),
        ({"ts": "INFY"}, "Invalid Symbol"),
        ({"es": "NSE"}, "Invalid Exchange"),
        ({"tt": "BUY"}, "Invalid request"),
        ({"rt": "GTC"}, "Invalid request"),
        ({"qt": "1000"}, "Insufficient"),
    ],
)
def test_what_kotak_does_not_take_never_gets_to_the_floor(
    app: App, changes: Mapping[str, Any], words: str
) -> None:
    said = app.order(PLACE, {**ORDER, **changes})

    assert (said["stat"], words in said["emsg"]) == ("Not_Ok", True)
    assert app.floor.entries == {}


def test_a_form_that_lacks_a_field_is_refused(app: App) -> None:
    for name in ORDER:
        app.clock.pass_(1.0)
        fields = {key: value for key, value in ORDER.items() if key != name}
        assert app.order(PLACE, fields)["stat"] == "Not_Ok"
    assert app.floor.entries == {}


@pytest.mark.parametrize(("late", "lets_in"), [(0, True), (29, True), (90, False)])
def test_a_code_is_good_for_its_time_and_the_one_beside_it(late: float, lets_in: bool) -> None:
    assert ("data" in App().log_in(late=late)) is lets_in


def test_a_wrong_mpin_and_a_session_of_yesterday_are_refused(app: App) -> None:
    assert "Invalid MPIN" in str(App().log_in(mpin="000000"))
    assert app.order(PLACE, ORDER)["stat"] == "Ok"
    app.clock.pass_(86_400)

    assert app.order(PLACE, ORDER)["stCode"] == 1003
    assert len(app.floor.entries) == 1


def test_orders_want_the_trading_token_and_not_that_of_the_first_step(app: App) -> None:
    app.auth = {"auth": "view-token-0000", "sid": "view-sid-0000", **KEY}

    assert app.order(PLACE, ORDER)["emsg"] == "Invalid session"


def test_an_empty_book_is_said_with_a_refusal_of_its_own(app: App) -> None:
    answer = app.neo.answer(Asked("GET", "/quick/user/orders", {}, app.auth, b""))

    assert answer.status == 200
    assert json.loads(answer.content)["emsg"] == "No Data"


def test_the_eleventh_call_of_a_second_is_one_too_many(app: App) -> None:
    app.clock.pass_(1.0)

    said = [app.order(PLACE, ORDER)["stat"] for _ in range(11)]

    assert said == ["Ok"] * 10 + ["Not_Ok"]
