from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from brokers.sim_desk import SimDesk, sim_desk
from conformance.cases.alpaca import AAPL, CALL, COIN, AlpacaCase

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.lookup import LooksUp
from tradegram.codes import Code, code_of
from tradegram.errors import OutcomeUnknown, Refused, UserError
from tradegram.model import Product, ReportStatus, Session, Side, Terms, TimeInForce
from tradegram.orders.attend import attend
from tradegram.orders.cancel import want_cancel
from tradegram.orders.reconcile import reconcile
from tradegram.orders.replace import check_terms, want_replace
from tradegram.orders.send import send_order
from tradegram.orders.state import Order, State
from tradegram.sims.floor import Entry, Standing

D = Decimal


@pytest.fixture
def case() -> AlpacaCase:
    return AlpacaCase()


@pytest.fixture
def desk(case: AlpacaCase, tmp_path: Path) -> Iterator[SimDesk]:
    with sim_desk(case, tmp_path) as made:
        yield made


def working(desk: SimDesk) -> Order:
    order = send_order(desk, desk.stage())
    reconcile(desk, desk.account_id)
    return desk.order(order)


def live(case: AlpacaCase) -> Entry:
    [entry] = [one for one in case.floor.entries.values() if one.standing.is_live]
    return entry


def move_to(desk: SimDesk, order: Order, price: str) -> None:
    want_replace(desk, order.key, Terms(order.quantity, D(price)), user_id=7)
    attend(desk, order.key)
    desk.clock.pass_(1.0)


# -- replacing -------------------------------------------------------------------------------------


def test_a_replaced_order_stays_one_order(desk: SimDesk, case: AlpacaCase) -> None:
    order = working(desk)
    move_to(desk, order, "181.20")
    reconcile(desk, desk.account_id)
    move_to(desk, order, "181.10")
    reconcile(desk, desk.account_id)

    now = desk.order(order)
    assert (now.state, now.price, now.replaces) == (State.WORKING, D("181.10"), 2)
    assert now.broker_order_id == f"r02:{live(case).order_id}"
    assert len(case.floor.entries) == 3
    assert [row.client_order_id for row in case.book().reports] == [order.intent.wire_id]


def test_what_each_of_them_filled_is_added_up(desk: SimDesk, case: AlpacaCase) -> None:
    order = working(desk)
    case.floor.fill(live(case), D(30), D("181.25"))
    reconcile(desk, desk.account_id)
    move_to(desk, order, "181.15")
    assert live(case).quantity == 70
    case.floor.fill(live(case), D(20), D("181.15"))
    reconcile(desk, desk.account_id)

    now = desk.order(order)
    assert (now.quantity, now.cum_quantity, now.leaves_quantity) == (D(100), D(50), D(50))
    assert now.average_price == (30 * D("181.25") + 20 * D("181.15")) / 50

    case.floor.fill(live(case), D(50), D("181.15"))
    reconcile(desk, desk.account_id)
    assert (desk.order(order).state, desk.order(order).cum_quantity) == (State.FILLED, D(100))


def test_a_cancel_goes_to_the_newest_of_them(desk: SimDesk, case: AlpacaCase) -> None:
    order = working(desk)
    move_to(desk, order, "181.20")
    reconcile(desk, desk.account_id)
    want_cancel(desk, order.key, user_id=7, why="")
    attend(desk, order.key)
    reconcile(desk, desk.account_id)

    assert [one for one in case.floor.entries.values() if one.standing.is_live] == []
    assert desk.order(order).state is State.CANCELLED


def test_a_cancel_that_met_the_replaced_one_is_asked_again_of_the_newest(
    desk: SimDesk, case: AlpacaCase
) -> None:
    order = working(desk)
    move_to(desk, order, "181.20")  # nobody has read the book since
    want_cancel(desk, order.key, user_id=7, why="")
    attend(desk, order.key)
    assert live(case).price == D("181.20")

    reconcile(desk, desk.account_id)

    assert [one for one in case.floor.entries.values() if one.standing.is_live] == []


