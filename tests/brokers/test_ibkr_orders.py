from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from ib_async.contract import Contract
from ib_async.order import Order, OrderState
from loopback import tws as loopback
from loopback.tws import Desk, wait_for

from tradegram.brokers.ibkr.ear import Ear
from tradegram.codes import Code
from tradegram.errors import NotSent, OutcomeUnknown, Refused
from tradegram.model import OrderType, ReportStatus, Side, Terms, TimeInForce
from tradegram.sims.floor import Standing
from tradegram.sims.ibkr.contracts import Catalogue

D = Decimal


@pytest.fixture(params=[176, 178])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with loopback.desk(request.param) as made:
        yield made


@pytest.fixture
def one() -> Iterator[Desk]:
    with loopback.desk() as made:
        yield made


@pytest.mark.parametrize(
    ("order_type", "price", "trigger"),
    [
        (OrderType.LIMIT, D("99.5"), None),
        (OrderType.STOP, None, D("105")),
        (OrderType.STOP_LIMIT, D("105.5"), D("105")),
    ],
)
def test_an_order_arrives_as_it_was_meant_and_is_in_the_book_by_our_id(
    desk: Desk, order_type: OrderType, price: Decimal | None, trigger: Decimal | None
) -> None:
    desk.tws.floor.prices[desk.share.key] = D(100)
    intent = desk.intent(order_type=order_type, price=price, trigger=trigger, side=Side.BUY)

    order_id = desk.place(intent)

    entry = desk.entry(intent)
    assert (entry.order_type, entry.price, entry.trigger) == (order_type, price, trigger)
    assert (entry.side, entry.quantity, entry.validity) == (Side.BUY, D(10), "DAY")
    assert entry.more["account"] == "DU1234567"
    [row] = desk.broker.order_book().reports
    assert (row.broker_order_id, row.client_order_id) == (order_id, intent.wire_id)
    assert row.terms == Terms(D(10), price, trigger)
    assert (row.status, row.instrument, row.side) == (ReportStatus.NEW, desk.share.key, "BUY")


@pytest.mark.parametrize("validity", list(TimeInForce))
def test_every_time_in_force_is_sent_as_its_own_word(one: Desk, validity: TimeInForce) -> None:
    intent = one.intent(time_in_force=validity)
    one.place(intent)
    assert one.entry(intent).validity == validity.value


def test_a_market_order_fills_and_the_book_knows_quantity_and_average(desk: Desk) -> None:
    desk.tws.floor.prices[desk.share.key] = D("100.25")
    intent = desk.intent(order_type=OrderType.MARKET, price=None)

    order_id = desk.place(intent)

    [row] = desk.broker.order_book().reports
    assert (row.broker_order_id, row.status) == (order_id, ReportStatus.FILLED)
    assert (row.cum_quantity, row.average_price) == (D(10), D("100.25"))
    [fill] = desk.broker.trades()
    assert (fill.broker_order_id, fill.client_order_id) == (order_id, intent.wire_id)
    assert (fill.quantity, fill.price, fill.at) == (D(10), D("100.25"), desk.clock.now())


def test_pieces_of_a_fill_add_up_also_after_the_rest_was_cancelled(desk: Desk) -> None:
    intent = desk.intent()
    order_id = desk.place(intent)
    entry, floor = desk.entry(intent), desk.tws.floor

    floor.fill(entry, D(3), D("99.5"))
    floor.fill(entry, D(1), D("99.1"))
    [row] = desk.broker.order_book().reports
    assert (row.status, row.cum_quantity, row.average_price) == (ReportStatus.NEW, D(4), D("99.4"))

    desk.broker.cancel(intent, order_id)
    [row] = desk.broker.order_book().reports
    assert row.status is ReportStatus.CANCELLED
    assert (row.broker_order_id, row.client_order_id) == (order_id, intent.wire_id)
    assert (row.quantity, row.cum_quantity, row.average_price) == (D(10), D(4), D("99.4"))


def test_a_change_is_the_same_order_with_other_terms(desk: Desk) -> None:
    intent = desk.intent()
    order_id = desk.place(intent)
    wanted = Terms(D(7), D("99.25"))

    desk.broker.replace(intent, order_id, wanted)

    [row] = desk.broker.order_book().reports
    assert (row.broker_order_id, row.terms) == (order_id, wanted)
    assert desk.entry(intent).changes == 1


