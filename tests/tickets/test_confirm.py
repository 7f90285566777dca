"""A ticket is confirmed once, by its owner, at the version and price he looked at."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from clocks import StillClock
from tickets.desks import (
    CALL,
    FUTURE,
    MESSAGE,
    OWNER,
    RELIANCE,
    STRANGER,
    Scene,
    asked,
    position,
)

from tradegram.audit import verify
from tradegram.brokers.protection import protect
from tradegram.brokers.registry import PAPER
from tradegram.errors import NotSent, StoreUnavailable, UserError
from tradegram.model import Instrument, OrderType, Product, Quote, Side
from tradegram.orders.stage import client_order_id
from tradegram.orders.state import State
from tradegram.ports import Desk, Quotes
from tradegram.risk.kill import kill
from tradegram.tickets.desk import (
    Confirmed,
    Edit,
    LookAgain,
    cancel_ticket,
    confirm_ticket,
    edit_ticket,
    open_ticket,
    requote,
)
from tradegram.tickets.errors import (
    AlreadyConfirmed,
    Cancelled,
    Expired,
    NoSuchTicket,
    NotYours,
    Outdated,
    TicketGone,
)
from tradegram.tickets.ticket import Ticket, TicketState

D = Decimal


def opened(desk: Desk, *what: Any, **said: Any) -> Ticket:
    return open_ticket(desk, user_id=OWNER, asked=asked(*what, **said), source_text="typed")


def confirm(
    desk: Desk, ticket: Ticket, *, user_id: int = OWNER, version: int | None = None
) -> Confirmed | LookAgain:
    return confirm_ticket(
        desk,
        user_id=user_id,
        ticket_id=ticket.ticket_id,
        version=ticket.version if version is None else version,
        message=MESSAGE,
    )


def test_confirm_stages_exactly_what_the_ticket_says(play: Scene) -> None:
    ticket = opened(play.desk, price=D(2950))

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    [order] = play.staged()
    assert (order,) == done.orders
    assert order.state is State.STAGED
    assert order.key == client_order_id(ticket.ticket_id, 0)
    assert order.intent.wire_id == order.key
    assert (order.user_id, order.ticket_id) == (OWNER, ticket.ticket_id)
    assert order.send_by == play.clock.now() + 120
    stored = play.store.ticket(ticket.ticket_id)
    assert stored == done.ticket
    assert (stored.state, stored.message) == (TicketState.CONFIRMED, MESSAGE)
    assert play.bell.rung == [(PAPER.account_id, order.key)]


def test_the_audit_chain_says_who_confirmed_what(play: Scene) -> None:
    ticket = opened(play.desk, price=D(2950))

    confirm(play.desk, ticket)

    chain = list(play.store.chain(PAPER.account_id))
    verify(chain)
    said = chain[-1].body
    for word in ('"by":"user 7"', ticket.ticket_id, '"price":"2950"', "NSE:RELIANCE", '"BUY"'):
        assert word in said


def test_twelve_taps_at_once_make_one_order_and_everybody_is_told_the_truth(play: Scene) -> None:
    ticket = opened(play.desk)
    answers: list[object] = []
    start = threading.Barrier(12)

    def tap() -> None:
        start.wait()
        try:
            answers.append(confirm(play.desk, ticket))
        except TicketGone as gone:
            answers.append(gone)

    taps = [threading.Thread(target=tap) for _ in range(12)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()

    assert Counter(type(each) for each in answers) == {Confirmed: 1, AlreadyConfirmed: 11}
    assert len(play.staged()) == 1


@pytest.mark.parametrize("_", range(8))
def test_confirm_and_cancel_at_once_never_both_succeed(play: Scene, _: int) -> None:
    ticket = opened(play.desk)
    start, said = threading.Barrier(2), []

    def tap(press: Callable[[], object]) -> None:
        start.wait()
        try:
            said.append(press())
        except TicketGone as gone:
            said.append(gone)

    name, version = ticket.ticket_id, ticket.version
    presses: list[Callable[[], object]] = [
        lambda: confirm(play.desk, ticket),
        lambda: cancel_ticket(play.desk, user_id=OWNER, ticket_id=name, version=version),
    ]
    taps = [threading.Thread(target=tap, args=(each,)) for each in presses]
    for each in taps:
        each.start()
    for each in taps:
        each.join()

    confirmed = play.store.ticket(name).state is TicketState.CONFIRMED
    assert len(play.staged()) == confirmed
    loser = AlreadyConfirmed if confirmed else Cancelled
    assert [type(each) for each in said].count(loser) == 1


def test_a_second_tap_is_told_that_one_order_was_made(play: Scene) -> None:
    ticket = opened(play.desk)
    confirm(play.desk, ticket)

    with pytest.raises(AlreadyConfirmed) as told:
        confirm(play.desk, ticket)

    assert told.value.ticket.state is TicketState.CONFIRMED
    assert len(play.staged()) == 1


def test_another_users_tap_leaves_the_ticket_as_it_is(play: Scene) -> None:
    ticket = opened(play.desk)

    with pytest.raises(NotYours):
        confirm(play.desk, ticket, user_id=STRANGER)

    assert play.store.ticket(ticket.ticket_id) == ticket
    assert isinstance(confirm(play.desk, ticket), Confirmed)


def test_a_button_of_an_older_version_shows_the_newest(play: Scene) -> None:
    old = opened(play.desk)
    new = requote(play.desk, user_id=OWNER, ticket_id=old.ticket_id, version=old.version)

    with pytest.raises(Outdated) as told:
        confirm(play.desk, old)

    assert told.value.ticket == new
    assert not play.staged()


def test_an_expired_ticket_is_not_sent_but_can_be_priced_again(play: Scene) -> None:
    ticket = opened(play.desk)
    play.clock.pass_(72.0)

    with pytest.raises(Expired, match="12 s ago") as told:
        confirm(play.desk, ticket)

    old = told.value.ticket
    fresh = requote(play.desk, user_id=OWNER, ticket_id=old.ticket_id, version=old.version)
    assert fresh.expires_at == play.clock.now() + 60
    assert isinstance(confirm(play.desk, fresh), Confirmed)


@dataclass
class SlowMarket:
    """Implements ports.Quotes; an answer takes so many seconds."""

    inner: Quotes
    clock: StillClock
    seconds: float

    def quote(self, instrument: Instrument, account_id: str = "") -> Quote | None:
        self.clock.pass_(self.seconds)
        return self.inner.quote(instrument)


def test_a_ticket_that_expires_while_it_is_being_confirmed_is_not_sent(play: Scene) -> None:
    ticket = opened(play.desk, order_type=OrderType.LIMIT, price=D(2950))
    slow = replace(play.desk, quotes=SlowMarket(play.market, play.clock, seconds=61.0))

    with pytest.raises(Expired):
        confirm(slow, ticket)

    assert play.staged() == []


def test_a_cancelled_ticket_is_never_sent(play: Scene) -> None:
    ticket = opened(play.desk)
    gone = cancel_ticket(
        play.desk, user_id=OWNER, ticket_id=ticket.ticket_id, version=ticket.version
    )

    with pytest.raises(Cancelled):
        confirm(play.desk, ticket)
    with pytest.raises(Cancelled):
        confirm(play.desk, gone)

    assert not play.staged()


def test_a_ticket_nobody_kept_is_said_to_be_unknown(play: Scene) -> None:
    with pytest.raises(NoSuchTicket, match="Send the order again"):
        confirm_ticket(play.desk, user_id=OWNER, ticket_id="Z" * 16, version=1, message=MESSAGE)


def test_a_market_order_is_shown_again_when_the_price_moved(play: Scene) -> None:
    ticket = opened(play.desk)
    play.market.last[RELIANCE.key] = D("2965.10")

    again = confirm(play.desk, ticket)

    assert isinstance(again, LookAgain)
    assert again.why == "price moved 2,948.70 → 2,965.10"
    assert again.ticket.version == ticket.version + 1
    assert again.ticket.pricing.last == D("2965.10")
    assert not play.staged()
    done = confirm(play.desk, again.ticket)
    assert isinstance(done, Confirmed)
    assert done.orders[0].intent.price == again.ticket.pricing.worst_price


def test_a_small_move_does_not_stop_a_market_order(play: Scene) -> None:
    ticket = opened(play.desk)
    play.market.last[RELIANCE.key] = D("2950.00")

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    assert done.orders[0].intent.price == ticket.pricing.worst_price


def test_an_options_small_moves_are_covered_by_the_worst_price_on_the_ticket(play: Scene) -> None:
    play.market.last[CALL.key] = D("20.00")
    ticket = opened(play.desk, CALL, quantity=CALL.lot_size)
    assert ticket.pricing.worst_price == D("20.70")
    play.market.last[CALL.key] = D("20.30")  # 1.5 %, and not half of the way there

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    assert done.orders[0].intent.price == D("20.70")


def test_an_options_move_past_half_of_its_room_is_shown_again(play: Scene) -> None:
    play.market.last[CALL.key] = D("20.00")
    for moved in ("20.40", "19.60"):
        play.market.last[CALL.key] = D("20.00")
        ticket = opened(play.desk, CALL, quantity=CALL.lot_size)
        play.market.last[CALL.key] = D(moved)

        again = confirm(play.desk, ticket)

        assert isinstance(again, LookAgain)
        assert again.why == f"price moved 20.00 → {moved}"


def test_one_tick_is_no_move_even_where_it_is_a_great_part_of_the_price(play: Scene) -> None:
    play.market.last[CALL.key] = D("0.50")
    ticket = opened(play.desk, CALL, quantity=CALL.lot_size)
    play.market.last[CALL.key] = D("0.55")

    assert isinstance(confirm(play.desk, ticket), Confirmed)


def test_nothing_bounds_a_plain_market_order_so_half_a_percent_is_a_move(play: Scene) -> None:
    play.market.last[CALL.key] = D("20.00")
    ticket = opened(play.desk, CALL, quantity=CALL.lot_size, plain_market=True)
    assert ticket.pricing.worst_price is None
    play.market.last[CALL.key] = D("20.15")

    assert isinstance(confirm(play.desk, ticket), LookAgain)


def test_a_limit_order_goes_out_when_the_price_moved_and_says_so(play: Scene) -> None:
    ticket = opened(play.desk, price=D(2950))
    play.market.last[RELIANCE.key] = D("2965.10")

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    assert done.note == "price moved 2,948.70 → 2,965.10"


def test_a_market_order_at_an_old_price_is_shown_again_once(play: Scene) -> None:
    ticket = opened(play.desk)
    play.market.age = 40.0

    again = confirm(play.desk, ticket)

    assert isinstance(again, LookAgain)
    assert again.why == "the last price is from 40 s ago"
    assert "⚠ the last price is from 40 s ago" in again.ticket.pricing.checks
    assert isinstance(confirm(play.desk, again.ticket), Confirmed)


def test_the_last_price_of_a_closed_market_is_not_old(play: Scene) -> None:
    ticket = opened(play.desk)
    play.hours.open, play.market.age = False, 50.0

    assert isinstance(confirm(play.desk, ticket), Confirmed)


def test_without_a_price_a_market_order_waits_and_a_limit_order_does_not(play: Scene) -> None:
    market, limit = opened(play.desk), opened(play.desk, price=D(2950))
    del play.market.last[RELIANCE.key]

    with pytest.raises(UserError, match="no price for RELIANCE now; nothing was sent"):
        confirm(play.desk, market)

    assert isinstance(confirm(play.desk, limit), Confirmed)


def test_what_takes_a_great_part_of_the_money_is_confirmed_twice(play: Scene) -> None:
    play.broker.free["INR"] = D(10_000)
    ticket = opened(play.desk, price=D(2600))
    assert ticket.pricing.needs_second_confirm

    again = confirm(play.desk, ticket)

    assert isinstance(again, LookAgain)
    assert again.ticket.armed
    assert "26 % of capital in one order" in again.why
    assert not play.staged()
    with pytest.raises(Outdated):
        confirm(play.desk, ticket)
    assert isinstance(confirm(play.desk, again.ticket), Confirmed)


def test_a_double_tap_does_not_pass_for_two_confirms(play: Scene) -> None:
    ticket = opened(play.desk, FUTURE, quantity=D(65), needs_second_confirm=True)
    answers: list[object] = []

    def tap() -> None:
        try:
            answers.append(confirm(play.desk, ticket))
        except TicketGone as gone:
            answers.append(gone)

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for each in taps:
        each.start()
    for each in taps:
        each.join()

    assert Counter(type(each) for each in answers) == {LookAgain: 1, Outdated: 3}
    assert not play.staged()


def test_an_edit_after_the_first_confirm_takes_two_again(play: Scene) -> None:
    play.broker.free["INR"] = D(10_000)
    armed = confirm(play.desk, opened(play.desk))
    assert isinstance(armed, LookAgain)

    fewer = edit_ticket(
        play.desk,
        user_id=OWNER,
        ticket_id=armed.ticket.ticket_id,
        version=armed.ticket.version,
        change=Edit(lots=-1),
    )

    assert not fewer.armed
    assert isinstance(confirm(play.desk, fewer), LookAgain)


def test_the_kill_switch_stops_confirm(play: Scene) -> None:
    ticket = opened(play.desk)
    kill(play.desk, OWNER)

    with pytest.raises(UserError, match="kill switch"):
        confirm(play.desk, ticket)

    assert not play.staged()
    assert play.store.ticket(ticket.ticket_id).state is TicketState.OPEN


def test_a_confirm_whose_answer_was_lost_is_recognised(play: Scene) -> None:
    ticket = opened(play.desk)
    play.store.lose_answers = 1

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    assert [each.key for each in play.staged()] == [done.orders[0].key]
    assert play.bell.rung == [(PAPER.account_id, done.orders[0].key)]


def test_a_confirm_that_was_not_written_is_not_claimed(play: Scene) -> None:
    ticket = opened(play.desk)
    play.store.lose_writes = 1

    with pytest.raises(StoreUnavailable):
        confirm(play.desk, ticket)

    assert not play.staged()
    assert isinstance(confirm(play.desk, ticket), Confirmed)


def test_a_broken_bell_does_not_hide_that_the_order_is_written(play: Scene) -> None:
    play.bell.broken = True

    assert isinstance(confirm(play.desk, opened(play.desk)), Confirmed)
    assert len(play.staged()) == 1


def test_confirm_asks_the_broker_nothing(play: Scene) -> None:
    ticket = opened(play.desk)
    before = len(play.broker.margins)

    confirm(play.desk, ticket)

    assert len(play.broker.margins) == before


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("instrument", [RELIANCE, FUTURE, CALL])
def test_a_market_order_is_staged_as_protection_makes_it(
    play: Scene, instrument: Any, side: Side
) -> None:
    ticket = opened(play.desk, instrument, side, quantity=instrument.lot_size)
    done = confirm(play.desk, ticket)
    while isinstance(done, LookAgain):
        done = confirm(play.desk, done.ticket)

    intent = done.orders[0].intent
    assert (intent.order_type, intent.asked_type) == (OrderType.LIMIT, OrderType.MARKET)
    assert intent.price == done.ticket.pricing.worst_price
    unprotected = play.broker.margins[-1]
    assert protect(unprotected, play.market.quote(instrument)).price == intent.price


def test_a_stop_is_staged_as_a_stop_limit_at_the_worst_price(play: Scene) -> None:
    ticket = opened(play.desk, trigger=D(3000))

    done = confirm(play.desk, ticket)

    assert isinstance(done, Confirmed)
    intent = done.orders[0].intent
    assert (intent.order_type, intent.asked_type) == (OrderType.STOP_LIMIT, OrderType.STOP)
    assert (intent.trigger, intent.price) == (D(3000), ticket.pricing.worst_price)


def test_a_plain_market_order_has_no_price_at_all(play: Scene) -> None:
    ticket = opened(play.desk, plain_market=True)

    done = confirm(play.desk, ticket)

    assert ticket.pricing.worst_price is None
    assert isinstance(done, Confirmed)
    intent = done.orders[0].intent
    assert (intent.order_type, intent.price) == (OrderType.MARKET, None)


def exit_of(desk: Desk, quantity: int) -> Ticket:
    return opened(
        desk, side=Side.SELL, quantity=D(quantity), product=Product.INTRADAY, price=D(2950),
        order_type=OrderType.LIMIT, closes=True,
    )  # fmt: skip


def test_two_exits_of_one_position_do_not_sell_it_twice(play: Scene) -> None:
    play.broker.runs = [position("100", Product.INTRADAY)]
    first, second = exit_of(play.desk, 100), exit_of(play.desk, 100)
    assert isinstance(confirm(play.desk, first), Confirmed)

    with pytest.raises(UserError, match="left to close"):
        confirm(play.desk, second)

    assert len(play.staged()) == 1


def test_two_halves_of_a_position_may_be_closed_one_after_the_other(play: Scene) -> None:
    play.broker.runs = [position("100", Product.INTRADAY)]
    halves = [exit_of(play.desk, 50), exit_of(play.desk, 50)]

    assert all(isinstance(confirm(play.desk, each), Confirmed) for each in halves)


def test_two_exits_confirmed_at_once_do_not_sell_twice(play: Scene) -> None:
    play.broker.runs = [position("100", Product.INTRADAY)]
    tickets = [exit_of(play.desk, 100) for _ in range(6)]

    def press(ticket: Ticket) -> str:
        try:
            return type(confirm(play.desk, ticket)).__name__
        except (UserError, StoreUnavailable) as error:
            return type(error).__name__

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(press, tickets))

    assert done.count("Confirmed") == 1
    assert len(play.staged()) == 1


def test_an_exit_is_not_guessed_when_the_broker_does_not_say_what_is_open(play: Scene) -> None:
    play.broker.runs = [position("100", Product.INTRADAY)]
    ticket = exit_of(play.desk, 100)
    play.broker.fails = NotSent("paper", "no answer")

    with pytest.raises(UserError, match="nothing was sent"):
        confirm(play.desk, ticket)

    assert play.staged() == []
