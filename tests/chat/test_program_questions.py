from __future__ import annotations

from tradegram.chat import outbox
from tradegram.chat.program_questions import QUESTIONS


def test_the_outbox_knows_every_kind_that_a_program_asks_for() -> None:
    assert QUESTIONS.keys() == outbox.QUESTIONS