def test_a_change_that_is_refused_leaves_the_order_alive(one: Desk) -> None:
    intent = one.intent()
    order_id = one.place(intent)

    with pytest.raises(Refused) as caught:
        one.broker.replace(intent, order_id, Terms(D(10), D("99.123")))

    assert (caught.value.code, caught.value.means) == ("110", Code.INVALID_ORDER)
    [row] = one.broker.order_book().reports
    assert (row.status, row.terms) == (ReportStatus.NEW, Terms(D(10), D("99.5")))


def test_an_order_that_filled_meanwhile_can_be_neither_changed_nor_cancelled(one: Desk) -> None:
    intent = one.intent()
    order_id = one.place(intent)
    one.tws.floor.fill(one.entry(intent), D(10), D("99.5"))

    with pytest.raises(Refused) as changed:
        one.broker.replace(intent, order_id, Terms(D(10), D("99.25")))
    with pytest.raises(Refused) as cancelled:
        one.broker.cancel(intent, order_id)

    assert (changed.value.code, cancelled.value.code) == ("104", "10148")
    [row] = one.broker.order_book().reports
    assert row.status is ReportStatus.FILLED


@pytest.mark.parametrize(
    ("number", "text", "means"),
    [
        (103, "Duplicate order id", Code.INVALID_ORDER),
        (110, "The price does not conform to the minimum price variation", Code.INVALID_ORDER),
        (200, "No security definition has been found for the request", Code.INVALID_SYMBOL),
        (201, "Order rejected - reason:You are not permitted to trade", Code.ORDER_REJECTED),
        (201, "Order rejected - reason:Your Equity is too low", Code.INSUFFICIENT_FUNDS),
        (203, "The security is not available for this account.", Code.ORDER_REJECTED),
        (10289, "You must set Cash Quantity for this order.", Code.ORDER_REJECTED),
    ],
)
def test_an_error_of_a_known_number_proves_that_nothing_was_taken(
    one: Desk, number: int, text: str, means: Code
) -> None:
    one.tws.faults.refused.append((number, text))
    intent = one.intent()

    with pytest.raises(Refused) as caught:
        one.place(intent)

    assert (caught.value.code, caught.value.words) == (str(number), text)
    assert caught.value.means == means
    assert one.entries(intent) == []


def test_the_row_of_an_order_whose_refusal_was_heard_is_no_second_news(one: Desk) -> None:
    one.tws.faults.refused.append((201, "Order rejected - reason:Your Equity is too low"))
    intent = one.intent()
    with pytest.raises(Refused):
        one.place(intent)
    [sent] = [fields for _, fields in one.tws.arrived if fields[0] == "3"]
    one.tws.hear(1, sent, lambda _: None)
    one.tws.floor.end(one.entry(intent), Standing.REJECTED, "Your Equity is too low")
    assert one.broker.order_book().reports == []


def test_an_error_that_nobody_knows_proves_nothing(one: Desk) -> None:
    one.tws.faults.refused.append((9999, "Computer says no."))
    with pytest.raises(OutcomeUnknown, match="Computer says no"):
        one.place(one.intent())


def test_a_remark_beside_an_order_is_no_refusal(one: Desk) -> None:
    one.broker.check()
    intent = one.intent()
    order_id = one.place(intent)
    number = int(order_id.split(":")[1])
    one.tws.connected[1](["4", "2", str(number), "399", "Your order will be held until 9:30", ""])
    [row] = one.broker.order_book().reports
    assert row.status is ReportStatus.NEW


def test_an_order_without_money_is_in_the_book_as_rejected_with_the_reason(one: Desk) -> None:
    one.tws.floor.cash = D(10)
    intent = one.intent()

    order_id = one.place(intent)

    [row] = one.broker.order_book().reports
    assert (row.broker_order_id, row.status) == (order_id, ReportStatus.REJECTED)
    assert row.code == Code.INSUFFICIENT_FUNDS
    assert "Available Funds" in row.text


