from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from orders.desks import ACCOUNT, KiteAccount, KiteDesk

from tradegram.brokers.contract import Book, Broker
from tradegram.brokers.zerodha import Zerodha
from tradegram.errors import UserError
from tradegram.model import Terms
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.replace import REPLACE_TRIES, check_terms, want_replace
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.ports import commit_order

OLD = Terms(Decimal(100), Decimal("1500.05"))
HIGH = Terms(Decimal(100), Decimal("1510.00"))


@dataclass
class SlowBook(KiteAccount):
    """The book is as it was asked for; then something happens before its answer is here."""

    meanwhile: Callable[[], object] = lambda: None

    def broker(self, account_id: str) -> Broker:
        broker, meanwhile = super().broker(account_id), self.meanwhile

        class Slow:
            profile = broker.profile
            place, replace, cancel = broker.place, broker.replace, broker.cancel

            def order_book(self) -> Book:
                book = broker.order_book()
                meanwhile()
                return book

        return Slow()  # type: ignore[return-value]


def wish(desk: KiteDesk, key: str, terms: Terms) -> None:
    want_replace(desk, key, terms, user_id=7)
    attend(desk, key)


def kinds(desk: KiteDesk) -> list[str]:
    return [notice.kind for notice in desk.store.notices()]


@pytest.fixture
def working(desk: KiteDesk, staged: Order) -> Order:
    send_order(desk, desk.store.order(staged.key))
    [order] = reconcile(desk, ACCOUNT.account_id)
    assert order.state is State.WORKING
    return order


def test_a_change_is_confirmed_by_the_book_and_told(desk: KiteDesk, working: Order) -> None:
    wish(desk, working.key, HIGH)
    assert desk.store.order(working.key).replace_wanted == HIGH

    [order] = reconcile(desk, ACCOUNT.account_id)

    assert (order.price, order.replace_wanted, order.replaces) == (HIGH.price, None, 1)
    assert kinds(desk)[-1] == "replaced"


def test_a_book_from_before_a_change_does_not_confirm_the_wish_to_undo_it(
    desk: KiteDesk, working: Order
) -> None:
    def change_there_and_back() -> None:
        desk.brokers.meanwhile = lambda: None  # type: ignore[attr-defined]
        wish(desk, working.key, HIGH)
        want_replace(desk, working.key, OLD, user_id=7)

    slow = SlowBook(desk.kite, desk.clock, meanwhile=change_there_and_back)
    desk.brokers = slow
    desk.kite.fill(10, 1500.0)  # so that the book has something to write down

    reconcile(desk, ACCOUNT.account_id)

    assert desk.store.order(working.key).replace_wanted == OLD
    attend(desk, working.key)
    reconcile(desk, ACCOUNT.account_id)
    order = desk.store.order(working.key)
    assert order.replace_wanted is None
    assert order.price == OLD.price == Decimal(str(desk.kite.orders[0]["price"]))


def test_a_book_from_before_a_change_does_not_take_it_back(desk: KiteDesk, working: Order) -> None:
    def change_and_confirm() -> None:
        desk.brokers = KiteAccount(desk.kite, desk.clock)
        wish(desk, working.key, HIGH)
        reconcile(desk, ACCOUNT.account_id)

    desk.brokers = SlowBook(desk.kite, desk.clock, meanwhile=change_and_confirm)
    desk.kite.fill(10, 1500.0)

    reconcile(desk, ACCOUNT.account_id)

    assert desk.store.order(working.key).price == HIGH.price
    assert "replaced" not in kinds(desk)  # as one message with the fill


def test_a_wish_that_was_not_sent_yet_is_not_confirmed_by_what_was_there_before(
    desk: KiteDesk, working: Order
) -> None:
    want_replace(desk, working.key, HIGH, user_id=7)
    desk.kite.orders[0]["price"] = 1510.0  # changed in the broker's own app

    reconcile(desk, ACCOUNT.account_id)  # which also sends the change
    assert desk.store.order(working.key).replace_wanted == HIGH

    reconcile(desk, ACCOUNT.account_id)
    assert desk.store.order(working.key).replace_wanted is None


