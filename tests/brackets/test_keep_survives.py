"""A bracket under kills, lost answers, two workers, refusals and the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from brackets.floor import D, Floor, Killed, floor

from tradegram.audit import verify
from tradegram.brackets.keep import keep, keep_one
from tradegram.brackets.plan import Phase
from tradegram.brackets.start import close_now
from tradegram.brokers.registry import PAPER
from tradegram.errors import StoreUnavailable
from tradegram.model import ReportStatus
from tradegram.orders.state import State
from tradegram.ports import Change
from tradegram.risk.kill import kill, resume


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    made = floor(tmp_path)
    yield made
    made.store.close()


def day(desk: Floor, look: Callable[[], None]) -> None:
    """An entry fills in parts, its target too, the stop is reached, and all of it is closed."""
    entry = desk.broker.rows[0]
    desk.broker.fill(entry, "4")
    look()
    desk.clock.pass_(11)
    desk.broker.fill(entry)
    look()
    desk.broker.fill(desk.exits()[0], "2") if desk.exits() else None
    look()
    desk.price("2880")
    look()
    look()


def finish(desk: Floor) -> None:
    for _ in range(8):
        for row in desk.exits():
            if row.is_live and row.terms.price is not None and row.terms.price < D(2900):
                desk.broker.fill(row)
        desk.look(3)
        if desk.bracket().phase is Phase.ENDED:
            return


def commits_of_the_day(folder: Path) -> int:
    made = floor(folder)
    made.bought(10, stop="2900", target="3050", filled=False)
    before = made.store.commits
    day(made, made.look)
    finish(made)
    made.store.close()
    return made.store.commits - before


@pytest.mark.parametrize("when", ["dies_before", "dies_after"])
def test_a_worker_may_die_at_any_write_and_no_exit_is_doubled_or_lost(
    tmp_path: Path, when: str
) -> None:
    (tmp_path / "whole").mkdir()
    count = commits_of_the_day(tmp_path / "whole")
    assert count > 10
    for at in range(1, count + 1):
        folder = tmp_path / f"{when}{at}"
        folder.mkdir()
        made = floor(folder)
        made.bought(10, stop="2900", target="3050", filled=False)
        setattr(made.store, when, made.store.commits + at)

        def look(desk: Floor = made) -> None:
            try:
                desk.look()
            except Killed:
                desk.bell.rung.clear()  # the bells die with the process
                desk.clock.pass_(31)  # and what it had claimed is nobody's from then on
                desk.look(8)
            assert desk.most_closed() <= desk.broker.rows[0].cum

        try:
            day(made, look)
            finish(made)
        except Killed:
            made.bell.rung.clear()
            made.clock.pass_(31)
            finish(made)
        assert made.most_closed() <= 10, at
        unsure = [row for row in made.exits() if row.is_live]
        assert made.broker.net() == 0 or unsure or _holder_was_told(made), at
        verify(made.store.chain(PAPER.account_id))
        made.store.close()


def _holder_was_told(desk: Floor) -> bool:
    """An exit of unknown fate is never sent again: only a person can look."""
    return any(one.kind in ("unconfirmed", "unknown") for one in desk.store.notices(500))


def test_two_workers_that_read_the_same_bracket_make_one_exit(desk: Floor) -> None:
    stale = desk.bought(10, stop="2900")
    desk.price("2890")

    keep_one(desk.desk, stale)
    keep_one(desk.desk, stale)
    keep(desk.desk, PAPER.account_id)
    desk.look(3)

    assert [row.terms.quantity for row in desk.exits()] == [D(10)]


def test_an_exit_whose_write_was_not_answered_is_found_again_and_not_made_twice(
    desk: Floor,
) -> None:
    desk.bought(10, stop="2900")
    desk.price("2890")
    commit, lost = desk.store.commit, [True]

    def silent(change: Change) -> object:
        stored = commit(change)
        if lost and len(change.records) > 1:
            lost.clear()
            raise StoreUnavailable("no answer")
        return stored

    desk.store.commit = silent  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreUnavailable):
        keep(desk.desk, PAPER.account_id)
    desk.clock.pass_(6)
    desk.look(4)
    desk.look(4)

    assert [row.terms.quantity for row in desk.exits()] == [D(10)]


def test_the_kill_switch_holds_exits_back_and_says_so_once(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    kill(desk.desk, 7)
    desk.price("2890")

    desk.look(5)

    assert desk.exits() == []
    assert [text for text in desk.told() if "kill switch" in text] == desk.told()
    assert len(desk.told()) == 1
    resume(desk.desk, "test")
    desk.look(2)
    assert desk.most_closed() == 10


def test_a_refused_target_is_watched_instead(desk: Floor) -> None:
    desk.broker.refuses = ""
    desk.bought(10, stop="2900", target="3050", filled=False)
    desk.broker.refuses = "price outside the band of the day"
    desk.broker.fill(desk.broker.rows[0])
    desk.look(3)
    desk.broker.refuses = ""
    assert desk.bracket().phase is Phase.WATCHING
    assert not desk.bracket().rests
    assert desk.exits() == []

    desk.price("3050")
    desk.look(2)

    assert [row.terms.price for row in desk.exits()] == [D(3050)]


def test_a_refused_exit_is_not_sent_again_before_a_person_says_so(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.broker.refuses = "margin"
    desk.price("2890")

    desk.look(20)

    assert desk.bracket().phase is Phase.STUCK
    assert desk.exits() == []
    assert sum("NOT protected" in text for text in desk.told()) == 1


def test_an_unknown_exit_is_never_followed_by_another(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.price("2890")
    desk.broker.loses = True
    desk.look(2)
    desk.broker.loses = False

    desk.look(60)

    [one] = desk.bracket().exits
    assert desk.store.order(one.client_order_id).state is State.UNKNOWN
    assert desk.exits() == []


def test_an_exit_left_behind_by_the_market_follows_it(desk: Floor) -> None:
    desk.bought(10, stop="2900")
    desk.price("2890")
    desk.look(2)
    [one] = desk.exits()
    first = one.terms.price
    desk.price("2700")

    desk.look(15)

    assert desk.exits() == [one]
    assert first is not None
    assert one.terms.price is not None
    assert one.terms.price < 2700 < first


def test_a_target_cancelled_by_hand_stays_off_and_the_stop_stays(desk: Floor) -> None:
    desk.bought(10, stop="2900", target="3050")
    desk.broker.cancelled(desk.exits()[0])

    desk.look(3)

    assert len(desk.exits()) == 1
    assert desk.bracket().target is None
    desk.price("2890")
    desk.look(2)
    assert desk.most_closed() == 10


def test_the_day_ends_a_bracket_on_what_is_held_for_the_day(desk: Floor) -> None:
    bracket = desk.bought(10, stop="2900", target="3050")
    assert bracket.ends_at is None  # this market never closes

    desk.hours.open = False
    desk.price("2800")
    desk.look(3)

    assert desk.bracket().phase is Phase.WATCHING
    assert [row.status for row in desk.exits()] == [ReportStatus.NEW]
    assert sum((row.cum for row in desk.exits()), Decimal(0)) == 0


def test_the_kill_switch_also_stops_an_exit_that_is_under_way(desk: Floor) -> None:
    bracket = desk.bought(10, stop="2900")
    close_now(desk.desk, bracket.key, 7)
    kill(desk.desk, 7)

    desk.look(5)

    assert desk.bracket().exits == ()
    resume(desk.desk, "test")
    desk.look(2)
    assert desk.most_closed() == 10
