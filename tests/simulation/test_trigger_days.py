"""What a broker keeps, under every fault of the desk: once, never lost, never too much."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation.planted import Edit, Mutant, one
from simulation.planting import part_days, planted
from simulation.trigger_days import play

DAYS = 15
UNTIL_SEEN = 500
SEND, LOOK, KEPT = "triggers/send.py", "triggers/look.py", "triggers/kept.py"
TAKING, ASKING = "triggers/taking.py", "triggers/asking.py"
CLOSING, KEEP, EXITS = "tickets/closing.py", "brackets/keep.py", "chat/exits.py"

# What exits and triggers close together is counted where each is made.
UNCOUNTED = Edit(KEPT, "            if one.is_live\n", "            if one.phase == 'NONE'\n")
BUGS = (
    one(
        "an_unknown_one_is_sent_again",
        SEND,
        "except (NotSent, Throttled) as error:\n        _unsent",
        "except (NotSent, Throttled, OutcomeUnknown) as error:\n        _unsent",
        mix="lost_reply=0.3 kill=0",
    ),
    one(
        "one_whose_worker_died_is_sent_again",
        LOOK,
        'replace(kept, phase=Phase.UNKNOWN), "trigger unknown"',
        'replace(kept, phase=Phase.WANTED), "trigger unknown"',
        mix="crash=0.05 kill=0",
    ),
    one(
        "one_is_sent_before_it_is_claimed",
        SEND,
        "    kept = _claim(desk, replace(kept, alike=alike), turn)\n",
        "    triggers.place_trigger(kept.asked, not_after=not_after)\n"
        "    kept = _claim(desk, replace(kept, alike=alike), turn)\n",
    ),
    one(
        "one_that_is_not_listed_at_once_never_arrived",
        LOOK,
        "if asked_at <= listed_from or",
        "if",
        mix="slow_request=0.5 listing_lag=0.5 kill=0",
    ),
    Mutant(
        "what_is_at_the_broker_is_not_counted_as_closing",
        (UNCOUNTED,),
        mix="kill=0",
    ),
    one(
        "a_bracket_does_not_count_it",
        KEEP,
        "        there -= kept_for(desk, closing)\n",
        "",
        mix="kill=0",
    ),
    one(
        "storing_it_does_not_count_what_closes",
        ASKING,
        "if draft.quantity > there - busy:",
        "if draft.quantity > there:",
        mix="kill=0",
    ),
    one(
        "asking_for_it_back_is_taken_for_its_end",
        KEPT,
        "        if found.phase is Phase.WANTED:\n",
        "        if True:\n",
        mix="lost_bell=0.3 kill=0",
    ),
    one(
        "what_it_became_is_forgotten",
        LOOK,
        'if row.status == "triggered":',
        'if row.status == "triggered" and False:',
    ),
    one(
        "the_orders_of_it_are_written_without_it",
        TAKING,
        "also=(ticket, *orders, noted(remark, working, keys), *brackets),",
        "also=(ticket, noted(remark, working, keys), *brackets),",
    ),
    one(
        "the_kill_switch_leaves_it",
        LOOK,
        "if kept.is_live and not kept.cancel and is_killed(desk.store):",
        "if False:",
        mix="kill=1",
    ),
    one(
        "any_row_of_its_terms_is_it",
        LOOK,
        " and row.trigger_id not in kept.alike and row.trigger_id not in ours",
        "",
        mix="slow_request=0.6 kill=0",
    ),
)


@pytest.mark.parametrize("seed", range(DAYS))
def test_a_day_of_what_the_broker_keeps_keeps_its_promises(seed: int) -> None:
    play(seed)


@pytest.mark.parametrize("mutant", BUGS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_seen(mutant: Mutant, tmp_path: Path) -> None:
    seen = part_days(planted(mutant, tmp_path), UNTIL_SEEN, mutant, "trigger_days")
    assert seen, f"{mutant.name} was not seen in {UNTIL_SEEN} days"