def test_a_reason_that_comes_before_the_row_is_one_rejection_and_not_two(one: Desk) -> None:
    one.tws.floor.cash = D(10)
    one.tws.faults.error_first = True
    intent = one.intent()

    order_id = one.place(intent)

    [row] = one.broker.order_book().reports
    assert (row.broker_order_id, row.status) == (order_id, ReportStatus.REJECTED)


@pytest.mark.parametrize("kind", ["3", "5"])
def test_either_the_row_or_the_status_of_an_order_says_that_tws_has_it(
    one: Desk, kind: str
) -> None:
    one.broker.check()
    one.tws.faults.withheld.add(kind)
    intent = one.intent()
    assert one.place(intent) == one.entry(intent).order_id


def test_news_of_another_clients_order_with_the_same_number_is_not_taken_for_ours() -> None:
    async def hear() -> tuple[object, object]:
        ear = Ear(1, lambda: None)
        heard = ear.listen(7)
        theirs = Order(orderId=7, clientId=2, permId=55)
        ear.openOrder(7, Contract(conId=1), theirs, OrderState(status="Submitted"))
        ear.orderStatus(7, "Submitted", 0.0, 1.0, 0.0, 55, 0, 0.0, 2, "")
        return heard.row, heard.status

    assert asyncio.run(hear()) == (None, None)


def test_a_days_order_that_ends_with_its_day_has_expired_and_was_not_cancelled(one: Desk) -> None:
    gone, kept, cancelled = one.intent(), one.intent(time_in_force=TimeInForce.GTC), one.intent()
    for intent in (gone, kept, cancelled):
        one.place(intent)
    one.clock.pass_(12 * 3600)  # Friday, 11:30 in New York
    one.tws.floor.cancel(one.entry(cancelled))
    one.clock.pass_(4.6 * 3600)
    one.tws.floor.end(one.entry(gone), Standing.EXPIRED)
    one.tws.floor.cancel(one.entry(kept))

    found = {row.client_order_id: row.status for row in one.broker.order_book().reports}
    assert found == {
        gone.wire_id: ReportStatus.EXPIRED,
        kept.wire_id: ReportStatus.CANCELLED,
        cancelled.wire_id: ReportStatus.CANCELLED,
    }


def test_of_an_execution_that_was_corrected_only_the_last_version_counts(one: Desk) -> None:
    intent = one.intent()
    one.place(intent)
    one.tws.floor.fill(one.entry(intent), D(4), D("99.5"))
    one.tws.faults.corrected = 1
    [fill] = one.broker.trades()
    assert (fill.quantity, fill.price, fill.trade_id[-3:]) == (D(4), D("99.5"), ".02")


def test_an_order_that_is_on_no_list_any_more_is_known_by_its_fills(one: Desk) -> None:
    intent = one.intent()
    order_id = one.place(intent)
    one.tws.floor.fill(one.entry(intent), D(4), D("99.5"))
    one.tws.floor.entries.clear()

    [row] = one.broker.order_book().reports

    assert (row.broker_order_id, row.client_order_id) == (order_id, intent.wire_id)
    assert (row.cum_quantity, row.average_price) == (D(4), D("99.5"))
    assert (row.status, row.quantity) == (ReportStatus.NEW, D(0))


def test_a_row_that_is_inactive_without_an_error_may_live_again(one: Desk) -> None:
    intent = one.intent()
    one.place(intent)
    entry = one.entry(intent)
    entry.more["status"] = "Inactive"
    [row] = one.broker.order_book().reports
    assert row.status is ReportStatus.PENDING_NEW


def test_an_order_that_tws_says_nothing_of_is_unknown_and_found_in_the_book(one: Desk) -> None:
    one.broker.check()
    one.tws.faults.silent = 1
    intent = one.intent()

    with pytest.raises(OutcomeUnknown):
        one.place(intent)

    [row] = one.broker.order_book().reports
    assert row.client_order_id == intent.wire_id
    assert row.broker_order_id == one.entry(intent).order_id
    assert len(one.entries(intent)) == 1


def test_an_order_that_never_arrived_is_unknown_and_in_no_book(one: Desk) -> None:
    one.broker.check()
    one.tws.faults.lost = 1
    intent = one.intent()
    with pytest.raises(OutcomeUnknown):
        one.place(intent)
    assert one.broker.order_book().reports == []


