"""What a person at the page changes: stricter at once, less strict with a code or PIN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api.programs import program
from chat.trading_floor import ANU, RAVI
from dashboard.test_initdata import TOKEN
from dashboard.test_site import HOST, Browser, api_of

from tradegram.chat.people import TRADER, VIEWER, give_role
from tradegram.dashboard.site import Site
from tradegram.ports import Change, Document
from tradegram.risk.limits import own_limits
from tradegram.risk.stepup import WRONG_TRIES, set_up_pin, set_up_totp
from tradegram.risk.totp import PERIOD
from tradegram.risk.totp import code as totp_code
from tradegram.signals.strategy import Rule, Way, strategy

PIN, LIMIT = "482915", "/api/limits/order_value"
BREAKOUT = "/api/strategies/breakout"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with program(tmp_path) as desk:
        made = Browser(desk, Site(api_of(desk), TOKEN, f"https://{HOST}"))
        made.enters(door=made.door())
        yield made


def code(browser: Browser, path: str, body: Any, **more: Any) -> str:
    answer, said = browser.asks("PUT", path, body, **more)
    return "" if answer.status == 200 else str(said["error"]["code"])


def mine(browser: Browser) -> Any:
    return own_limits(browser.desk.floor.store, f"user:{ANU}").get("order_value")


def test_less_strict_wants_the_code_and_takes_it_once(browser: Browser) -> None:
    desk = browser.desk.floor.desk
    secret = set_up_totp(desk, ANU)
    now = totp_code(secret, int(desk.clock.now() // PERIOD))
    assert code(browser, LIMIT, {"value": "20000"}) == ""

    assert code(browser, LIMIT, {"value": "900000"}) == "NEEDS_PROOF"
    assert code(browser, LIMIT, {"value": "900000", "code": now}) == ""
    assert mine(browser) == 900_000
    assert code(browser, LIMIT, {"value": "900000", "code": now}) == ""  # as it is: no answer came
    assert code(browser, LIMIT, {"value": "990000", "code": now}) == "NEEDS_PROOF"
    assert mine(browser) == 900_000
    said = str([each.body for each in desk.store.chain("desk")])
    assert now not in said
    assert f"user {ANU} by dashboard" in said


def test_wrong_pins_are_counted_and_lock_here_as_in_chat(browser: Browser) -> None:
    set_up_pin(browser.desk.floor.desk, ANU, PIN)
    for _ in range(WRONG_TRIES):
        assert code(browser, LIMIT, {"value": "9000000", "code": "111111"}) == "NEEDS_PROOF"

    assert code(browser, LIMIT, {"value": "9000000", "code": PIN}) == "NEEDS_PROOF"
    assert mine(browser) is None


def test_over_an_open_line_no_code_is_tried(browser: Browser) -> None:
    set_up_pin(browser.desk.floor.desk, ANU, PIN)

    body = {"value": "9000000", "code": PIN}
    assert code(browser, LIMIT, body, secure=False, private=False) == "NEEDS_PROOF"
    assert mine(browser) is None


def test_where_nothing_is_set_up_it_is_said_how(browser: Browser) -> None:
    _, said = browser.asks("PUT", LIMIT, {"value": "9000000", "code": PIN})

    assert "tradegram stepup" in said["error"]["message"]


def test_another_site_and_a_viewer_change_nothing(browser: Browser) -> None:
    assert code(browser, LIMIT, {"value": "1"}, x_csrf_token="") == "NOT_ALLOWED"
    assert code(browser, BREAKOUT, {"way": "off"}, origin="https://evil.test") == "NOT_ALLOWED"
    give_role(browser.desk.floor.desk, ANU, VIEWER, "terminal")

    assert code(browser, LIMIT, {"value": "1"}) == "NOT_ALLOWED"
    assert code(browser, BREAKOUT, {"way": "off"}) == "NOT_ALLOWED"
    assert mine(browser) is None
    assert browser.desk.floor.store.documents("strategy") == []


def test_only_an_owner_makes_an_accounts_limit_less_strict(browser: Browser) -> None:
    desk = browser.desk.floor.desk
    user = Document("user", str(RAVI), {"name": "", "role": TRADER, "paired_at": 1.0})
    desk.store.commit(Change((user,)))
    set_up_pin(desk, RAVI, PIN)
    assert browser.enters(door=browser.door(RAVI)) == 200

    assert code(browser, LIMIT, {"value": "20000", "account": "main"}) == ""
    body = {"value": "900000", "account": "main", "code": PIN}
    assert code(browser, LIMIT, body) == "CANNOT"


def test_a_strategy_is_turned_off_at_once_and_automatic_by_proof(browser: Browser) -> None:
    desk = browser.desk.floor.desk
    set_up_pin(desk, ANU, PIN)

    assert code(browser, BREAKOUT, {"way": "auto"}) == "NEEDS_PROOF"
    assert code(browser, BREAKOUT, {"way": "auto", "code": PIN}) == ""
    assert strategy(desk, "breakout", ANU).way is Way.AUTO
    assert code(browser, BREAKOUT, {"way": "auto"}) == ""  # as it is
    more = {"way": "auto", "rule": "lots", "size": 9}
    assert code(browser, BREAKOUT, more) == "NEEDS_PROOF"
    assert strategy(desk, "breakout", ANU).rule is Rule.SIGNAL
    assert code(browser, BREAKOUT, {"way": "off"}) == ""
    assert strategy(desk, "breakout", ANU).way is Way.OFF
    told = [each.body for each in desk.store.chain("desk") if "strategy set up" in each.body]
    assert len(told) == 2
    assert all("by dashboard" in each for each in told)
