"""Limits a person may set: each denial says which, its value and how to change it."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from risk.test_guard import cautions, denied, exposure
from tickets.desks import (
    BITCOIN,
    CALL,
    OWNER,
    RELIANCE,
    STRANGER,
    Scene,
    asked,
    holding,
)

from tradegram.brokers.registry import PAPER
from tradegram.chat.asked import Asked
from tradegram.errors import NotSent, UserError
from tradegram.model import OrderType, Position, Product, Side
from tradegram.orders.state import State
from tradegram.ports import Change, Limits
from tradegram.risk.assess import lost
from tradegram.risk.change import set_limit
from tradegram.risk.exposure import Count
from tradegram.risk.guard import check
from tradegram.risk.limits import key_of_account, key_of_user, limit_named
from tradegram.risk.stepup import AtTheTerminal
from tradegram.tickets.desk import Confirmed, LookAgain, confirm_ticket, open_ticket
from tradegram.tickets.ticket import Ticket

D = Decimal
NO_LIMITS = Limits()


def limits(**changes: Any) -> Limits:
    return replace(NO_LIMITS, **changes)


@pytest.mark.parametrize(
    ("name", "value", "seen", "words"),
    [
        ("quantity", D(9), {}, ["for 10, above your limit of 9"]),
        ("symbols", frozenset({"INFY"}), {}, ["RELIANCE is not among", "(INFY)"]),
        ("symbols", frozenset[str](), {}, ["not among the symbols you allow (none)"]),
        ("forbidden_symbols", frozenset({"RELIANCE"}), {}, ["RELIANCE is on your list"]),
        ("products", frozenset({"MIS"}), {}, ["CNC is not among", "(MIS)"]),
        ("forbidden_products", frozenset({"CNC"}), {}, ["CNC is on your list"]),
        ("market_hours", True, {"is_open": False}, ["market is closed", "market_hours is on"]),
        ("open_positions", 2, {"open_keys": frozenset({"a", "b"})}, ["2 positions", "is 2"]),
        ("open_positions", 2, {}, ["does not say what is open", "2 open positions"]),
        ("daily_loss", D(5000), {"loss": D(5000)}, ["loss is ₹5,000.00", "limit is ₹5,000.00"]),
        ("daily_loss", D(5000), {}, ["does not say what was lost", "₹5,000.00"]),
    ],
)
def test_each_limit_denies_by_name_with_its_value_and_how_to_change_it(
    name: str, value: Any, seen: dict[str, Any], words: list[str]
) -> None:
    told = denied(check(exposure(**seen), limits(**{name: value})))

    for each in words:
        assert each in told
    if "does not say" in told:
        assert "Try again" in told
    else:
        assert f"/risk {name}" in told


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"quantity": D(10)}, {}),
        ({"symbols": frozenset({"RELIANCE"})}, {}),
        ({"products": frozenset({"CNC"})}, {}),
        ({"market_hours": True}, {}),
        ({"open_positions": 2}, {"open_keys": frozenset({"a"})}),
        ({"open_positions": 2}, {"open_keys": frozenset({"a", RELIANCE.key})}),
        ({"daily_loss": D(5000)}, {"loss": D(2499)}),
        ({}, {"counts": (Count("You", 9, 10, "/risk"),)}),
        ({}, {"repeated": 30.0}),
    ],
)
def test_up_to_the_limit_itself_an_order_passes(
    changes: dict[str, Any], seen: dict[str, Any]
) -> None:
    assert cautions(check(exposure(**seen), limits(**changes))) == []


@pytest.mark.parametrize(("lost_now", "share"), [(2500, "50 %"), (4000, "80 %"), (4999, "100 %")])
def test_the_days_loss_warns_at_half_and_at_four_fifths(lost_now: int, share: str) -> None:
    checked = check(exposure(loss=D(lost_now)), limits(daily_loss=D(5000)))

    assert cautions(checked) == [f"today's loss is {share} of your limit of ₹5,000.00"]


def test_the_way_out_passes_every_limit() -> None:
    strict = limits(
        quantity=D(1), symbols=frozenset(), products=frozenset(), market_hours=True,
        open_positions=0, daily_loss=D(1), order_value=D(1),
    )  # fmt: skip
    seen: dict[str, Any] = {"loss": D(9), "counts": (Count("You", 5, 5, ""),), "is_open": False}
    out = exposure(side=Side.SELL, held=D(10), **seen)
    marked = exposure(side=Side.SELL, draft={"closes": True}, **seen)

    assert not check(out, strict).denials
    assert not check(marked, strict).denials
    assert check(exposure(side=Side.SELL, held=D(9), **seen), strict).denials


def test_a_derivative_counts_as_its_underlying() -> None:
    nifty = limits(forbidden_symbols=frozenset({"NIFTY"}))
    call = replace(CALL, underlying="NIFTY")

    assert "NIFTY is on your list" in denied(check(exposure(call), nifty))


def test_the_orders_of_a_day_are_limited_for_the_person_and_for_the_account() -> None:
    mine = Count("You", 10, 10, "/risk trades_per_day 20")
    theirs = Count("#main", 10, 10, "/risk #main trades_per_day 20")

    told = denied(check(exposure(counts=(mine,)), NO_LIMITS))
    assert "You confirmed 10 orders today, and the limit is 10" in told
    assert "/risk #main trades_per_day" in denied(check(exposure(counts=(theirs,)), NO_LIMITS))


@pytest.mark.parametrize(("sure", "passes"), [("0.7", True), ("1", True), ("0.69", False)])
def test_a_signal_must_be_sure_enough(sure: str, passes: bool) -> None:
    checked = check(exposure(confidence=D(sure)), NO_LIMITS)

    assert bool(checked.denials) is not passes
    if not passes:
        assert "confidence is 69 %, below your limit of 70 %" in denied(checked)
        assert "/risk min_confidence" in denied(checked)


@pytest.mark.parametrize("sure", ["1.01", "-1"])
def test_a_confidence_that_is_none_denies(sure: str) -> None:
    assert check(exposure(confidence=D(sure)), NO_LIMITS).denials


def test_what_a_person_confirms_twice_denies_a_signal() -> None:
    greedy = exposure(margin=D(2600))

    assert check(greedy, NO_LIMITS).needs_second_confirm
    told = denied(check(replace(greedy, confidence=D("0.9")), NO_LIMITS))
    assert "26 % of capital in one order, your limit is 20 %" in told


def test_the_same_order_again_is_asked_about_twice() -> None:
    checked = check(exposure(repeated=12.0), NO_LIMITS)

    assert cautions(checked) == ["the same order was confirmed 12 s ago"]
    assert checked.needs_second_confirm


# -- on a desk -----------------------------------------------------------------------------------


def allow(play: Scene, name: str, text: str, key: str = key_of_user(OWNER)) -> None:
    value = limit_named(name).read(text)
    set_limit(play.desk, key, name, value, user_id=OWNER, proof=AtTheTerminal())


def opened(play: Scene, price: int = 2950, user_id: int = OWNER, **said: Any) -> Ticket:
    what: Asked = asked(price=D(price), order_type=OrderType.LIMIT, **said)
    return open_ticket(play.desk, user_id=user_id, asked=what, source_text="")


def confirm(play: Scene, ticket: Ticket) -> Confirmed | LookAgain:
    return confirm_ticket(
        play.desk,
        user_id=ticket.user_id,
        ticket_id=ticket.ticket_id,
        version=ticket.version,
        message="tg:7:1",
    )


def position(quantity: str, realised: str, unrealised: str | None) -> Position:
    loss = None if unrealised is None else D(unrealised)
    return Position(
        PAPER.account_id, RELIANCE, Product.INTRADAY, D(quantity), D(100), None, D(realised), loss
    )


def test_loss_is_realised_and_open_and_never_guessed() -> None:
    assert lost([position("5", "-100", "-50")], "INR") == 150
    assert lost([position("5", "-100", "250")], "INR") == 0
    assert lost([position("5", "-100", "-50")], "USDT") == 0
    assert lost([position("5", "-100", None)], "INR") is None
    assert lost([position("0", "-100", None)], "INR") == 100


def test_beyond_the_days_loss_nothing_opens_and_everything_closes(play: Scene) -> None:
    allow(play, "daily_loss", "5000")
    play.broker.runs = [position("10", "-6000", "0")]

    with pytest.raises(UserError, match="Only orders that close a position pass"):
        opened(play)
    way_out = opened(play, side=Side.SELL, quantity=D(10), product=Product.INTRADAY)
    assert isinstance(confirm(play, way_out), Confirmed)


def test_a_loss_that_grew_while_the_ticket_stood_stops_it(play: Scene) -> None:
    allow(play, "daily_loss", "5000")
    ticket = opened(play)
    play.broker.runs = [position("10", "-6000", "0")]

    with pytest.raises(UserError, match=r"Today's loss is ₹6,000\.00"):
        confirm(play, ticket)
    assert not play.staged()


def test_a_broker_that_does_not_say_what_was_lost_stops_the_order(play: Scene) -> None:
    allow(play, "daily_loss", "5000")
    ticket = opened(play)
    play.broker.fails = NotSent("paper", "no line")

    with pytest.raises(UserError, match="does not say what was lost"):
        confirm(play, ticket)


def test_the_orders_of_a_day_stop_at_the_limit_and_begin_afresh_tomorrow(play: Scene) -> None:
    allow(play, "trades_per_day", "2")
    tickets = [opened(play, 2900 + number) for number in range(3)]
    for ticket in tickets[:2]:
        assert isinstance(confirm(play, ticket), Confirmed)

    with pytest.raises(UserError, match="You confirmed 2 orders today, and the limit is 2"):
        confirm(play, tickets[2])
    with pytest.raises(UserError, match="the limit is 2"):
        opened(play)
    opened(play, user_id=STRANGER)
    play.clock.pass_(86_400)
    assert isinstance(confirm(play, opened(play)), Confirmed)


def test_orders_before_the_limit_was_set_count_too(play: Scene) -> None:
    for number in range(3):
        confirm(play, opened(play, 2900 + number))
    allow(play, "trades_per_day", "3", key_of_account(PAPER.account_id))

    with pytest.raises(UserError, match="#main confirmed 3 orders today"):
        opened(play)


def test_twelve_confirmed_at_once_never_pass_the_limit(play: Scene) -> None:
    allow(play, "trades_per_day", "3")
    tickets = [opened(play, 2900 + number) for number in range(12)]
    answers = at_once(play, tickets)

    assert answers[Confirmed] <= 3
    assert len(play.staged()) == answers[Confirmed]
    for ticket in tickets:  # who only met the others' writes may press again
        if len(play.staged()) < 3 and play.store.ticket(ticket.ticket_id).state == "OPEN":
            confirm(play, ticket)
    assert len(play.staged()) == 3


def at_once(play: Scene, tickets: list[Ticket]) -> Counter[type]:
    answers: list[object] = []
    start = threading.Barrier(len(tickets))

    def tap(ticket: Ticket) -> None:
        start.wait()
        try:
            answers.append(confirm(play, ticket))
        except Exception as error:
            answers.append(error)

    taps = [threading.Thread(target=tap, args=(ticket,)) for ticket in tickets]
    for each in taps:
        each.start()
    for each in taps:
        each.join()
    return Counter(type(each) for each in answers)


def test_of_the_same_order_on_two_tickets_confirmed_at_once_one_goes(play: Scene) -> None:
    tickets = [opened(play) for _ in range(2)]

    assert at_once(play, tickets) == {Confirmed: 1, LookAgain: 1}
    assert len(play.staged()) == 1


def test_the_same_order_again_takes_two_taps_and_no_more(play: Scene) -> None:
    first, second = opened(play), opened(play)
    assert isinstance(confirm(play, first), Confirmed)
    play.clock.pass_(5)

    again = confirm(play, second)
    assert isinstance(again, LookAgain)
    assert again.why == "the same order was confirmed 5 s ago: confirm once more"
    assert isinstance(confirm(play, again.ticket), Confirmed)
    assert len(play.staged()) == 2


def test_the_same_order_opened_afterwards_says_so_on_its_ticket(play: Scene) -> None:
    confirm(play, opened(play))
    play.clock.pass_(5)
    ticket = opened(play)

    assert "⚠ the same order was confirmed 5 s ago" in ticket.pricing.checks
    again = confirm(play, ticket)
    assert isinstance(again, LookAgain)
    assert isinstance(confirm(play, again.ticket), Confirmed)


@pytest.mark.parametrize(
    "other",
    [
        {"price": D(2951)}, {"quantity": D(11)}, {"side": Side.SELL},
        {"product": Product.INTRADAY},
    ],
)  # fmt: skip
def test_other_terms_are_another_order(play: Scene, other: dict[str, Any]) -> None:
    play.broker.owns = [holding("100")]
    confirm(play, opened(play))
    terms: dict[str, Any] = {"price": D(2950), "order_type": OrderType.LIMIT, **other}
    ticket = open_ticket(play.desk, user_id=OWNER, asked=asked(**terms), source_text="")

    assert isinstance(confirm(play, ticket), Confirmed)


def test_half_a_minute_later_the_same_order_is_a_new_one(play: Scene) -> None:
    confirm(play, opened(play))
    play.clock.pass_(30)

    assert isinstance(confirm(play, opened(play)), Confirmed)


def test_a_limit_in_another_currency_counts_only_there(play: Scene) -> None:
    allow(play, "daily_loss", "5000")
    play.broker.runs = [position("10", "-6000", "0")]

    open_ticket(play.desk, user_id=OWNER, asked=asked(BITCOIN), source_text="")


@pytest.mark.parametrize(
    ("state", "is_second"),
    [
        (State.REFUSED, False), (State.REJECTED, False), (State.DENIED, False),
        (State.VOID, False), (State.CANCELLED, True), (State.UNKNOWN, True), (State.FILLED, True),
    ],
)  # fmt: skip
def test_an_order_that_came_to_nothing_is_no_first_of_two(
    play: Scene, state: State, is_second: bool
) -> None:
    confirm(play, opened(play))
    [order] = play.staged()
    play.store.commit(Change((replace(order, state=state),)))

    said = any("the same order" in each for each in opened(play).pricing.checks)
    assert said is is_second


def test_slices_of_which_one_was_taken_are_a_first_of_two(play: Scene) -> None:
    confirm(play, opened(play))
    [order] = play.staged()
    play.store.commit(Change((replace(order, state=State.REJECTED, cum_quantity=D(1)),)))

    assert any("the same order" in each for each in opened(play).pricing.checks)