def test_an_order_replaced_long_ago_is_found_from_its_newest(case: AlpacaCase) -> None:
    """The list has the latest 500; the first of the chain is asked for by its id."""
    intent = case.intent()
    order_id = case.place(intent)
    case.broker().replace(intent, order_id, Terms(case.quantity, D("181.20")))
    for _ in range(501):
        entry = case.floor.take(AAPL, Side.BUY, intent.order_type, D(1), price=D(1), validity="day")
        entry.reference = f"others-{entry.order_id}"
        case.floor.end(entry, Standing.CANCELLED)

    book = case.broker().order_book()

    [row] = [row for row in book.reports if row.client_order_id == intent.wire_id]
    assert (row.status, row.broker_order_id[:4]) == (ReportStatus.NEW, "r01:")
    assert book.unreadable == []


def test_a_lost_answer_to_a_replaced_order_is_looked_up_through_the_chain(case: AlpacaCase) -> None:
    intent = case.intent()
    order_id = case.place(intent)
    case.broker().replace(intent, order_id, Terms(case.quantity, D("181.20")))

    [row] = case.broker().look_up([intent]).reports

    assert (row.client_order_id, row.terms) == (intent.wire_id, Terms(case.quantity, D("181.20")))


def test_an_order_whose_successor_is_not_found_is_not_absent(case: AlpacaCase) -> None:
    intent = case.intent()
    order_id = case.place(intent)
    case.broker().replace(intent, order_id, Terms(case.quantity, D("181.20")))
    del case.floor.entries[live(case).order_id]

    book = case.broker().look_up([intent])

    assert book.reports == []
    [words] = book.unreadable
    assert words.startswith(order_id)


def test_an_order_whose_predecessor_is_not_found_hides_no_other(case: AlpacaCase) -> None:
    intent, other = case.intent(), case.intent()
    order_id = case.place(intent)
    case.broker().replace(intent, order_id, Terms(case.quantity, D("181.20")))
    newest = live(case).order_id
    case.place(other)
    del case.floor.entries[order_id]

    book = case.broker().order_book()

    assert [row.client_order_id for row in book.reports] == [other.wire_id]
    assert book.unreadable == [f"{newest}: replaces an order that is not listed"]


def test_chains_that_take_too_many_questions_are_followed_in_the_next_look(
    case: AlpacaCase,
) -> None:
    intents, broker = [case.intent() for _ in range(6)], case.broker()
    for intent in intents:
        order_id = case.place(intent)
        for number in range(12):
            broker.replace(intent, order_id, Terms(case.quantity, D(181) + D(number) / 100))
            order_id = list(case.floor.entries)[-1]
    case.clock.pass_(60)
    assert isinstance(broker, LooksUp)

    looks = [broker.look_up(intents) for _ in range(2)]

    found = [{row.client_order_id for row in book.reports} for book in looks]
    assert len(found[0]) == 4
    assert found[0] | found[1] == {one.wire_id for one in intents}
    assert list(looks[0].unasked) == [one.wire_id for one in intents if one.wire_id not in found[0]]


def test_another_quantity_is_refused_when_it_is_asked_for(desk: SimDesk, case: AlpacaCase) -> None:
    order = working(desk)
    for quantity in (D(50), D(150)):
        with pytest.raises(UserError, match="cannot give a working order a"):
            check_terms(order, Terms(quantity, order.price), case.profile)


# -- names -----------------------------------------------------------------------------------------


def test_a_name_that_is_taken_proves_nothing_and_the_order_is_looked_up(case: AlpacaCase) -> None:
    intent = case.intent()
    case.place(intent)
    [entry] = case.floor.entries.values()
    case.floor.fill(entry, entry.quantity, case.below)

    with pytest.raises(OutcomeUnknown):
        case.place(intent)

    [row] = case.broker().look_up([intent]).reports
    assert (row.status, len(case.floor.entries)) == (ReportStatus.FILLED, 1)


