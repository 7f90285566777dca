"""The way from the chat to the page, and from the page to a broker's login."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import ANU
from sessions.rooms import Room, room

from tradegram.api.call import Asking
from tradegram.api.serve import Api
from tradegram.chat.desk import said
from tradegram.chat.people import VIEWER, give_role
from tradegram.chat.reply import Reply, Said
from tradegram.dashboard import visits
from tradegram.dashboard.site import Site


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def asked(room: Room, words: str) -> Reply:
    [reply] = said(room.desk, Said(ANU, f"tg:{ANU}", words, room.desk.clock.now()))
    return reply


def entered(room: Room) -> tuple[Site, dict[str, str]]:
    """Through the link of the chat: the site, and the headers of who is signed in."""
    url = asked(room, "/dashboard").buttons[0][0].url
    address, _, door = url.partition("#door=")
    assert address.endswith("/dashboard")
    site = Site(Api(room.desk, ways=(visits.by_cookie,)))
    body = json.dumps({"door": door}).encode()
    headers = {"content-type": "application/json"}
    answer = site.answer(Asking("POST", "/dashboard/enter", "", headers, body))
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    return site, {"cookie": cookie, "x-csrf-token": json.loads(answer.content)["proof"]}


def test_the_command_answers_with_a_link_that_signs_in(desk: Room) -> None:
    site, headers = entered(desk)

    me = json.loads(site.answer(Asking("GET", "/dashboard/me", "", headers)).content)

    assert me["userId"] == str(ANU)
    assert me["visits"][0]["way"] == "link"


def test_a_viewer_gets_a_link_too(desk: Room) -> None:
    give_role(desk.desk, ANU, VIEWER, "terminal")

    assert asked(desk, "/dashboard").buttons


def test_more_words_are_not_understood(desk: Room) -> None:
    assert "Say /dashboard alone" in asked(desk, "/dashboard now").text


def test_the_page_offers_the_login_of_an_account_that_is_out(desk: Room) -> None:
    account = desk.link_zerodha()
    site, headers = entered(desk)

    listed = json.loads(site.answer(Asking("GET", "/api/sessions", "", headers)).content)
    offered = site.answer(Asking("POST", f"/api/sessions/{account.name}", "", headers))

    phases = {one["accountId"]: one["phase"] for one in listed["sessions"]}
    assert phases[account.account_id] == "OUT"
    assert offered.status == 200
    assert "/login/start?state=" in json.loads(offered.content)["url"]
