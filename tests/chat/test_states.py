from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import samples

from tradegram.chat.states import STATES, Unified, words_of
from tradegram.orders.state import State


def test_every_state_has_words_for_people_and_for_programs() -> None:
    assert set(STATES) == set(State)
    assert all(said.mark and said.words for said in STATES.values())


def test_every_word_for_programs_stands_for_some_order() -> None:
    partly = replace(samples.STAGED, state=State.WORKING, cum_quantity=Decimal(4))
    used = {said.unified for said in STATES.values()} | {words_of(partly).unified}
    assert used == set(Unified)


def test_an_unknown_order_is_never_called_rejected_or_pending() -> None:
    assert words_of(replace(samples.STAGED, state=State.UNKNOWN)).unified is Unified.UNKNOWN


def test_an_order_cancelled_before_it_was_sent_is_called_cancelled() -> None:
    denied = replace(samples.STAGED, state=State.DENIED)
    assert words_of(denied).unified is Unified.REJECTED
    assert words_of(replace(denied, cancel_wanted=True)).unified is Unified.CANCELLED


def test_accepted_is_not_called_filled() -> None:
    for state in (State.SUBMITTED, State.WORKING):
        assert "not filled" in words_of(replace(samples.STAGED, state=state)).words
