"""The desk's own look at its sessions, at the hours of India."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sessions.rooms import TOTP, Room, room

from tradegram.sessions.rounds import look

HOUR = 3600.0
TEN = 1_795_149_000.0  # Friday 2026-11-20, 10:00 in Mumbai


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def at(desk: Room, hour: float, day: int = 0) -> list[str]:
    """What is said by a look at that hour. day: after Friday."""
    desk.clock.seconds = TEN + (hour - 10) * HOUR + day * 24 * HOUR
    look(desk.desk, desk.keeper)
    return desk.said()


def logins(desk: Room) -> int:
    return sum("loginByPassword" in each.path for each in desk.wires["angelone"].arrived)


def test_it_logs_in_by_itself_in_the_morning_where_the_holder_chose_it(desk: Room) -> None:
    account = desk.link_angel(totp_secret=desk.angel.totp_secret)
    assert at(desk, 6.5) == []
    assert logins(desk) == 0

    said = at(desk, 7.1)

    assert any("#angel is logged in at Angel One" in text for text in said)
    assert desk.keeper.standing(account).is_in
    at(desk, 7.2)
    assert logins(desk) == 1


def test_without_the_code_secret_it_logs_nobody_in(desk: Room) -> None:
    desk.link_angel()

    at(desk, 7.1)

    assert desk.wires["angelone"].arrived == []


def test_it_gives_up_after_three_refusals_and_says_each(desk: Room) -> None:
    desk.link_angel(totp_secret=TOTP)

    said = [text for minutes in range(0, 60, 2) for text in at(desk, 7 + minutes / 60)]

    assert logins(desk) == 3
    assert len([text for text in said if "Invalid totp" in text]) == 3


def test_who_is_not_logged_in_at_half_past_eight_is_reminded_once(desk: Room) -> None:
    desk.link_zerodha()
    assert at(desk, 8.4) == []

    said = at(desk, 8.5) + at(desk, 8.6) + at(desk, 12)

    assert said == ["#live is not logged in at Zerodha; the market opens at 09:15."]
    assert at(desk, 8.5, day=1) == []  # Saturday
    assert len(at(desk, 8.5, day=3)) == 1


def test_who_is_logged_in_is_left_alone(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    desk.said()

    assert at(desk, 12) == []


@pytest.mark.parametrize(("seen", "told"), [("203.0.113.7", 0), ("198.51.100.1", 1)])
def test_an_address_that_is_not_the_registered_one_is_said_before_the_open(
    desk: Room, seen: str, told: int
) -> None:
    account = desk.link_zerodha(address="203.0.113.7", proxy="http://127.0.0.1:9")
    desk.log_in(account)
    desk.said()
    asked: list[str] = []

    def own_address(proxy: str) -> str:
        asked.append(proxy)
        return seen

    for _ in range(3):
        desk.clock.pass_(60)
        look(desk.desk, desk.keeper, own_address)

    said = desk.said()
    assert len(said) == told
    assert all("would leave from 198.51.100.1, and 203.0.113.7 is registered" in t for t in said)
    assert asked == ["http://127.0.0.1:9"]


def test_an_account_that_cannot_be_looked_at_does_not_hide_the_others(desk: Room) -> None:
    desk.link_angel(totp_secret=desk.angel.totp_secret, name="aaa")
    desk.link_zerodha()
    desk.wires["angelone"].unreachable = True

    said = at(desk, 8.6)

    assert any("#live is not logged in at Zerodha" in text for text in said)
    assert any("Login of #aaa at Angel One failed" in text for text in said)


def test_a_fault_that_nobody_foresaw_does_not_hide_the_other_accounts(
    desk: Room, caplog: pytest.LogCaptureFixture
) -> None:
    first = desk.link_angel(
        totp_secret=desk.angel.totp_secret, name="aaa", address="203.0.113.7", proxy="http://x"
    )
    desk.link_zerodha()
    desk.clock.seconds = TEN - 1.4 * HOUR

    def own_address(proxy: str) -> str:
        raise ZeroDivisionError

    look(desk.desk, desk.keeper, own_address)

    assert desk.keeper.standing(first).is_in
    assert any("#live is not logged in at Zerodha" in text for text in desk.said())
    assert "not looked at" in caplog.text