def test_a_lost_reply_to_a_change_is_read_again(desk: KiteDesk, working: Order) -> None:
    desk.kite.lose_replies = 1
    wish(desk, working.key, HIGH)

    [order] = reconcile(desk, ACCOUNT.account_id)

    assert (order.price, order.replace_wanted) == (HIGH.price, None)
    assert [each.method for each in desk.kite.requests].count("PUT") == 1


def test_changes_are_counted_up_to_what_the_broker_allows(desk: KiteDesk, working: Order) -> None:
    most = Zerodha.profile.modifications_per_order
    used = commit_order(
        desk.store, replace(working, modifications=most - 1), {"event": "changed often"}
    )
    wish(desk, used.key, HIGH)
    reconcile(desk, ACCOUNT.account_id)
    assert desk.store.order(used.key).modifications == most

    with pytest.raises(UserError, match=f"changed {most} times"):
        want_replace(desk, used.key, OLD, user_id=7)


def test_a_wish_ends_aloud_when_the_broker_takes_no_more_changes(
    desk: KiteDesk, working: Order
) -> None:
    want_replace(desk, working.key, HIGH, user_id=7)
    order = desk.store.order(working.key)
    most = Zerodha.profile.modifications_per_order
    commit_order(desk.store, replace(order, modifications=most), {"event": "changed often"})

    attend(desk, working.key)

    after = desk.store.order(working.key)
    assert after.replace_wanted is None
    assert kinds(desk)[-1] == "not replaced"
    assert "PUT" not in {each.method for each in desk.kite.requests}
    assert most > REPLACE_TRIES


def test_no_order_grows_beyond_what_the_exchange_takes_in_one(working: Order) -> None:
    one = replace(working.intent.instrument, freeze_quantity=Decimal(150))
    order = replace(working, intent=replace(working.intent, instrument=one))
    check_terms(order, Terms(Decimal(150), order.price), Zerodha.profile)

    with pytest.raises(UserError, match="takes at most 150 of INFY in one order"):
        check_terms(order, Terms(Decimal(151), order.price), Zerodha.profile)


def test_a_limit_order_becomes_a_stop_where_the_broker_can(desk: KiteDesk, working: Order) -> None:
    stop = Terms(Decimal(100), Decimal("1520.00"), Decimal("1515.00"))
    wish(desk, working.key, stop)
    [order] = reconcile(desk, ACCOUNT.account_id)
    assert desk.kite.orders[0]["order_type"] == "SL"
    assert (order.price, order.trigger) == (stop.price, stop.trigger)

    wish(desk, working.key, OLD)
    [order] = reconcile(desk, ACCOUNT.account_id)
    assert desk.kite.orders[0]["order_type"] == "LIMIT"
    assert (order.price, order.trigger, order.replace_wanted) == (OLD.price, None, None)


def test_an_order_without_a_price_is_not_asked_for_where_the_broker_has_none(
    desk: KiteDesk, working: Order
) -> None:
    with pytest.raises(UserError, match="takes no MARKET orders"):
        want_replace(desk, working.key, Terms(Decimal(100)), user_id=7)


def test_a_fill_that_crosses_a_cancel_is_told(desk: KiteDesk, working: Order) -> None:
    want_cancel(desk, working.key, user_id=7, why="tapped")
    desk.kite.fill(40, 1500.0)
    desk.kite.orders[0]["status"] = "CANCELLED"

    reconcile(desk, ACCOUNT.account_id)

    order = desk.store.order(working.key)
    assert (order.state, order.cum_quantity) == (State.CANCELLED, 40)
    last = list(desk.store.notices())[-1]
    assert (last.kind, last.text) == ("crossed", "40 filled before the cancel took effect")


def test_a_cancel_that_comes_too_late_is_told_as_such(desk: KiteDesk, working: Order) -> None:
    want_cancel(desk, working.key, user_id=7, why="tapped")
    desk.kite.fill(100, 1500.0)

    reconcile(desk, ACCOUNT.account_id)

    last = list(desk.store.notices())[-1]
    assert (last.kind, last.text) == ("crossed", "100 filled before the cancel took effect")