def test_a_lost_answer_is_found_and_nothing_is_sent_again(desk: SimDesk, case: AlpacaCase) -> None:
    case.lose()
    order = send_order(desk, desk.stage())
    assert order.state is State.UNKNOWN
    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.WORKING
    assert len(case.floor.entries) == 1


# -- what is counted how ---------------------------------------------------------------------------


def test_a_part_of_a_share_is_bought(case: AlpacaCase) -> None:
    case.place(case.intent(quantity=D("0.125")))

    assert '"qty":"0.125"' in case.last_order()
    [row] = case.book().reports
    assert row.quantity == D("0.125")


def test_options_are_counted_in_contracts(case: AlpacaCase) -> None:
    case.floor.prices[CALL.key] = D("2.50")
    intent = case.intent(
        instrument=CALL, quantity=D(2), price=D("2.50"), product=Product.CARRY_FORWARD
    )
    case.place(intent)

    assert '"qty":"2"' in case.last_order()
    [row] = case.book().reports
    assert (row.quantity, row.cum_quantity, row.instrument) == (D(2), D(2), CALL.key)
    [position] = case.broker().positions()
    assert (position.quantity, position.instrument) == (D(2), CALL)
    [fill] = case.broker().trades()
    assert (fill.quantity, fill.product) == (D(2), Product.CARRY_FORWARD)
    case.floor.prices[CALL.key] = D("3.00")
    sale = case.intent(
        instrument=CALL, quantity=D(1), side=Side.SELL, price=D("3.00"),
        product=Product.CARRY_FORWARD,
    )  # fmt: skip
    case.place(sale)
    [position] = case.broker().positions()
    assert (position.quantity, position.realised, position.unrealised) == (D(1), D(50), D(50))


def test_a_coin_has_a_slash_in_orders_and_none_in_positions(case: AlpacaCase) -> None:
    case.floor.prices[COIN.key] = D("91000.00")
    case.place(
        case.intent(
            instrument=COIN, quantity=D("0.5"), price=D("91000.00"), time_in_force=TimeInForce.GTC
        )
    )

    assert '"symbol":"BTC/USD"' in case.last_order()
    [position] = case.broker().positions()
    assert (position.instrument, position.quantity) == (COIN, D("0.5"))
    [quote] = case.broker().quotes([COIN]).values()
    assert quote.last == D("91000")


def test_a_chain_has_the_greeks(case: AlpacaCase) -> None:
    [row] = case.broker().option_chain([CALL])

    assert (row.instrument, row.delta, row.iv) == (CALL, D("0.51"), D("0.24"))


# -- keys ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "host"), [("", "paper.invalid"), ("paper", "paper.invalid"), ("live", "live.invalid")]
)
def test_keys_go_to_where_they_belong_and_prices_to_the_prices(
    case: AlpacaCase, said: str, host: str
) -> None:
    hosts = {
        "api": "http://paper.invalid",
        "live": "http://live.invalid",
        "data": "http://data.invalid",
    }
    case.broker()  # the list of assets is read
    before = len(case.wire.arrived)
    session = Session("a", 9e9, {**case.credentials, "environment": said})
    way = HttpBroker(case.adapter, case.wire.client(), case.clock, session, hosts)

    way.order_book()
    way.quotes([AAPL])

    seen = [one.host for one in case.wire.arrived[before:]]
    assert seen == [host, host, "data.invalid"]


def test_another_word_than_paper_or_live_is_refused(case: AlpacaCase) -> None:
    session = Session("a", 9e9, {**case.credentials, "environment": "real"})
    way = HttpBroker(case.adapter, case.wire.client(), case.clock, session)

    with pytest.raises(Refused, match="paper or live") as caught:
        way.order_book()
    assert code_of(caught.value) is Code.INVALID_CREDENTIALS


def test_money_that_could_be_borrowed_is_not_free_money(case: AlpacaCase) -> None:
    case.place(case.intent())
    [funds] = case.broker().funds()

    assert (funds.balance, funds.used) == (D(1_000_000), D("18125.00"))
