from __future__ import annotations

import pytest

from tradegram.chat.telegram.hands import GIVE_UP_AFTER, Hands


def test_nothing_is_acknowledged_before_the_oldest_that_is_not_done() -> None:
    hands = Hands()
    assert hands.offset(0.0) is None
    for update_id in (7, 8, 9):
        assert hands.take(update_id, 0.0)
    hands.done(8)
    assert hands.offset(1.0) == 7
    hands.done(7)
    assert hands.offset(1.0) == 9
    hands.done(9)
    assert hands.offset(1.0) == 10


def test_an_update_in_hand_is_not_taken_twice_but_a_dropped_one_is() -> None:
    hands = Hands()
    assert hands.take(7, 0.0)
    assert not hands.take(7, 0.0)
    hands.drop(7)
    assert hands.offset(1.0) == 7
    assert hands.take(7, 1.0)


def test_an_update_that_never_gets_done_is_given_up_after_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hands = Hands()
    hands.take(7, 0.0)
    for at in range(10, int(GIVE_UP_AFTER), 10):
        hands.drop(7)
        hands.take(7, float(at))
    assert hands.offset(GIVE_UP_AFTER) == 7
    assert hands.offset(GIVE_UP_AFTER + 1) == 8
    assert "given up" in caplog.text


def test_after_a_quiet_week_numbers_may_start_anew_anywhere() -> None:
    hands = Hands()
    hands.take(700_000_001, 0.0)
    hands.done(700_000_001)
    assert hands.offset(86400.0) == 700_000_002
    assert hands.offset(7 * 86400.0) is None
    assert hands.take(5, 7 * 86400.0)


def test_waiting_for_what_is_under_way_ends_with_it_or_with_time() -> None:
    hands = Hands()
    assert hands.all_done(0.0)
    hands.take(7, 0.0)
    assert not hands.all_done(0.01)
