"""The rules alone: what a bracket decides from its record, its orders and one look."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from samples import INFY, INTENT, STAGED

from tradegram.brackets.plan import Bracket, Exit, Phase, Why
from tradegram.brackets.rules import Seen, decide
from tradegram.model import Product, Side, Terms
from tradegram.orders.state import Order, State

D = Decimal
ENTRY = replace(STAGED, state=State.FILLED, cum_quantity=D(100), settled=False)
KEPT = Bracket(
    "T" * 16, "paper:main", 7, INFY, Product.INTRADAY, Side.SELL, entries=(ENTRY.key,),
    stop=D(1450), target=D(1600), looked_at=1000.0,
)  # fmt: skip
FAR = Seen(now=1000.0, last=D(1500), worst=D(1490))
NEAR = Seen(now=1000.0, last=D(1450), worst=D(1440))


def exit_(state: State, quantity: int = 100, cum: int = 0) -> Order:
    intent = replace(
        INTENT, client_order_id="X" * 16, side=Side.SELL, quantity=D(quantity), price=D(1600)
    )
    return replace(STAGED, intent=intent, state=state, cum_quantity=D(cum), broker_order_id="B2")


def with_(order: Order) -> tuple[Bracket, dict[str, Order]]:
    one = Exit(order.key, Why.TARGET, order.intent.quantity, order.intent.price)
    return replace(KEPT, exits=(one,)), {order.key: order}


def test_nothing_more_is_staged_while_an_exit_may_still_fill() -> None:
    for state in (State.STAGED, State.SENDING, State.UNKNOWN, State.SUBMITTED, State.WORKING):
        bracket, exits = with_(exit_(state))
        for seen in (FAR, NEAR):
            assert decide(bracket, [ENTRY], exits, seen).quantity == 0


def test_what_an_ended_exit_did_not_fill_is_staged_again() -> None:
    bracket, exits = with_(exit_(State.EXPIRED, cum=30))
    assert decide(bracket, [ENTRY], exits, FAR).quantity == 70


def test_a_change_that_is_under_way_counts_as_much_as_it_may_become() -> None:
    order = replace(exit_(State.WORKING, quantity=40), replace_wanted=Terms(D(90), D(1600)))
    bracket, exits = with_(order)
    assert decide(bracket, [ENTRY], exits, FAR).quantity == 10


def test_only_fills_are_protected() -> None:
    working = replace(ENTRY, state=State.WORKING, cum_quantity=D(0))
    assert decide(KEPT, [working], {}, NEAR).bracket == KEPT
    partly = replace(working, cum_quantity=D(30))
    step = decide(KEPT, [partly], {}, NEAR)
    assert (step.quantity, step.price) == (30, 1440)
    assert step.cancels == (ENTRY.key,)


def test_a_stop_that_was_reached_stays_reached_when_the_price_comes_back() -> None:
    exiting = decide(KEPT, [ENTRY], {}, NEAR).bracket
    assert exiting.phase is Phase.EXITING
    step = decide(exiting, [ENTRY], {}, FAR)
    assert (step.quantity, step.price, step.why) == (100, 1490, Why.STOP)


def test_a_bracket_of_a_day_ends_with_it_and_takes_its_exits_back() -> None:
    bracket, exits = with_(exit_(State.WORKING))
    after = decide(replace(bracket, ends_at=999.0), [ENTRY], exits, FAR).bracket
    assert after.phase is Phase.ENDED
    assert after.exits[0].dropped


def denied(why: Why, phase: Phase, denials: int) -> tuple[Bracket, dict[str, Order]]:
    one = Exit("X" * 16, why, D(100), D(1490))
    bracket = replace(KEPT, phase=phase, why="stop", exits=(one,), denials=denials)
    return bracket, {one.client_order_id: exit_(State.DENIED)}


def test_an_exit_that_the_desk_did_not_send_is_tried_again_after_a_while() -> None:
    bracket, exits = denied(Why.STOP, Phase.EXITING, 0)
    at_once = decide(bracket, [ENTRY], exits, FAR)
    assert (at_once.quantity, at_once.bracket.denials) == (0, 1)
    later = decide(at_once.bracket, [ENTRY], exits, replace(FAR, now=1010.0))
    assert later.quantity == 100


def test_after_three_denials_a_person_must_look() -> None:
    bracket, exits = denied(Why.STOP, Phase.EXITING, 2)
    after = decide(bracket, [ENTRY], exits, FAR)
    assert after.bracket.phase is Phase.STUCK
    assert after.quantity == 0
    assert "NOT protected" in after.news[0]


def test_a_target_that_cannot_be_sent_is_watched_and_its_stop_too() -> None:
    bracket, exits = denied(Why.TARGET, Phase.WATCHING, 2)
    after = decide(bracket, [ENTRY], exits, FAR).bracket
    assert (after.phase, after.rests) == (Phase.WATCHING, False)
    assert decide(after, [ENTRY], exits, NEAR).bracket.phase is Phase.EXITING


def test_an_entry_that_may_yet_turn_up_keeps_its_bracket() -> None:
    for state, settled in ((State.REFUSED, False), (State.UNKNOWN, False)):
        absent = replace(ENTRY, state=state, cum_quantity=D(0), settled=settled)
        assert decide(KEPT, [absent], {}, FAR).bracket.phase is Phase.WATCHING
    gone = replace(ENTRY, state=State.REFUSED, cum_quantity=D(0), settled=True)
    assert decide(KEPT, [gone], {}, FAR).bracket.phase is Phase.ENDED


def test_an_entry_that_fills_after_its_bracket_ended_is_protected_again() -> None:
    ended = replace(KEPT, phase=Phase.ENDED, why="its entry did not fill")
    step = decide(ended, [ENTRY], {}, FAR)
    assert step.bracket.phase is Phase.WATCHING
    assert step.news == (
        "INFY: 100 more came in after its bracket had ended. The bracket is on again.",
    )


def test_a_bracket_that_its_holder_or_its_day_ended_stays_ended() -> None:
    for why in ("you ended it", "its day is over", "the position was closed elsewhere"):
        ended = replace(KEPT, phase=Phase.ENDED, why=why)
        assert decide(ended, [ENTRY], {}, FAR).bracket == ended


def test_nothing_comes_back_for_what_the_exits_closed() -> None:
    bracket, exits = with_(exit_(State.FILLED, cum=100))
    ended = replace(bracket, phase=Phase.ENDED, why="the position is closed")
    assert decide(ended, [ENTRY], exits, FAR).bracket.phase is Phase.ENDED


def test_more_closed_than_was_open_is_said_once_even_after_the_end() -> None:
    bracket, exits = with_(exit_(State.FILLED, quantity=105, cum=105))
    first = decide(bracket, [ENTRY], exits, FAR)
    assert first.news[0].startswith("INFY: 5 more sold than was open.")
    assert first.bracket.phase is Phase.ENDED
    assert decide(first.bracket, [ENTRY], exits, FAR).news == ()

    ended = replace(bracket, phase=Phase.ENDED, why="the position is closed")
    late = decide(ended, [ENTRY], exits, FAR)
    assert "5 more sold" in late.news[0]
    assert decide(late.bracket, [ENTRY], exits, FAR).news == ()


def test_a_bracket_whose_entry_may_still_fill_outlives_a_position_closed_elsewhere() -> None:
    gone = replace(FAR, position=D(0))
    short = replace(KEPT, short_since=970.0, looked_at=970.0, looked_left=D(60))
    for state, phase in ((State.WORKING, Phase.WATCHING), (State.CANCELLED, Phase.ENDED)):
        entry = replace(ENTRY, state=state, cum_quantity=D(60))
        assert decide(short, [entry], {}, gone).bracket.phase is phase
