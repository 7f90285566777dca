"""What a broker keeps for a price is handed to it at most once, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from triggers.house import House, floor_of, house

from tradegram.chat.reply import Answer
from tradegram.errors import Denied, UserError
from tradegram.ports import Limits
from tradegram.risk.kill import kill, resume
from tradegram.triggers.asking import store_kept
from tradegram.triggers.kept import Phase, give_up, want_back
from tradegram.triggers.look import look


def shown(answer: Answer) -> str:
    assert answer.edit is not None
    return answer.edit.text


@pytest.fixture(params=["zerodha", "angelone"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with house(request.param, tmp_path) as made:
        yield made


def test_it_is_handed_over_once_however_often_it_is_tapped_and_rung_for(home: House) -> None:
    made = home.made()
    for _ in range(2):
        store_kept(home.desk, made)
    home.work()
    home.bell.rung.append((home.account_id, f"trigger|{made.key}"))
    home.look(3)

    assert home.ledger() == ["active"]
    assert home.kept().phase is Phase.ACTIVE
    assert len(home.told("it works while this desk is off")) == 1


@pytest.mark.parametrize("fault", ["lose", "garble", "failed"])
def test_one_whose_answer_was_lost_is_found_in_the_list_and_not_sent_again(
    home: House, fault: str
) -> None:
    with home.losing(fault):
        kept = home.stored()
    assert kept.phase is Phase.UNKNOWN

    home.look(2)

    assert home.ledger() == ["active"]
    assert (home.now(kept).phase, len(home.told("it works while"))) == (Phase.ACTIVE, 1)


def test_one_that_never_arrived_is_told_unconfirmed_and_ends_long_after(home: House) -> None:
    with home.losing("cut"):
        kept = home.stored()

    home.look(10)
    assert home.now(kept).phase is Phase.UNKNOWN
    assert len(home.told("not sent again")) == 1

    home.look(60, seconds=10.0)
    assert (home.now(kept).phase, home.now(kept).ended) == (Phase.ENDED, "it never arrived")
    assert home.ledger() == []
    assert len(home.told("never arrived")) == 1


def test_that_it_is_unconfirmed_is_told_though_the_list_cannot_be_read(home: House) -> None:
    with home.losing("lose"):
        kept = home.stored()
    home.case.wire.unreachable = True
    for _ in range(8):
        home.case.clock.pass_(5)
        look(home.desk, home.account_id)

    assert home.now(kept).phase is Phase.UNKNOWN
    assert len(home.told("not sent again")) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("write", [1, 2])
def test_a_worker_may_die_between_claim_and_answer(home: House, when: str, write: int) -> None:
    store_kept(home.desk, home.made())

    assert home.dies(home.work, **{when: write})
    home.look(80, seconds=10.0)

    # Of a claim without an answer nobody knows whether it left: it is not sent again.
    assert home.ledger() == ([] if (when, write) == ("after", 1) else ["active"])
    assert home.kept().phase is (Phase.ACTIVE if home.ledger() else Phase.ENDED)


def test_of_two_with_the_same_terms_one_is_unresolved_at_a_time(home: House) -> None:
    with home.losing("lose"):
        first = home.stored()
    second = home.stored()
    assert (second.phase, home.ledger()) == (Phase.WANTED, ["active"])

    home.look(3)

    assert {home.now(one).phase for one in (first, second)} == {Phase.ACTIVE}
    assert home.now(first).trigger_id != home.now(second).trigger_id
    assert home.ledger() == ["active"] * 2


def test_one_of_the_same_terms_that_was_there_before_is_not_taken_for_it(home: House) -> None:
    home.stored()
    home.look()
    home.forgets()  # as if the holder had made it at the broker's own page
    with home.losing("cut"):
        kept = home.stored()

    home.look(3)

    assert (home.now(kept).phase, home.now(kept).trigger_id) == (Phase.UNKNOWN, "")


def test_a_refusal_is_told_and_nothing_waits(home: House) -> None:
    with home.losing("refuse"):
        kept = home.stored()

    assert (kept.phase, home.ledger()) == (Phase.ENDED, [])
    assert len(home.told("NOT handed to the broker")) == 1


def test_it_is_held_to_the_limits_of_an_order_when_it_is_stored(home: House) -> None:
    home.limits(Limits(order_value=home.case.price))

    with pytest.raises(Denied, match="limit"):
        home.made(quantity=100)


def test_it_is_taken_back_though_the_answer_is_lost(home: House) -> None:
    kept = home.stored()
    want_back(home.desk, kept.key, by="user 7", why="you took it back")
    with home.losing("lose"):
        home.look()

    home.look(2)

    assert home.ledger() == ["deleted"]
    assert home.now(kept).ended == "taken back: you took it back"
    assert len(home.told("waits no more")) == 1


def test_the_kill_switch_takes_it_back_and_the_release_does_not_bring_it_again(
    home: House,
) -> None:
    kept = home.stored()
    kill(home.desk, 7)
    home.look(3)
    resume(home.desk, "test")
    home.look(3)

    assert (home.ledger(), home.now(kept).phase) == (["deleted"], Phase.ENDED)
    assert len(home.told("the kill switch is on")) == 1


def test_what_the_kill_switch_cannot_take_back_is_named_once(home: House) -> None:
    home.stored()
    kill(home.desk, 7)
    with home.losing("cut"):
        home.look(8)

    assert home.ledger() == ["active"]
    assert len(home.told("could NOT be taken back yet (the kill switch is on)")) == 1


def test_nothing_is_stored_or_sent_while_the_kill_switch_is_on(home: House) -> None:
    made = home.made()
    store_kept(home.desk, made)
    kill(home.desk, 7)
    home.look(2)
    with pytest.raises(Denied):
        store_kept(home.desk, home.made(when="1440", price="1439"))

    assert (home.ledger(), home.now(made).phase) == ([], Phase.ENDED)


def test_one_that_waits_too_long_for_the_broker_is_not_sent(home: House) -> None:
    made = home.made()
    store_kept(home.desk, made)
    home.bell.rung.clear()
    home.case.clock.pass_(121)
    home.look(2)

    assert (home.ledger(), len(home.told("it could not be sent in time"))) == ([], 1)


def test_one_of_unknown_fate_can_be_ended_by_who_looked_when_it_cannot_arrive_any_more(
    home: House,
) -> None:
    with home.losing("cut"):
        kept = home.stored()
    chat = floor_of(home)
    assert "taken back once it is found" in shown(chat.press(chat.one("/gtt"), "Take it"))
    with pytest.raises(UserError, match="may still arrive"):
        give_up(home.desk, home.now(kept), by="user 7")

    home.case.clock.pass_(601)
    assert "ended it" in shown(chat.press(chat.one("/gtt"), "I looked"))

    assert home.now(kept).phase is Phase.ENDED
    with pytest.raises(UserError, match="known by now"):
        give_up(home.desk, home.now(kept), by="user 7")
