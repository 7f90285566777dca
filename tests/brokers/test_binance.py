from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from brokers.sim_desk import SimDesk, sim_desk
from conformance.cases.binance import BinanceCase
from conformance.cases.binancefutures import BinanceFuturesCase
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tradegram.brokers.client import HttpBroker, Line
from tradegram.codes import Code, code_of
from tradegram.errors import ClockOff, NotSent, Refused, UserError
from tradegram.history.today import keep_todays, todays_fills
from tradegram.model import OrderIntent, OrderType, ReportStatus, Session, Side, Terms
from tradegram.orders.reconcile import reconcile
from tradegram.orders.replace import check_terms
from tradegram.orders.send import TryLater, send_order
from tradegram.orders.state import State
from tradegram.sims.floor import Entry, Standing
from tradegram.sims.wire import said

D = Decimal


@pytest.fixture
def spot() -> BinanceCase:
    return BinanceCase()


@pytest.fixture
def futures() -> BinanceFuturesCase:
    return BinanceFuturesCase()


def pem(key: object, private: bool = True) -> str:
    if private:
        made = key.private_bytes(  # type: ignore[attr-defined]
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    else:
        made = key.public_key().public_bytes(  # type: ignore[attr-defined]
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
    return str(made.decode())


def broker(case: BinanceCase, **secrets: str) -> HttpBroker:
    case.broker()  # the list of symbols is read
    case.wire.arrived.clear()
    given = {"api_key": case.credentials["api_key"], **secrets}
    return HttpBroker(case.adapter, case.wire.client(), case.clock, Session("a", 9e9, given))


# -- signatures ------------------------------------------------------------------------------------


def test_the_signature_is_over_the_percent_encoded_bytes(spot: BinanceCase) -> None:
    """The simulated exchange checks it over what arrived, to the letter."""
    intent = spot.intent(wire_id="A/B:C.D_E-F")
    spot.place(intent)

    assert "newClientOrderId=A%2FB%3AC.D_E-F" in spot.last_order()
    [row] = spot.broker().order_book().reports
    assert row.client_order_id == "A/B:C.D_E-F"


def test_an_ed25519_key_signs_orders_and_reads(spot: BinanceCase) -> None:
    key = Ed25519PrivateKey.generate()
    spot.sim.public_key = pem(key, private=False)
    signing = broker(spot, private_key=pem(key))

    signing.place(spot.intent(), not_after=spot.clock.monotonic() + 5)

    assert len(signing.order_book().reports) == 1


def test_a_key_of_another_kind_is_refused_and_not_repeated(spot: BinanceCase) -> None:
    for wrong in (pem(generate_private_key(65537, 2048)), "canary-not-a-key"):
        with pytest.raises(Refused) as caught:
            broker(spot, private_key=wrong).order_book()
        assert code_of(caught.value) is Code.INVALID_CREDENTIALS
        assert wrong not in f"{caught.value!r}{vars(caught.value)}"
    assert spot.asked() == 0


def test_a_testnet_key_goes_to_the_testnet_with_prices_and_all(spot: BinanceCase) -> None:
    hosts = {"testnet": "http://testnet.invalid", "api": "http://live.invalid"}
    secrets = {**spot.credentials, "environment": "testnet"}
    spot.broker()
    session, before = Session("a", 9e9, secrets), len(spot.wire.arrived)
    way = HttpBroker(spot.adapter, spot.wire.client(), spot.clock, session, hosts)

    way.order_book()
    way.quotes([spot.instrument])

    seen = [one.host for one in spot.wire.arrived[before:]]
    assert seen == ["testnet.invalid", "testnet.invalid"]
    with pytest.raises(Refused, match="environment"):
        broker(spot, environment="moon").order_book()


# -- the clock -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [-3600.0, 90.0])
def test_a_clock_that_is_off_is_measured_once(spot: BinanceCase, ahead: float) -> None:
    spot.sim.ahead = ahead
    way = broker(spot, api_secret=spot.credentials["api_secret"])

    assert way.order_book().reports == []
    assert [one.path for one in spot.wire.arrived] == [
        "/api/v3/openOrders", "/api/v3/time", "/api/v3/openOrders",
    ]  # fmt: skip
    way.order_book()
    assert len(spot.wire.arrived) == 4


def test_an_order_that_met_a_wrong_clock_is_sent_once_it_is_known(
    spot: BinanceCase, tmp_path: Path
) -> None:
    with sim_desk(spot, tmp_path) as desk:
        spot.sim.ahead = 7200.0
        staged = desk.stage()
        way = broker(spot, api_secret=spot.credentials["api_secret"])
        desk.brokers.broker = lambda account_id: way  # type: ignore[method-assign]

        with pytest.raises(TryLater):
            send_order(desk, desk.store.order(staged.key))
        assert spot.floor.entries == {}
        sent = send_order(desk, desk.store.order(staged.key))

        assert sent.state is State.SUBMITTED
        assert len(spot.floor.entries) == 1


def test_a_clock_nobody_can_measure_stays_a_refusal(spot: BinanceCase) -> None:
    spot.sim.ahead = 7200.0
    way = broker(spot, api_secret=spot.credentials["api_secret"])
    late = said({"code": -1021, "msg": "outside of the recvWindow"}, 400)
    spot.wire.faults.reads = True
    spot.wire.instead = [late, said({}, 500), late]

    with pytest.raises(ClockOff):
        way.order_book()


# -- filters ---------------------------------------------------------------------------------------


def test_the_filters_of_a_symbol_become_its_lot_tick_and_least_value(spot: BinanceCase) -> None:
    dear = replace(spot.instrument, symbol="SOLUSDT", min_value=D(5))
    spot.sim.stock = type(spot.sim.stock)(spot.floor, [spot.instrument, dear])

    listed = {row.symbol: row.instrument for row in spot.instruments(broken=False)}

    assert listed["SOLUSDT"].min_value == 5
    assert listed["BTCUSDT"].freeze_quantity == 9000


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"quantity": D("0.000015")}, "LOT_SIZE"),
        ({"price": D("91250.205")}, "PRICE_FILTER"),
        ({"quantity": D("0.0000000001")}, "precision"),
    ],
)
def test_what_a_filter_refuses_is_an_invalid_order(
    spot: BinanceCase, terms: dict[str, Decimal], words: str
) -> None:
    with pytest.raises(Refused, match=words) as caught:
        spot.place(spot.intent(**terms))
    assert code_of(caught.value) is Code.INVALID_ORDER


