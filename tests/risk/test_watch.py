"""The day's loss is told at half, at four fifths and at the limit, each once a day."""

from __future__ import annotations

from decimal import Decimal

from risk.test_limits_of_the_day import allow, confirm, opened, position
from tickets.desks import OWNER, STRANGER, Scene

from tradegram.brokers.registry import PAPER
from tradegram.errors import NotSent
from tradegram.ports import Change, Document
from tradegram.risk.limits import key_of_account
from tradegram.risk.watch import watch_loss

D = Decimal


def told(play: Scene) -> list[tuple[int, str]]:
    """What is owed now; then it is delivered."""
    watch_loss(play.desk, PAPER.account_id)
    owed = play.store.notices()
    for notice in owed:
        play.store.delivered(notice)
    return [(notice.user_id, notice.text) for notice in owed]


def test_each_level_is_told_once_and_the_highest_says_what_stopped(play: Scene) -> None:
    allow(play, "daily_loss", "5000")
    confirm(play, opened(play))
    steps = [(2400, ""), (2500, "50 %"), (3000, ""), (4100, "82 %"), (6000, "reached"), (9000, "")]
    for loss, words in steps:
        play.broker.runs = [position("10", f"-{loss}", "0")]
        found = told(play)
        assert [user for user, _ in found] == ([OWNER] if words else [])
        assert all(words in text for _, text in found)
    play.clock.pass_(86_400)
    assert told(play) == []  # nobody has traded today


def test_an_accounts_limit_is_told_to_everybody_and_a_persons_only_to_them(play: Scene) -> None:
    play.store.commit(Change((Document("user", str(STRANGER), {"name": "R", "role": "trader"}),)))
    allow(play, "daily_loss", "5000", key_of_account(PAPER.account_id))
    play.broker.runs = [position("10", "-5000", "0")]

    assert [user for user, _ in told(play)] == [0, STRANGER]


def test_nothing_is_asked_of_the_broker_where_nobody_has_such_a_limit(play: Scene) -> None:
    play.broker.fails = NotSent("paper", "no line")

    assert told(play) == []
    allow(play, "daily_loss", "5000", key_of_account(PAPER.account_id))
    assert told(play) == []  # and a broker that does not answer is asked at the next look


def test_the_warning_is_in_the_audit_chain(play: Scene) -> None:
    allow(play, "daily_loss", "5000", key_of_account(PAPER.account_id))
    play.broker.runs = [position("10", "-4000", "0")]
    told(play)

    assert any("loss warning" in link.body for link in play.store.chain(PAPER.account_id))