def test_a_connection_that_ends_after_the_order_was_written_leaves_it_unknown(one: Desk) -> None:
    one.broker.check()
    one.tws.faults.cut = 1
    intent = one.intent()

    with pytest.raises(OutcomeUnknown, match="ended before it answered"):
        one.place(intent)

    [row] = one.broker.order_book().reports
    assert row.client_order_id == intent.wire_id
    assert len(one.entries(intent)) == 1


def test_an_answer_of_garbage_leaves_the_order_unknown_and_the_next_read_is_good(
    one: Desk,
) -> None:
    one.place(one.intent())
    one.tws.faults.garbled = 1
    intent = one.intent()

    with pytest.raises(OutcomeUnknown):
        one.place(intent)

    found = {row.client_order_id for row in one.broker.order_book().reports}
    assert intent.wire_id in found


def test_past_its_time_an_order_does_not_leave(one: Desk) -> None:
    one.broker.check()
    with pytest.raises(NotSent):
        one.broker.place(one.intent(), not_after=one.clock.monotonic())
    assert one.tws.floor.entries == {}
    assert not [fields for _, fields in one.tws.arrived if fields[0] == "3"]


def test_a_question_before_the_order_that_is_not_answered_proves_that_it_was_not_sent(
    one: Desk,
) -> None:
    one.broker.check()
    one.tws.faults.deaf_to = {9}
    with pytest.raises(NotSent):
        one.place(one.intent())
    assert one.tws.floor.entries == {}


def test_tws_in_its_own_read_only_mode_is_named_with_the_way_out(one: Desk) -> None:
    one.tws.faults.read_only = True
    with pytest.raises(Refused, match="switch off “Read-Only API”"):
        one.place(one.intent())


def test_an_account_linked_to_be_looked_at_sends_nothing(one: Desk) -> None:
    watcher = one.at(secrets={"read_only": "yes"})
    intent = one.intent()
    other = one.place(intent)
    for act in (
        lambda: one.place(one.intent(), watcher),
        lambda: watcher.replace(intent, other, Terms(D(5), D("99.5"))),
        lambda: watcher.cancel(intent, other),
    ):
        with pytest.raises(Refused, match="looked at only"):
            act()
    assert len(watcher.order_book().reports) == 1
    assert len(one.tws.floor.entries) == 1


def test_only_the_client_that_placed_an_order_changes_it_so_another_process_borrows_its_id(
    one: Desk,
) -> None:
    intent = one.intent()
    order_id = one.place(intent)
    other = one.at()
    assert other.check() == "DU1234567"
    assert set(one.tws.connected) == {1, 2}

    with pytest.raises(NotSent, match="placed by client id 1"):
        other.cancel(intent, order_id)
    one.broker.close()
    wait_for(lambda: set(one.tws.connected) == {2})
    other.replace(intent, order_id, Terms(D(5), D("99.5")))
    other.cancel(intent, order_id)

    assert one.entry(intent).standing is Standing.CANCELLED
    wait_for(lambda: set(one.tws.connected) == {2})


def test_an_order_that_somebody_made_in_tws_is_listed_and_not_touched(one: Desk) -> None:
    intent = one.intent()
    one.place(intent)
    one.entry(intent).more["ref"] = ""

    [row] = one.broker.order_book().reports

    assert (row.client_order_id, ":" in row.broker_order_id) == ("", False)
    with pytest.raises(Refused, match="not placed through this desk"):
        one.broker.cancel(intent, row.broker_order_id)


def test_a_row_that_nobody_can_read_is_set_aside_and_hides_no_other(one: Desk) -> None:
    first, second = one.intent(), one.intent()
    one.place(first)
    one.place(second)
    one.tws.faults.torn = 1

    book = one.broker.order_book()

    assert [row.client_order_id for row in book.reports] == [second.wire_id]
    assert len(book.unreadable) == 1


def test_a_look_beside_another_hides_no_torn_row_from_it() -> None:
    async def look() -> None:
        ear = Ear(1, lambda: None)
        ear.unread(5, ["5", "1"])
        first = ear.torn_so_far
        ear.unread(5, ["5", "2"])
        second = ear.torn_so_far
        ear.unread(5, ["5", "3"])
        assert len(ear.torn_since(first)) == 2
        assert len(ear.torn_since(second)) == 1
        assert ear.torn_since(ear.torn_so_far) == ()

    asyncio.run(look())


