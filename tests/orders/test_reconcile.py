from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from orders.desks import KiteDesk
from samples import INFY

from tradegram.brokers.calls import Calls
from tradegram.brokers.contract import Identity, Profile
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import UserError
from tradegram.model import Terms
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import PATIENCE, RING_AGAIN, cadence, reconcile
from tradegram.orders.replace import REPLACE_TRIES, want_replace
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.ports import commit_order

ACCOUNT = "paper:main"


def kinds(desk: KiteDesk) -> list[str]:
    return [notice.kind for notice in desk.store.notices()]


def test_fills_are_told_once_each_and_the_end_too(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    for filled in (0, 40, 40, 100, 100):
        desk.kite.fill(filled, 1500.0)
        reconcile(desk, ACCOUNT)

    order = desk.store.order(staged.key)
    assert (order.state, order.cum_quantity, order.average_price) == (State.FILLED, 100, 1500)
    assert kinds(desk) == ["submitted", "working", "partial", "filled"]


def test_a_forgotten_order_is_rung_for_again_and_denied_when_its_time_is_over(
    desk: KiteDesk, staged: Order
) -> None:
    desk.clock.pass_(RING_AGAIN + 1)
    reconcile(desk, ACCOUNT)
    assert desk.doorbell.rung == [staged.key]

    desk.clock.pass_(120)
    [order] = reconcile(desk, ACCOUNT)

    assert order.state is State.DENIED


def test_absence_from_a_live_book_proves_nothing_but_the_holder_is_told(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()  # accepted, and not listed yet
    desk.clock.pass_(PATIENCE + 1)

    for _ in range(6):
        reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.UNKNOWN
    assert kinds(desk) == ["unknown", "unconfirmed"]


def test_absence_from_the_closed_days_book_proves_that_it_was_never_taken(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()
    desk.clock.pass_(3601)

    [order] = reconcile(desk, ACCOUNT)

    assert order.state is State.VOID


class Nameless(Zerodha):
    """A broker that keeps no name of ours, so an order is known only by the id it answered."""

    profile = replace(Zerodha.profile, identity=Identity.NONE, tag_length=0)


def test_a_book_that_keeps_no_names_of_ours_proves_no_absence(
    desk: KiteDesk, staged: Order
) -> None:
    desk.brokers.adapter = Nameless()
    desk.calendar.closed_after = desk.clock.now() + 3600
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0]["tag"] = ""
    desk.clock.pass_(3601)

    [order] = reconcile(desk, ACCOUNT)

    assert len(desk.kite.orders) == 1  # it is there, under a name that nobody here knows
    assert (order.state, order.alerted) == (State.UNKNOWN, True)


def test_a_book_with_a_row_nobody_can_read_proves_no_absence(desk: KiteDesk, staged: Order) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0]["status"] = "BRAND NEW WORD"
    desk.clock.pass_(3601)

    [order] = reconcile(desk, ACCOUNT)

    assert order.state is State.UNKNOWN


def test_without_a_close_neither_does_such_a_book(desk: KiteDesk, staged: Order) -> None:
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0]["status"] = "BRAND NEW WORD"
    desk.clock.pass_(360)

    for _ in range(6):
        [order] = reconcile(desk, ACCOUNT)

    assert order.state is State.UNKNOWN


