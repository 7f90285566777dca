"""Who gets into the page, and what a browser can be made to do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from api.programs import LIMIT_ORDER, ORDERS, Program, program
from chat.trading_floor import ANU
from dashboard.test_initdata import TOKEN, signed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tradegram.api.call import Answer, Asking
from tradegram.api.json_in import LARGEST_BODY
from tradegram.api.keys import by_key
from tradegram.api.serve import Api
from tradegram.chat.people import VIEWER, give_role, unpair
from tradegram.dashboard import pages, visits
from tradegram.dashboard.site import TRIES_A_MINUTE, Site
from tradegram.sessions.doors import LASTS, Doors
from tradegram.sessions.pages import COOKIE as LOGIN_COOKIE

HOST = "desk.example.org"


@dataclass
class Browser:
    """Keeps a cookie and the page's word, as the page does."""

    desk: Program
    site: Site
    cookie: str = ""
    proof: str = ""
    sent_by: str = "192.0.2.7"
    headers: dict[str, str] = field(default_factory=dict)

    def asks(
        self, method: str, path: str, body: Any = None, *, secure: bool = True,
        private: bool = True, **headers: str,
    ) -> tuple[Answer, Any]:  # fmt: skip
        raw = b"" if body is None else json.dumps(body).encode()
        given = {
            "host": HOST, "cookie": self.cookie, "x-csrf-token": self.proof,
            **({"content-type": "application/json"} if raw else {}), **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        answer = self.site.answer(
            Asking(method, path, "", given, raw, self.sent_by, private=private, secure=secure)
        )
        is_json = answer.media_type == "application/json"
        return answer, json.loads(answer.content) if is_json else None

    def enters(self, **by: Any) -> int:
        answer, said = self.asks("POST", "/dashboard/enter", by)
        if answer.status == 200:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
            self.proof = said["proof"]
        return answer.status

    def status(self, method: str, path: str, body: Any = None, **headers: Any) -> int:
        return self.asks(method, path, body, **headers)[0].status

    def door(self, user_id: int = ANU, way: str = "dashboard") -> str:
        desk = self.desk.floor.desk
        return Doors(desk.store, desk.clock, desk.ids).make(way, "", user_id)

    def fresh(self, user_id: int = ANU) -> str:
        user = json.dumps({"id": user_id})
        return signed(at=self.desk.floor.clock.now(), user=user)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with program(tmp_path) as desk:
        yield Browser(desk, Site(api_of(desk), TOKEN, f"https://{HOST}"))


def api_of(desk: Program) -> Api:
    return Api(desk.floor.desk, ways=(by_key, visits.by_cookie))


# -- in ------------------------------------------------------------------------------------------


def test_a_link_lets_in_once(browser: Browser) -> None:
    door = browser.door()

    assert browser.enters(door=door) == 200
    assert browser.status("GET", "/dashboard/me") == 200
    assert browser.enters(door=door) == 401


def test_of_two_who_come_with_one_link_at_once_one_gets_in(browser: Browser) -> None:
    door = browser.door()
    with ThreadPoolExecutor(8) as several:
        found = list(several.map(lambda _: replace(browser).enters(door=door), range(8)))

    assert sorted(found) == [200] + [401] * 7


def test_a_link_that_is_old_or_for_something_else_lets_nobody_in(browser: Browser) -> None:
    old = browser.door()
    browser.desk.floor.clock.pass_(LASTS + 1)
    login = browser.door(way="link")

    assert [browser.enters(door=one) for one in (old, login, "A" * 32)] == [401] * 3


def test_what_telegram_signed_lets_in_once(browser: Browser) -> None:
    opened = browser.fresh()

    assert browser.enters(initData=opened) == 200
    assert browser.enters(initData=opened) == 401


def test_what_telegram_signed_for_a_stranger_lets_nobody_in(browser: Browser) -> None:
    assert browser.enters(initData=browser.fresh(4711)) == 403


def test_what_telegram_signed_long_ago_or_not_at_all_lets_nobody_in(browser: Browser) -> None:
    old = browser.fresh()
    browser.desk.floor.clock.pass_(3601)

    assert browser.enters(initData=old) == 401
    assert browser.enters(initData=browser.fresh().replace("hash=", "hash=0")) == 401


def test_tries_from_one_place_are_counted(browser: Browser) -> None:
    tries = [browser.enters(door="A" * 32) for _ in range(TRIES_A_MINUTE + 1)]

    assert tries == [401] * TRIES_A_MINUTE + [429]


# -- the cookie ----------------------------------------------------------------------------------


def test_the_cookie_is_for_this_page_alone(browser: Browser) -> None:
    answer, _ = browser.asks("POST", "/dashboard/enter", {"door": browser.door()})
    plain, _ = browser.asks(
        "POST", "/dashboard/enter", {"door": browser.door()}, secure=False, host="127.0.0.1:8420"
    )

    assert answer.headers["Set-Cookie"].startswith(visits.SECURE)
    words = set(answer.headers["Set-Cookie"].split("; ")[1:])
    assert words == {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict", "Secure"}
    assert plain.headers["Set-Cookie"].startswith(visits.PLAIN)
    assert "Secure" not in plain.headers["Set-Cookie"]
    assert LOGIN_COOKIE not in (visits.SECURE, visits.PLAIN)


def test_nothing_in_the_record_is_a_cookie(browser: Browser) -> None:
    browser.enters(door=browser.door())
    _, _, secret = browser.cookie.partition("=")

    [visit] = browser.desk.floor.store.documents(visits.KIND)
    assert secret not in repr(visit) + str(visit.body)
    assert visit.key == visits.digest_of(secret)


def test_a_visit_ends_after_twelve_hours(browser: Browser) -> None:
    browser.enters(door=browser.door())
    browser.desk.floor.clock.pass_(visits.LASTS + 1)

    assert browser.status("GET", "/dashboard/me") == 401
    assert browser.status("GET", ORDERS) == 401


def test_who_signs_out_is_out_there_and_everywhere(browser: Browser) -> None:
    other = replace(browser)
    assert browser.enters(door=browser.door()) == other.enters(door=other.door()) == 200
    _, me = browser.asks("GET", "/dashboard/me")

    assert [one["this"] for one in me["visits"]].count(True) == 1
    assert browser.status("POST", "/dashboard/leave", {"everywhere": True}) == 200
    assert other.status("GET", ORDERS) == browser.status("GET", ORDERS) == 401


def test_who_is_unpaired_is_out_at_once(browser: Browser) -> None:
    browser.enters(door=browser.door())
    desk = browser.desk.floor.desk
    give_role(desk, ANU, VIEWER, "terminal")
    unpair(desk, ANU, "terminal")
    closed = replace(desk, allowed_users=frozenset())
    browser.site = Site(Api(closed, ways=(visits.by_cookie,)), TOKEN)

    assert browser.status("GET", ORDERS) == 401


# -- writes --------------------------------------------------------------------------------------


def test_a_signed_in_trader_places_and_a_viewer_looks(browser: Browser) -> None:
    browser.enters(door=browser.door())
    assert browser.status("POST", "/api/tickets", LIMIT_ORDER) == 201

    give_role(browser.desk.floor.desk, ANU, VIEWER, "terminal")
    assert browser.status("POST", "/api/tickets", LIMIT_ORDER) == 403
    assert browser.status("GET", ORDERS) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x_csrf_token": ""},
        {"x_csrf_token": "0" * 64},
        {"x_csrf_token": "é"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_another_site_makes_no_browser_write(browser: Browser, headers: dict[str, str]) -> None:
    browser.enters(door=browser.door())

    assert browser.status("POST", "/api/tickets", LIMIT_ORDER, **headers) == 403
    assert browser.status("POST", "/dashboard/leave", {}, **headers) == 403
    assert browser.status("GET", "/dashboard/me") == 200
    assert browser.desk.floor.store.orders("paper:main").orders == []


def test_another_site_signs_nobody_in(browser: Browser) -> None:
    body = {"door": browser.door()}

    assert browser.status("POST", "/dashboard/enter", body, origin="https://evil.example") == 403
    assert browser.status("POST", "/dashboard/enter", body, content_type="text/plain") == 415


def test_the_word_of_one_visit_is_none_of_another(browser: Browser) -> None:
    other = replace(browser)
    browser.enters(door=browser.door())
    other.enters(door=other.door())
    other.proof = browser.proof

    assert other.status("POST", "/api/tickets", LIMIT_ORDER) == 403


# -- what is served ------------------------------------------------------------------------------


def test_every_answer_of_the_page_forbids_scripts_of_others(browser: Browser) -> None:
    browser.enters(door=browser.door())
    paths = ["", "/me", "/enter", "/nothing", *(f"/{one.name}" for one in pages.FILES.iterdir())]
    for path in paths:
        answer, _ = browser.asks("GET", f"/dashboard{path}")
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert not any(name.startswith("Access-Control") for name in answer.headers)


def test_the_page_has_no_script_in_it_and_loads_nothing_from_elsewhere(browser: Browser) -> None:
    ours = [one for one in pages.FILES.iterdir() if not one.name.startswith("lightweight")]
    index = (pages.FILES / pages.INDEX).read_text()

    assert index.count("<script") == 1
    assert 'src="/dashboard/dashboard.js"></script>' in index
    assert "style=" not in index
    assert "<style" not in index
    assert " on" + "click=" not in index
    for one in ours:
        text = one.read_text()
        for never in ("innerHTML", "eval(", 'src="http', 'from "http', "url(http", "@import"):
            assert never not in text, (one.name, never)


def test_the_charts_come_with_their_licence() -> None:
    script = (pages.FILES / "lightweight-charts.mjs").read_text()
    licence = (pages.FILES / "lightweight-charts.LICENSE.txt").read_text()

    assert "Lightweight Charts™ v5.2.1" in script[:400]
    assert "Apache License" in licence
    assert "Version 2.0" in licence
    assert "https://www.tradingview.com/" in (pages.FILES / pages.INDEX).read_text()


@pytest.mark.parametrize("path", ["/../site.py", "/%2e%2e/site.py", "/site.py", "/a/b", "/."])
def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    assert browser.status("GET", f"/dashboard{path}") == 404


def test_what_is_too_large_or_no_json_is_not_read(browser: Browser) -> None:
    large = {"door": "A" * LARGEST_BODY}

    assert browser.status("POST", "/dashboard/enter", large) == 413
    assert browser.status("POST", "/dashboard/enter", {"door": "A" * 200}) == 400
    assert browser.status("POST", "/dashboard/enter", {"other": "A"}) == 400
    assert browser.status("POST", "/dashboard/me") == 405


BODIES = some.one_of(
    some.none(), some.integers(), some.text(max_size=20), some.lists(some.none(), max_size=3),
    some.fixed_dictionaries({}, optional={
        "door": some.text(max_size=140) | some.none(), "initData": some.text(max_size=200),
        "everywhere": some.booleans() | some.text(max_size=3), "more": some.none(),
    }),
)  # fmt: skip
WORDS = some.text(some.characters(min_codepoint=32, max_codepoint=255), max_size=60)


@given(
    method=some.sampled_from(["GET", "POST", "PUT", "HEAD", "x"]),
    path=some.sampled_from(["", "/me", "/enter", "/leave", "/dashboard.css", "/..", "/%00"]),
    body=BODIES,
    headers=some.dictionaries(
        some.sampled_from(["cookie", "origin", "host", "x_csrf_token", "content_type"]), WORDS
    ),
)
@settings(max_examples=80, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
def test_whatever_comes_to_the_page_it_answers_as_it_promises(
    browser: Browser, method: str, path: str, body: Any, headers: Any
) -> None:
    browser.desk.floor.clock.pass_(60)  # tries to sign in are few in a minute
    answer, said = browser.asks(method, f"/dashboard{path}", body, **headers)

    assert answer.status < 500
    if answer.status >= 400:
        assert set(said["error"]) == {"code", "message", "hint"}


def test_a_visit_and_its_end_are_in_the_audit(browser: Browser) -> None:
    browser.enters(door=browser.door())
    browser.asks("POST", "/dashboard/leave", {})

    said = [json.loads(link.body) for link in browser.desk.floor.store.chain("desk")]
    assert [one["event"] for one in said][-2:] == [
        "signed in to the page",
        "signed out of the page",
    ]