def test_orders_that_tws_has_only_just_taken_are_each_listed(one: Desk) -> None:
    intents = [one.intent(), one.intent()]
    for intent in intents:
        one.place(intent)
        one.entry(intent).more["perm"] = "0"
    rows = one.broker.order_book().reports
    assert {row.client_order_id for row in rows} == {intent.wire_id for intent in intents}


def test_a_status_that_nobody_knows_is_set_aside(one: Desk) -> None:
    intent = one.intent()
    one.place(intent)
    one.entry(intent).more["status"] = "Pondering"
    book = one.broker.order_book()
    assert book.reports == []
    assert "Pondering" in book.unreadable[0]


def test_a_coin_is_bought_at_the_market_for_an_amount_of_money(one: Desk) -> None:
    coin = one.instrument("BTC")
    one.tws.floor.prices[coin.key] = D(50000)
    intent = one.intent(
        instrument=coin, order_type=OrderType.MARKET, price=None, quantity=D("0.01")
    )

    one.place(intent)

    entry = one.entry(intent)
    assert (entry.more["cash"], entry.validity) == ("500.01", "IOC")
    [row] = one.broker.order_book().reports
    assert (row.status, row.terms) == (ReportStatus.FILLED, None)
    assert abs(row.cum_quantity - D("0.01")) < D("0.000001")


def test_a_coin_is_sold_by_quantity_and_never_bought_without_a_price(one: Desk) -> None:
    coin = one.instrument("BTC")
    one.tws.ticks.silent = True
    usual = one.intent(instrument=coin, order_type=OrderType.MARKET, price=None, quantity=D("0.01"))
    with pytest.raises(NotSent, match="has no price now"):
        one.place(usual)

    sale = replace(usual, side=Side.SELL)
    one.place(sale)
    entry = one.entry(sale)
    assert (entry.quantity, entry.more["cash"]) == (D("0.01"), "")


@pytest.mark.parametrize("name", ["ESZ6", "EURUSD", "AAPL2612"])
def test_futures_options_and_currencies_are_traded_too(one: Desk, name: str) -> None:
    instrument = one.instrument(name)
    intent = one.intent(instrument=instrument)
    one.place(intent)
    assert one.entry(intent).instrument.key == instrument.key
    [row] = one.broker.order_book().reports
    assert row.instrument == instrument.key


@pytest.mark.parametrize("is_known", [False, True])
def test_an_option_that_another_brokers_list_counts_in_shares_is_not_sent_as_contracts(
    one: Desk, is_known: bool
) -> None:
    option = one.instrument("AAPL2612")
    if is_known:
        one.place(one.intent(instrument=option))
    theirs = replace(option, lot_size=D(100), multiplier=D(1))
    intent = replace(one.intent(instrument=theirs, quantity=D(100)), wire_id="B" * 16)

    with pytest.raises(Refused, match="units a contract"):
        one.place(intent)

    assert D(100) not in [entry.quantity for entry in one.tws.floor.entries.values()]


def test_what_no_contract_fits_is_refused_before_anything_leaves(one: Desk) -> None:
    nobody = replace(one.share, symbol="NOSUCHTHING")
    with pytest.raises(Refused) as caught:
        one.place(one.intent(instrument=nobody))
    assert caught.value.means == Code.INVALID_SYMBOL
    assert not [fields for _, fields in one.tws.arrived if fields[0] == "3"]


def test_what_this_desk_has_no_word_for_hides_nothing(one: Desk) -> None:
    ours, bond = one.intent(), one.intent(instrument=one.instrument("MSFT"))
    one.place(ours)
    one.place(bond)
    one.tws.floor.fill(one.entry(bond), D(10), D("99.5"))
    rows = [
        replace(row, sec_type="BOND") if row.symbol == "MSFT" else row
        for row in one.tws.catalogue.rows
    ]
    one.tws.catalogue = Catalogue(rows)

    other = one.at()  # a process that did not place it

    book = other.order_book()
    assert {row.client_order_id for row in book.reports} == {ours.wire_id, bond.wire_id}
    assert list(book.unreadable) == []
    assert list(other.trades()) == []