def test_a_refused_order_that_may_be_the_unreadable_row_is_watched_on(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    desk.kite.refuse = (400, "MarginException", "Insufficient funds")
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.append({"order_id": "77", "status": "BRAND NEW WORD"})
    desk.clock.pass_(3601)

    [order] = reconcile(desk, ACCOUNT)

    assert (order.state, order.settled) == (State.REFUSED, False)


@pytest.mark.parametrize("closes", [True, False])
def test_the_book_of_a_later_day_proves_no_absence_and_the_holder_is_told_to_look(
    desk: KiteDesk, staged: Order, closes: bool
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600 if closes else None
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()  # the broker begins each day with an empty book
    desk.clock.pass_(48 * 3600)

    for _ in range(3):
        reconcile(desk, ACCOUNT)

    order = desk.store.order(staged.key)
    assert (order.state, order.settled) == (State.UNKNOWN, True)
    assert kinds(desk) == ["unknown", "unconfirmed"]
    assert "own app" in desk.store.notices()[-1].text


def test_a_book_that_begins_anew_at_midnight_proves_nothing_of_a_late_session(
    desk: KiteDesk, staged: Order
) -> None:
    """MCX closes at 23:55, and half an hour later its book would be read."""
    half_past = 14.5 * 3600 + 25 * 60  # seconds from ten in the morning to 00:25
    desk.brokers.adapter = Midnight()
    desk.calendar.closed_after = desk.clock.now() + half_past
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()
    desk.clock.pass_(half_past + 60)

    reconcile(desk, ACCOUNT)

    order = desk.store.order(staged.key)
    assert (order.state, order.settled) == (State.UNKNOWN, True)
    assert "own app" in desk.store.notices()[-1].text


class Midnight(Zerodha):
    profile = replace(Zerodha.profile, book_ends_at_midnight=True)


def test_a_book_that_begins_anew_at_midnight_proves_the_rest_until_then(
    desk: KiteDesk, staged: Order
) -> None:
    desk.brokers.adapter = Midnight()
    desk.calendar.closed_after = desk.clock.now() + 6 * 3600
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()
    desk.clock.pass_(6 * 3600 + 60)

    [order] = reconcile(desk, ACCOUNT)

    assert order.state is State.VOID


def test_an_order_whose_end_nobody_saw_is_told_of_and_watched_no_more(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    send_order(desk, desk.store.order(staged.key))
    reconcile(desk, ACCOUNT)
    desk.kite.orders.clear()
    desk.clock.pass_(48 * 3600)

    assert reconcile(desk, ACCOUNT) == []

    assert desk.store.order(staged.key).state is State.WORKING
    assert kinds(desk) == ["submitted", "working", "unconfirmed"]


def test_an_ended_order_is_not_watched_for_ever_when_its_book_is_gone(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    send_order(desk, desk.store.order(staged.key))
    desk.kite.fill(100, 1500.0)
    reconcile(desk, ACCOUNT)
    told = kinds(desk)
    desk.kite.orders.clear()
    desk.clock.pass_(48 * 3600)

    assert reconcile(desk, ACCOUNT) == []

    assert kinds(desk) == told


def test_an_order_that_cannot_be_compared_does_not_keep_the_others_from_it(
    desk: KiteDesk, staged: Order
) -> None:
    odd = replace(staged.intent, client_order_id="0" * 16, instrument=replace(INFY, symbol="ODD"))
    odd = replace(odd, wire_id=odd.client_order_id)
    lost = replace(staged, intent=odd, version=0)
    commit_order(desk.store, lost, {"event": "staged"})
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(lost.key))
    desk.kite.orders.clear()
    desk.calendar.does_not_know = "ODD"
    send_order(desk, desk.store.order(staged.key))
    desk.kite.fill(100, 1500.0)

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.FILLED
    assert lost.key in desk.pager.alerts[0]


def test_where_no_day_closes_absence_is_believed_only_late_and_twice(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.lose_replies = 1
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.clear()
    desk.clock.pass_(300)
    reconcile(desk, ACCOUNT)
    reconcile(desk, ACCOUNT)
    assert desk.store.order(staged.key).state is State.UNKNOWN

    desk.clock.pass_(60)
    reconcile(desk, ACCOUNT)
    assert desk.store.order(staged.key).state is State.UNKNOWN
    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.VOID


def test_an_order_that_comes_alive_after_it_was_written_off_is_corrected_loudly(
    desk: KiteDesk, staged: Order
) -> None:
    desk.kite.refuse = (400, "MarginException", "Insufficient funds")
    send_order(desk, desk.store.order(staged.key))
    desk.kite.refuse = None
    desk.brokers.broker(ACCOUNT).place(staged.intent, not_after=9e12)

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.WORKING
    assert kinds(desk) == ["refused", "corrected"]
    assert desk.pager.alerts


def test_two_orders_with_our_id_at_the_broker_page_somebody(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.brokers.broker(ACCOUNT).place(staged.intent, not_after=9e12)

    reconcile(desk, ACCOUNT)

    assert "several orders" in desk.pager.alerts[0]


def test_a_row_that_cannot_be_read_is_set_aside_and_hides_no_other(
    desk: KiteDesk, staged: Order
) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders.insert(0, {"order_id": "77", "status": "BRAND NEW WORD"})
    desk.kite.fill(100, 1500.0, row=1)

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.FILLED
    assert "77" in desk.pager.alerts[0]


def test_an_unknown_status_word_never_becomes_a_known_one(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0]["status"] = "BRAND NEW WORD"

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.SUBMITTED
    assert "BRAND NEW WORD" in desk.pager.alerts[0]


def test_a_cancel_is_asked_for_until_the_book_shows_the_end(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    want_cancel(desk, staged.key, user_id=7, why="tapped Cancel")
    desk.kite.unreachable = True
    attend(desk, staged.key)
    desk.kite.unreachable = False
    assert desk.store.order(staged.key).cancel_wanted

    reconcile(desk, ACCOUNT)
    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.CANCELLED
    assert desk.doorbell.rung == [staged.key]


def test_what_has_ended_cannot_be_cancelled(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.kite.fill(100, 1500.0)
    reconcile(desk, ACCOUNT)

    with pytest.raises(UserError, match="filled already"):
        want_cancel(desk, staged.key, user_id=7, why="late")


def test_a_fill_that_crosses_the_cancel_is_told_as_a_correction(
    desk: KiteDesk, staged: Order
) -> None:
    send_order(desk, desk.store.order(staged.key))
    desk.kite.orders[0]["status"] = "CANCELLED"
    reconcile(desk, ACCOUNT)
    desk.kite.fill(100, 1500.0)

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).state is State.FILLED
    assert kinds(desk)[-1] == "corrected"


def test_a_change_is_done_when_the_book_shows_it_and_not_before(
    desk: KiteDesk, staged: Order
) -> None:
    send_order(desk, desk.store.order(staged.key))
    reconcile(desk, ACCOUNT)
    want_replace(desk, staged.key, Terms(Decimal(50), Decimal("1501.00")), user_id=7)
    attend(desk, staged.key)
    assert desk.store.order(staged.key).price == Decimal("1500.05")

    reconcile(desk, ACCOUNT)

    order = desk.store.order(staged.key)
    assert (order.quantity, order.price) == (50, Decimal("1501.00"))
    assert desk.kite.orders[0]["price"] == 1501.0
    assert kinds(desk) == ["submitted", "working", "replaced"]


def test_a_change_whose_reply_was_lost_is_found_in_the_book(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    want_replace(desk, staged.key, Terms(Decimal(100), Decimal("1501.00")), user_id=7)
    desk.kite.lose_replies = 1
    attend(desk, staged.key)

    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).price == Decimal("1501.00")
    assert sum(request.method == "PUT" for request in desk.kite.requests) == 1


def test_a_refused_change_leaves_the_order_and_says_so(desk: KiteDesk, staged: Order) -> None:
    send_order(desk, desk.store.order(staged.key))
    want_replace(desk, staged.key, Terms(Decimal(100), Decimal("1501.00")), user_id=7)
    desk.kite.refuse = (400, "OrderException", "Maximum modifications reached")

    attend(desk, staged.key)

    order = desk.store.order(staged.key)
    assert order.replace_wanted is None
    assert order.leaves_quantity == 100
    assert kinds(desk)[-1] == "not replaced"


def test_a_change_is_not_asked_for_more_often_than_brokers_allow(
    desk: KiteDesk, staged: Order
) -> None:
    send_order(desk, desk.store.order(staged.key))
    want_replace(desk, staged.key, Terms(Decimal(100), Decimal("1501.00")), user_id=7)
    desk.kite.refuse = (503, "NetworkException", "busy")

    for _ in range(REPLACE_TRIES + 5):
        attend(desk, staged.key)

    asked = sum(request.method == "PUT" for request in desk.kite.requests)
    assert asked == REPLACE_TRIES
    assert kinds(desk)[-1] == "not replaced"


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (Terms(Decimal("100.5"), Decimal("1501.00")), "multiple of 1"),
        (Terms(Decimal(100), Decimal("1501.03")), "multiple of 0.05"),
        (Terms(Decimal(100), None), "takes no MARKET orders"),
        (Terms(Decimal(100), None, Decimal(1500)), "takes no STOP orders"),
    ],
)
def test_terms_that_cannot_be_are_refused_before_anything_is_sent(
    desk: KiteDesk, staged: Order, terms: Terms, why: str
) -> None:
    send_order(desk, desk.store.order(staged.key))

    with pytest.raises(UserError, match=why):
        want_replace(desk, staged.key, terms, user_id=7)


def test_an_ended_order_is_compared_until_its_day_is_closed_and_then_settled(
    desk: KiteDesk, staged: Order
) -> None:
    desk.calendar.closed_after = desk.clock.now() + 3600
    send_order(desk, desk.store.order(staged.key))
    desk.kite.fill(100, 1500.0)
    reconcile(desk, ACCOUNT)
    assert not desk.store.order(staged.key).settled

    desk.clock.pass_(3601)
    reconcile(desk, ACCOUNT)

    assert desk.store.order(staged.key).settled
    assert reconcile(desk, ACCOUNT) == ()


def test_the_book_is_read_often_while_anything_is_open_and_seldom_otherwise(
    staged: Order,
) -> None:
    profile: Profile = Zerodha.profile
    now = staged.staged_at
    sending = replace(staged, state=State.SENDING, sent_at=now)
    working = replace(staged, state=State.WORKING, sent_at=now)

    assert cadence([sending], profile, now + 1) == 2.0
    assert cadence([sending], replace(profile, reads_per_second=0.25), now + 1) == 4.0
    assert cadence([replace(sending, state=State.UNKNOWN)], profile, now + 60) == 5.0
    assert cadence([replace(working, cancel_wanted=True)], profile, now + 600) == 5.0
    assert cadence([working], profile, now + 600) == 30.0
    assert cadence([replace(working, state=State.FILLED)], profile, now) == 300.0


def test_with_a_stream_that_lives_the_book_is_read_seldom_unless_something_is_unsure(
    staged: Order,
) -> None:
    profile: Profile = replace(Zerodha.profile, seldom=120.0)
    now = staged.staged_at
    working = replace(staged, state=State.WORKING, sent_at=now)

    assert cadence([working], profile, now + 1, hears=True) == 120.0
    assert cadence([working], profile, now + 1) == 5.0
    assert cadence([replace(working, cancel_wanted=True)], profile, now + 1, hears=True) == 5.0
    unknown = replace(working, state=State.UNKNOWN)
    assert cadence([working, unknown], profile, now + 600, hears=True) == 5.0


def test_where_calls_are_counted_the_book_is_read_so_that_they_last(staged: Order) -> None:
    profile: Profile = replace(Zerodha.profile, book_calls=4)
    now = staged.staged_at
    working = replace(staged, state=State.WORKING, sent_at=now)
    unknown = replace(working, state=State.UNKNOWN)
    calls = Calls(used=4500, most=5000, lasts=20_000.0)  # 400 are left for doubts alone

    assert cadence([working], profile, now + 1, calls=replace(calls, used=500)) == 20.0
    assert cadence([working], profile, now + 1, calls=calls) == 20_000.0
    assert cadence([unknown], profile, now + 1, calls=calls) == 2.0
    assert cadence([unknown], profile, now + 600, calls=calls) == 200.0