# -- what can be changed ---------------------------------------------------------------------------


def test_spot_takes_a_smaller_quantity_and_keeps_our_name(spot: BinanceCase) -> None:
    intent = spot.intent()
    order_id = spot.place(intent)
    spot.broker().replace(intent, order_id, Terms(D("0.01"), spot.below))

    [row] = spot.broker().order_book().reports
    assert (row.client_order_id, row.quantity) == (intent.wire_id, D("0.01"))


def test_another_price_on_spot_is_refused_when_it_is_asked_for(
    spot: BinanceCase, tmp_path: Path
) -> None:
    with sim_desk(spot, tmp_path) as desk:
        order = send_order(desk, desk.stage())
        larger = Terms(order.quantity * 2, order.price)
        dearer = Terms(order.quantity, spot.price)
        for wanted, words in ((dearer, "its prices"), (larger, "a larger quantity")):
            with pytest.raises(UserError, match=f"cannot give a working order {words}"):
                check_terms(order, wanted, spot.profile)
        check_terms(order, Terms(order.quantity / 2, order.price), spot.profile)


# -- stops of futures ------------------------------------------------------------------------------


def stop(case: BinanceFuturesCase) -> OrderIntent:
    return case.intent(side=Side.SELL, order_type=OrderType.STOP, price=None, trigger=D("90000.00"))


@pytest.fixture
def desk(futures: BinanceFuturesCase, tmp_path: Path) -> Iterator[SimDesk]:
    with sim_desk(futures, tmp_path) as made:
        yield made


def stopped(desk: SimDesk, case: BinanceFuturesCase) -> tuple[str, Entry]:
    order = send_order(desk, desk.stage(stop(case)))
    [entry] = case.floor.referring(order.intent.wire_id)
    reconcile(desk, desk.account_id)
    return order.key, entry


def test_a_stop_waits_at_the_endpoint_for_stops(desk: SimDesk, futures: BinanceFuturesCase) -> None:
    key, entry = stopped(desk, futures)

    assert "algoOrder" in futures.last_order()
    order = desk.store.order(key)
    assert (order.state, order.trigger) == (State.WORKING, D("90000.00"))
    assert entry.standing is Standing.WAITING


def test_a_triggered_stop_is_followed_to_the_order_it_became(
    desk: SimDesk, futures: BinanceFuturesCase
) -> None:
    key, entry = stopped(desk, futures)
    futures.floor.rests = True
    futures.floor.move(futures.instrument, D("89990.00"))
    futures.floor.fill(entry, D("0.01"), D("89980.00"))

    reconcile(desk, desk.account_id)
    order = desk.store.order(key)
    assert (order.state, order.cum_quantity) == (State.WORKING, D("0.01"))
    assert "-order-" in order.broker_order_id
    assert desk.pager.alerts == []

    futures.floor.fill(entry, entry.leaves, D("89970.00"))
    reconcile(desk, desk.account_id)
    assert desk.store.order(key).state is State.FILLED


