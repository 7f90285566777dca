"""Forwarded messages: looked at as signals, and never acted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from chat.trading_floor import ANU, RAVI, Floor, floor, labels

from tradegram.chat.forwarded import named
from tradegram.chat.pending import await_input
from tradegram.chat.people import VIEWER, give_role
from tradegram.risk.stepup import AtTheTerminal
from tradegram.signals.signal import NAME
from tradegram.signals.strategy import Rule, Strategy, Way, set_up
from tradegram.tickets.ticket import Ticket, TicketState

TIP = "BUY RELIANCE ABOVE 3000 SL 2950 TGT 3100"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        made.desk = replace(made.desk, allowed_users=frozenset({ANU, RAVI}))
        yield made


def tickets(desk: Floor) -> list[Ticket]:
    found = [each.body["ticket"] for each in desk.store.documents("signal")]
    return [desk.store.ticket(each) for each in found]


def test_follow_opens_a_ticket_that_waits_for_confirm(desk: Floor) -> None:
    [card] = desk.forward(TIP, "Best Tips")
    assert labels(card) == ["Follow", "Edit", "Skip"]
    assert tickets(desk) == []

    shown = desk.press(card, "Follow").edit

    assert shown is not None
    assert any(label.startswith("✅ Confirm BUY 1") for label in labels(shown))
    [ticket] = tickets(desk)
    assert (ticket.draft.strategy, ticket.state) == ("best-tips", TicketState.OPEN)
    assert desk.store.orders("paper:main").orders == []
    desk.press(shown, "Confirm")
    assert len(desk.store.orders("paper:main").orders) == 1


@pytest.mark.parametrize("way", [Way.AUTO, Way.PAPER, Way.ASK])
def test_it_waits_whatever_a_strategy_of_that_name_may_do(desk: Floor, way: Way) -> None:
    mine = Strategy("best-tips", ANU, way, "paper:main", Rule.QUANTITY, Decimal(3))
    set_up(desk.desk, mine, "a test", AtTheTerminal())

    desk.press(desk.forward(TIP, "Best Tips")[0], "Follow")

    [ticket] = tickets(desk)
    assert (ticket.state, ticket.quantity) == (TicketState.OPEN, Decimal(3))
    assert desk.store.orders("paper:main").orders == []


@pytest.mark.parametrize("text", ["/buy RELIANCE 10", "/kill", "482915", "20", "buy RELIANCE 10"])
def test_a_forwarded_command_or_answer_never_acts(desk: Floor, text: str) -> None:
    await_input(desk.desk, ANU, "quantity", {"text": "buy INFY"})
    before = [each.body for each in desk.store.chain("desk")]

    [said] = desk.forward(text, "Best Tips")

    assert "Forwarded messages do not trade" in said.text
    assert said.buttons == ()
    assert [each.body for each in desk.store.chain("desk")] == before
    assert tickets(desk) == []


def test_the_same_signal_followed_twice_is_one_ticket(desk: Floor) -> None:
    first, again = (desk.forward(TIP, "Best Tips")[0] for _ in range(2))

    shown = [desk.press(card, "Follow").edit for card in (first, again)]

    assert shown[0] == shown[1]
    assert len(tickets(desk)) == 1
    assert "too old" in desk.press(first, "Follow").toast


def test_a_channel_that_two_people_follow_is_a_strategy_of_each(desk: Floor) -> None:
    for user in (ANU, RAVI):
        desk.press(desk.forward(TIP, "Best Tips", user)[0], "Follow", user)

    assert {ticket.draft.strategy for ticket in tickets(desk)} == {"best-tips", f"best-tips-{RAVI}"}


def test_a_viewer_and_who_pressed_for_another_follow_nothing(desk: Floor) -> None:
    [card] = desk.forward(TIP)
    assert "somebody else's" in desk.press(card, "Follow", RAVI).toast
    give_role(desk.desk, RAVI, VIEWER, "terminal")

    assert "viewer" in desk.forward(TIP, "", RAVI)[0].text
    assert tickets(desk) == []


@pytest.mark.parametrize("source", ["", "🔥🔥", "Best Tips!", "a" * 200, "बेस्ट", "-x-"])
def test_a_channels_name_becomes_one_that_a_strategy_may_have(source: str) -> None:
    assert NAME.fullmatch(f"{named(source)}-{2**52}")
