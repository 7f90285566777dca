"""Paper until a person has proven to be the holder, and back without a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from chat.test_risk_commands import PIN, tapped, text
from chat.trading_floor import ANU, RAVI, Floor, floor, labels

from tradegram.brokers.registry import PAPER
from tradegram.chat.mode import go_live
from tradegram.chat.preferences import preferences
from tradegram.errors import UserError
from tradegram.model import Account, Mode
from tradegram.risk.stepup import set_up_pin

REAL = Account("paper:real", "paper", "real", Mode.LIVE)
OTHER = Account("paper:other", "paper", "other", Mode.LIVE)
ORDER = "buy INFY 1 @ 1400"


@dataclass
class Pages:
    """Implements ports.Pager."""

    alerts: list[str] = field(default_factory=list)

    def alert(self, account_id: str, text: str) -> None:
        self.alerts.append(text)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path, PAPER, REAL) as made:
        set_up_pin(made.desk, ANU, PIN)
        yield made


def live(desk: Floor, words: str = "/mode live") -> str:
    return text(tapped(desk, desk.one(words), PIN))


def test_orders_go_to_paper_until_live_was_chosen(desk: Floor) -> None:
    card = desk.one("/mode")

    assert "Mode: PAPER" in card.text
    assert "#main (paper)  [PAPER] · default" in card.text
    assert "#real (paper)  [LIVE] · only with #real" in card.text
    assert "[PAPER]" in desk.one(ORDER).text


def test_live_takes_a_pin_and_shows_on_every_ticket(desk: Floor) -> None:
    keypad = desk.one("/mode live")
    assert "real money" in keypad.text
    assert "[PAPER]" in desk.one(ORDER).text  # nothing was proven yet

    assert "Mode: LIVE" in text(tapped(desk, desk.one("/mode live"), PIN))

    assert "Mode: LIVE" in desk.one("/mode").text
    ticket = desk.one(ORDER).text
    assert "[LIVE]" in ticket
    assert "a/c #real" in ticket
    assert '"mode"' not in ticket
    assert "mode" in desk.one("/audit desk").text


def test_a_wrong_pin_changes_nothing(desk: Floor) -> None:
    tapped(desk, desk.one("/mode live"), "135790")

    assert "Mode: PAPER" in desk.one("/mode").text


def test_back_to_paper_asks_nothing(desk: Floor) -> None:
    live(desk)

    assert "Back to paper" in "".join(labels(desk.one("/mode")))
    assert "Mode: PAPER" in desk.one("/mode paper").text
    assert "[PAPER]" in desk.one(ORDER).text


def test_a_live_default_account_takes_a_pin_too(desk: Floor) -> None:
    said = desk.one("/settings account real").text
    assert "Tap your PIN" in said
    assert "Mode: PAPER" in desk.one("/mode").text

    live(desk, "/settings account real")
    assert "Mode: LIVE" in desk.one("/mode").text
    desk.say("/settings account main")
    assert "Mode: PAPER" in desk.one("/mode").text


def test_it_is_ones_own_and_another_person_stays_on_paper(desk: Floor) -> None:
    live(desk)

    assert "[PAPER]" in desk.one(ORDER, RAVI).text
    assert "tradegram stepup --user 8" in desk.one("/mode live", RAVI).text


def test_a_live_account_that_does_not_fit_gives_way_to_paper_and_not_to_another_live_one(
    tmp_path: Path,
) -> None:
    dollars = replace(OTHER, currency="USDT")
    with floor(tmp_path, PAPER, REAL, dollars) as made:
        set_up_pin(made.desk, ANU, PIN)
        live(made, "/mode live real")

        assert "[PAPER]" in made.one("buy BTCUSDT 0.01 @ 95000").text


def test_which_of_several_is_asked(tmp_path: Path) -> None:
    with floor(tmp_path, PAPER, REAL, OTHER) as made:
        set_up_pin(made.desk, ANU, PIN)
        assert "/mode live other, /mode live real" in made.one("/mode live").text

        live(made, "/mode live other")
        assert "a/c #other" in made.one(ORDER).text


def test_a_word_that_is_no_mode_and_a_paper_account_are_refused(desk: Floor) -> None:
    assert "no mode" in desk.one("/mode fast").text
    assert "is a paper account" in desk.one("/mode live main").text


def test_everybody_hears_of_it(desk: Floor) -> None:
    pages = Pages()
    desk.desk = replace(desk.desk, pager=pages)

    live(desk)

    assert "switched to LIVE" in pages.alerts[0]


def test_no_grant_no_live(desk: Floor) -> None:
    with pytest.raises(UserError, match="not proven"):
        go_live(desk.desk, ANU, REAL.account_id, "made up")

    assert not preferences(desk.desk, ANU).live