def test_a_cancel_reaches_the_order_that_a_stop_became(
    desk: SimDesk, futures: BinanceFuturesCase
) -> None:
    key, entry = stopped(desk, futures)
    futures.floor.rests = True
    futures.floor.move(futures.instrument, D("89990.00"))
    reconcile(desk, desk.account_id)
    order = desk.store.order(key)

    futures.broker().cancel(order.intent, order.broker_order_id)

    assert entry.standing is Standing.CANCELLED
    reconcile(desk, desk.account_id)
    assert desk.store.order(key).state is State.CANCELLED


def test_a_stop_cancelled_while_it_waits_is_cancelled(
    desk: SimDesk, futures: BinanceFuturesCase
) -> None:
    key, entry = stopped(desk, futures)
    order = desk.store.order(key)
    futures.broker().cancel(order.intent, order.broker_order_id)
    reconcile(desk, desk.account_id)

    assert desk.store.order(key).state is State.CANCELLED
    assert entry.filled == 0


def test_a_stop_that_hangs_while_it_triggers_is_an_alarm(
    desk: SimDesk, futures: BinanceFuturesCase
) -> None:
    key, entry = stopped(desk, futures)
    entry.more["algo_status"] = "TRIGGERING"
    entry.updated_at = futures.clock.now()
    reconcile(desk, desk.account_id)
    assert desk.pager.alerts == []

    futures.clock.pass_(6.0)
    reconcile(desk, desk.account_id)
    reconcile(desk, desk.account_id)

    assert len(set(desk.pager.alerts)) == 1
    assert "is not protected" in desk.pager.alerts[0]
    assert desk.store.order(key).state is State.WORKING


def test_a_stop_whose_answer_was_lost_is_found_by_name(
    desk: SimDesk, futures: BinanceFuturesCase
) -> None:
    futures.lose()
    order = send_order(desk, desk.stage(stop(futures)))
    assert order.state is State.UNKNOWN
    futures.floor.move(futures.instrument, D("89990.00"))  # and filled before anybody looked

    reconcile(desk, desk.account_id)

    assert desk.order(order).state is State.FILLED


def test_a_stop_sent_where_plain_orders_go_would_be_refused(futures: BinanceFuturesCase) -> None:
    futures.broker()
    plain = futures.intent()
    call = futures.adapter.place(plain)
    moved = replace(
        call, request=replace(call.request, form={**call.request.form, "type": "STOP_MARKET"})
    )
    assert futures._session
    line = Line(futures.adapter, futures.wire.client(), futures.clock, futures._session)
    with pytest.raises(Refused, match="not supported for this endpoint") as caught:
        line.run(moved)
    assert code_of(caught.value) is Code.INVALID_ORDER


def test_a_market_without_a_margin_call_says_so(futures: BinanceFuturesCase) -> None:
    with pytest.raises(NotSent):
        futures.broker().margin_for(futures.intent())


def test_a_market_order_is_sent_plain(spot: BinanceCase) -> None:
    spot.place(spot.intent(order_type=OrderType.MARKET, price=None))
    [row] = spot.book().reports

    assert (row.status, row.terms) == (ReportStatus.FILLED, Terms(D("0.04")))
    assert "timeInForce" not in spot.last_order()


# -- trades ----------------------------------------------------------------------------------------


def test_what_was_bought_and_sold_again_is_among_the_days_trades(
    spot: BinanceCase, tmp_path: Path
) -> None:
    """Nothing is left of it, so the exchange must be told where to look."""
    with sim_desk(spot, tmp_path) as desk:
        spot.floor.prices[spot.instrument.key] = spot.below
        for side in Side:
            send_order(desk, desk.stage(spot.intent(side=side)))
        broker = spot.broker()
        assert broker.trades() == []

        fills = todays_fills(desk, desk.account_id, broker)
        assert [fill.side for fill in fills] == [Side.BUY, Side.SELL]
        assert keep_todays(desk, desk.account_id) == 2
        assert keep_todays(desk, desk.account_id) == 0

        spot.clock.pass_(2 * 86_400.0)
        assert todays_fills(desk, desk.account_id, broker) == []


def test_a_trade_that_is_listed_anyway_counts_once(spot: BinanceCase, tmp_path: Path) -> None:
    with sim_desk(spot, tmp_path) as desk:
        spot.floor.prices[spot.instrument.key] = spot.below
        send_order(desk, desk.stage())

        assert len(spot.broker().trades()) == 1
        assert len(todays_fills(desk, desk.account_id, spot.broker())) == 1
