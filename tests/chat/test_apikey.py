"""Keys for programs, made and revoked in chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, floor

from tradegram.api.keys import keys
from tradegram.chat.reply import Answer, Reply
from tradegram.risk.stepup import set_up_pin

PIN = "482915"
NEW = "/apikey new bot read trade #main"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        set_up_pin(made.desk, ANU, PIN)
        yield made


def tapped(desk: Floor, keypad: Reply, digits: str = PIN) -> str:
    answer = Answer()
    for digit in digits:
        answer = desk.press(keypad, digit)
    assert answer.edit is not None
    return answer.edit.text


def test_a_key_is_made_with_a_pin_and_shown_once(desk: Floor) -> None:
    keypad = desk.one(NEW)
    assert "you confirm each order; on #main" in keypad.text
    assert keys(desk.desk) == []

    told = tapped(desk, keypad)
    [text] = re.findall(r"<code>(tg_\w+)</code>", told)
    [listed] = desk.say("/apikey")

    assert text not in listed.text
    assert "never used" in listed.text
    assert text not in str([dict(one.body) for one in desk.store.documents("apikey")])
    assert text not in "".join(one.body for one in desk.store.chain("desk"))


def test_a_wrong_pin_makes_no_key(desk: Floor) -> None:
    tapped(desk, desk.one(NEW), "111111")

    assert keys(desk.desk) == []


def test_that_a_key_sends_alone_is_said_before_the_pin(desk: Floor) -> None:
    assert "WITHOUT your Confirm" in desk.one("/apikey new bot trade alone").text


def test_without_a_code_or_a_pin_no_key_is_made(desk: Floor) -> None:
    assert "No code or PIN is set up" in desk.one(NEW, RAVI).text


def test_a_key_is_revoked_at_once_and_only_by_its_holder(desk: Floor) -> None:
    tapped(desk, desk.one(NEW))

    assert "There is no key bot" in desk.one("/apikey revoke bot", RAVI).text
    assert "is revoked" in desk.one("/apikey revoke bot").text
    assert [bool(key.revoked_at) for key in keys(desk.desk)] == [True]
    assert "no API keys" in desk.one("/apikey").text


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("new", "small letters"),
        ("new bot", "What may the key do?"),
        ("new bot fly", "no right “fly”"),
        ("new bot read alone", "only reads"),
        ("new bot read #yacht", "no account called #yacht"),
        ("make bot", "Make a key or revoke one"),
    ],
)
def test_what_will_not_do_is_said_before_the_pin(desk: Floor, words: str, why: str) -> None:
    assert why in desk.one(f"/apikey {words}").text
