from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import telegram_desk
from telegram_desk import OWNER

from tradegram.chat import people
from tradegram.ports import Desk


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[telegram_desk.Chat]:
    with telegram_desk.chat(tmp_path, allowed=()) as opened:
        yield opened


@pytest.fixture
def desk(chat: telegram_desk.Chat) -> Desk:
    return chat.desk


def test_an_empty_list_means_nobody_but_the_console(desk: Desk) -> None:
    assert people.may_use(desk, 0)
    assert not people.may_use(desk, OWNER)
    assert not people.may_use(desk, -1)


def test_the_setting_lets_its_ids_in(desk: Desk) -> None:
    desk = replace(desk, allowed_users=frozenset({OWNER}))
    assert people.may_use(desk, OWNER)
    assert people.users(desk) == [people.User(OWNER, "", "owner")]


def test_the_first_to_pair_owns_the_desk_and_later_ones_trade(desk: Desk) -> None:
    assert people.pair(desk, 7, "Ravi", people.new_code(desk))
    assert people.pair(desk, 8, "Asha", people.new_code(desk))
    assert [(each.user_id, each.role) for each in people.users(desk)] == [
        (7, "owner"),
        (8, "trader"),
    ]
    assert people.may_use(desk, 8)


def test_a_code_is_easily_typed_and_forgiving(desk: Desk) -> None:
    code = people.new_code(desk)
    assert people.looks_like_code(code)
    assert people.pair(desk, 7, "Ravi", f" {code.lower().replace('-', ' ')} ")


def test_a_code_works_once(desk: Desk) -> None:
    code = people.new_code(desk)
    assert people.pair(desk, 7, "Ravi", code)
    assert not people.pair(desk, 8, "Mallory", code)
    assert not people.may_use(desk, 8)


def test_a_code_lasts_ten_minutes(chat: telegram_desk.Chat) -> None:
    code = people.new_code(chat.desk)
    chat.clock.pass_(people.CODE_LASTS + 1)
    assert not people.pair(chat.desk, 7, "Ravi", code)


def test_a_new_code_voids_the_one_before(desk: Desk) -> None:
    first, second = people.new_code(desk), people.new_code(desk)
    assert not people.pair(desk, 7, "Ravi", first)
    assert people.pair(desk, 7, "Ravi", second)


def test_five_wrong_tries_by_anybody_lock_the_code(desk: Desk) -> None:
    code = people.new_code(desk)
    for user_id in range(1, 6):
        assert not people.pair(desk, user_id, "Mallory", "ZZZZ-ZZZZ")
    assert not people.pair(desk, 7, "Ravi", code)
    assert people.pair(desk, 7, "Ravi", people.new_code(desk)), "a new code is a new chance"


def test_the_code_itself_is_not_stored(desk: Desk) -> None:
    code = people.new_code(desk)
    stored = desk.store.document("pairing", "code")
    assert stored is not None
    text = json.dumps(dict(stored.body))
    assert code not in text
    assert code.replace("-", "") not in text


def test_pairing_and_its_end_are_in_the_audit_chain(desk: Desk) -> None:
    people.pair(desk, 7, "Ravi", people.new_code(desk))
    assert people.unpair(desk, 7, "terminal")
    assert not people.may_use(desk, 7)
    assert people.users(desk) == []
    events = [json.loads(link.body) for link in desk.store.chain("desk")]
    assert [(each["event"], each["user"]) for each in events] == [("paired", 7), ("unpaired", 7)]


def test_who_left_may_pair_again(desk: Desk) -> None:
    people.pair(desk, 7, "Ravi", people.new_code(desk))
    people.unpair(desk, 7, "terminal")
    assert not people.unpair(desk, 7, "terminal")
    assert people.pair(desk, 7, "Ravi", people.new_code(desk))
    assert people.may_use(desk, 7)
