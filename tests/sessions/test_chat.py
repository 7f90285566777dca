"""Logins as people meet them in the chat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, button, labels
from sessions.rooms import PAGES, Room, room

from tradegram.brokers.registry import PAPER
from tradegram.chat.desk import pressed, said
from tradegram.chat.outbox import deliver
from tradegram.chat.people import give_role
from tradegram.chat.reply import Answer, Pressed, Reply, Said
from tradegram.errors import SessionExpired


@dataclass
class Screen:
    """Implements ports.Messenger; keeps what it shows."""

    shown: list[Reply] = field(default_factory=list)

    def send(self, chat: str, reply: Reply, *, reply_to: str = "") -> str:
        self.shown.append(reply)
        return f"{chat}:{len(self.shown)}"

    def edit(self, message: str, reply: Reply) -> None:
        self.shown.append(reply)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with room(tmp_path) as made:
        yield made


def say(desk: Room, text: str, user_id: int = ANU) -> Sequence[Reply]:
    return said(desk.desk, Said(user_id, f"tg:{user_id}", text, desk.clock.now()))


def one(desk: Room, text: str) -> Reply:
    [reply] = say(desk, text)
    return reply


def press(desk: Room, reply: Reply, label: str) -> Answer:
    return pressed(desk.desk, Pressed(ANU, f"tg:{ANU}", "tg:7:1", button(reply, label).data))


@pytest.mark.parametrize("name", ["live", "zerodha:AB1234"])
def test_an_order_for_an_account_that_is_not_logged_in_opens_no_ticket(
    desk: Room, name: str
) -> None:
    desk.link_zerodha()

    text = one(desk, f"buy RELIANCE 10 @ 1400 #{name}").text

    assert "#live is not logged in at Zerodha; nothing was sent. Say /login live" in text
    assert not desk.store.orders("zerodha:AB1234").orders


@pytest.mark.parametrize("words", ["buy RELIANCE 10", "buy RELIANCE 10 #main"])
def test_orders_go_to_paper_as_before(desk: Room, words: str) -> None:
    desk.link_zerodha()

    press(desk, one(desk, words), "Confirm")

    assert len(desk.store.orders(PAPER.account_id).orders) == 1
    assert desk.wires["zerodha"].arrived == []


@pytest.mark.parametrize(
    "words",
    ["/pos", "/funds", "/orders", "/status", "/pnl", "/hold", "/mode", "/start", "/accounts"],
)
def test_every_list_answers_while_nobody_is_logged_in(desk: Room, words: str) -> None:
    desk.link_zerodha()

    replies = say(desk, words)

    assert replies
    assert desk.wires["zerodha"].arrived == []


def test_the_list_of_sessions_offers_the_way_in(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.link_angel()
    shown = one(desk, "/login")
    assert "#live (zerodha) · ⚠ not logged in" in shown.text
    assert labels(shown) == ["Log in #angel", "Log in #live"]

    [offer] = press(desk, shown, "#live").replies
    url = button(offer, "Open").url
    assert url.startswith(f"{PAGES}/login/start?state=")

    desk.log_in(account)
    shown = one(desk, "/login")
    assert "#live (zerodha) · session good until about 21 Nov 06:00 IST" in shown.text
    assert labels(shown) == ["Log in #angel"]


def test_paper_needs_no_login(desk: Room) -> None:
    assert "paper accounts are open at once" in one(desk, "/login").text
    assert "it has nothing to log in to" in one(desk, "/login main").text


def test_credentials_are_never_taken_in_the_chat(desk: Room) -> None:
    assert "Never write credentials here" in one(desk, "/link zerodha key secret").text
    assert button(one(desk, "/link"), "Open").url.startswith(f"{PAGES}/login/link?state=")


def test_only_owners_link_and_viewers_do_not_log_in(desk: Room) -> None:
    desk.link_zerodha()
    give_role(desk.desk, ANU, "owner", "a test")
    from tradegram.chat import people

    code = people.new_code(desk.desk)
    assert people.pair(desk.desk, RAVI, "Ravi", code)
    assert "Only the desk's owner links" in str(say(desk, "/link", RAVI))
    give_role(desk.desk, RAVI, "viewer", "a test")
    assert "You are a viewer" in str(say(desk, "/login live", RAVI))


def test_who_is_logged_out_by_the_broker_is_told_with_a_way_in(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)
    desk.said()
    desk.zerodha.tokens.clear()
    with pytest.raises(SessionExpired):
        desk.desk.brokers.broker(account.account_id).order_book()
    screen = Screen()

    deliver(desk.desk, screen, serves=lambda chat: chat == f"tg:{ANU}")

    [reply] = screen.shown
    assert reply.text.startswith("⚠ Zerodha ended the session of #live")
    assert labels(reply) == ["Log in"]
    assert "#live" in press(desk, reply, "Log in").replies[0].text


def test_logging_out_by_chat(desk: Room) -> None:
    account = desk.link_zerodha()
    desk.log_in(account)

    assert "#live is logged out" in one(desk, "/logout live").text
    assert "Which account?" in one(desk, "/logout").text
    assert "⚠ logged out" in one(desk, "/status").text
