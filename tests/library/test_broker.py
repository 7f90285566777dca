"""Brokers for programs: one call to be in, typed answers, one order once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from conformance.case import HttpCase
from conformance.cases.zerodha import ZerodhaCase
from conformance.table import cases

from tradegram import brokers
from tradegram.brokers.contract import Login
from tradegram.errors import NotFound, OutcomeUnknown, UserError
from tradegram.library import OpenBroker, Placed
from tradegram.library.opening import open_broker
from tradegram.sims.floor import Standing

D = Decimal


def opened(case: ZerodhaCase) -> OpenBroker:
    broker = open_broker("zerodha", case.credentials, "AB1234", {}, case.wire.client())
    broker.clock = case.clock
    return broker


def test_paper_is_open_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with brokers.open(environment={"TRADEGRAM_PAPER_ALWAYS_OPEN": "1"}) as broker:
        assert broker.check() == "paper:main"
        quote = broker.instrument("NSE:RELIANCE")
        [funds] = [each for each in broker.funds() if each.currency == "INR"]
        placed = broker.send(broker.prepare("NSE:RELIANCE", "buy", 1, price=1, product="MIS"))
        assert broker.order(placed.broker_order_id).quantity == 1
        broker.cancel(placed)
    assert quote.symbol == "RELIANCE"
    assert funds.available > 0


@pytest.mark.parametrize(
    "environment",
    [{}, {"USE_MOCK_BROKER": "true"}, {"BROKER_DEFAULT": "mock"}, {"BROKER_DEFAULT": "PAPER"}],
)
def test_without_a_name_the_environment_chooses(environment: dict[str, str]) -> None:
    with brokers.open(environment=environment) as broker:
        assert broker.profile.name == "paper"


@pytest.mark.parametrize("prefix", ["ZERODHA", "Z", "KITE"])
def test_names_that_other_projects_use_are_understood(prefix: str) -> None:
    environment = {
        "BROKER_DEFAULT": "ZERODHA",
        f"{prefix}_API_KEY": "k",
        f"{prefix}_API_SECRET": "s",
        f"{prefix}_ACCESS_TOKEN": "t",
        "ZERODHA_USER_ID": "AB1234",
    }
    with brokers.open(environment=environment) as broker:
        assert broker.account_id == "zerodha:AB1234"
        assert "api_key=k" in broker.login_url()


def test_what_is_missing_is_named() -> None:
    with pytest.raises(UserError, match="binance needs API key, api secret or private key"):
        brokers.open("binance", environment={})
    with pytest.raises(UserError, match="No broker 'nobody' can be linked"):
        brokers.open("nobody", environment={})


def test_a_key_that_no_request_can_carry_is_named() -> None:
    with pytest.raises(UserError, match="The API key has a letter"):
        brokers.open("zerodha", {"api_key": "k\u2013y", "api_secret": "s"}, environment={})


def test_a_browser_login_then_an_order_its_change_and_its_end() -> None:
    case = ZerodhaCase()
    with opened(case) as broker:
        with pytest.raises(UserError, match=r"call log_in\(\) first"):
            broker.funds()
        assert broker.log_in(**case.given()) == "AB1234"
        intent = broker.prepare("NSE:INFY", "BUY", 100, price=case.below)
        placed = broker.send(intent)
        broker.replace(placed, price=case.below - 1)
        [entry] = case.floor.entries.values()
        assert (entry.price, entry.quantity) == (case.below - 1, 100)
        assert broker.find(intent) == [placed]
        broker.cancel(placed)
        assert entry.standing is Standing.CANCELLED
        with pytest.raises(NotFound):
            broker.order("nobody")


def test_an_order_whose_answer_is_lost_is_found_once() -> None:
    case = ZerodhaCase()
    with opened(case) as broker:
        broker.log_in(**case.given())
        intent = broker.prepare("NSE:INFY", "BUY", 100, price=case.below)
        case.lose()
        with pytest.raises(OutcomeUnknown):
            broker.send(intent)

        [placed] = broker.find(intent)
        assert placed.broker_order_id in case.floor.entries
        assert len(case.floor.entries) == 1


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"quantity": 0}, "positive multiple of 1"),
        ({"quantity": D("1.5")}, "positive multiple of 1"),
        ({"price": D("100.01")}, "multiples of 0.05"),
        ({"price": 0}, "positive multiples of 0.05"),
        ({"price": None}, "A LIMIT order has a price"),
        ({"trigger": 99}, "A LIMIT order has a price"),
        ({"order_type": "STOP_LIMIT"}, "A STOP_LIMIT order has a price, a trigger"),
        ({"quantity": "many"}, "'many' is no number"),
        ({"price": "NaN"}, "'NaN' is no number"),
        ({"order_type": "MARKET", "price": None}, "no order type MARKET; it has LIMIT, STOP_LIMIT"),
        ({"time_in_force": "FOK"}, "no validity FOK"),
        ({"symbol": "NSE:NOBODY"}, "lists no NSE:NOBODY"),
        ({"price": 100.05}, "a float is not exact"),
    ],
)
def test_what_the_broker_does_not_have_is_refused_before_it_is_sent(
    terms: dict[str, object], words: str
) -> None:
    case = ZerodhaCase()
    with opened(case) as broker:
        broker.log_in(**case.given())
        asked = {"symbol": "NSE:INFY", "side": "BUY", "quantity": 1, "price": 100, **terms}
        with pytest.raises(UserError, match=words):
            broker.prepare(**asked)  # type: ignore[arg-type]
    assert not case.floor.entries


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("binance", {"price": "91250.10"}, "cannot give a working order its prices"),
        ("alpaca", {"quantity": 50}, "cannot give a working order a smaller quantity"),
        ("zerodha", {"price": "1499.97"}, "must be a multiple of 0.05"),
        ("zerodha", {"quantity": 0}, "must be a multiple of 1"),
        ("angelone", {"trigger": "1500.05"}, "cannot make a LIMIT order a STOP_LIMIT one"),
    ],
)
def test_a_change_that_the_broker_would_not_make_is_refused_before_it_is_sent(
    name: str, change: dict[str, object], words: str
) -> None:
    case = cases()[name]()
    assert isinstance(case, HttpCase)
    with open_broker(name, case.credentials, case.user, {}, case.wire.client()) as broker:
        broker.clock = case.clock
        intent = case.intent(account_id=broker.account_id)
        with pytest.raises(UserError, match=words):
            broker.replace(Placed("1", intent), **change)  # type: ignore[arg-type]
    assert case.asked() == 0


def test_a_secret_that_makes_no_codes_is_named() -> None:
    case = cases()["angelone"]()
    assert isinstance(case, HttpCase)
    credentials = {**case.credentials, "totp_secret": "not base32!"}
    broker = open_broker("angelone", credentials, case.user, {}, case.wire.client())
    with broker, pytest.raises(UserError, match="TOTP secret is not base32"):
        broker.log_in()


@pytest.mark.parametrize("name", sorted(cases()))
def test_every_broker_opens_by_its_name(name: str) -> None:
    case = cases()[name]()
    credentials = getattr(case, "credentials", {"host": "127.0.0.1", "port": "4002"})
    with brokers.open(name, credentials, client="C1", environment={}) as broker:
        assert broker.profile.name == name
        if broker.profile.login is not Login.REDIRECT:
            with pytest.raises(UserError, match="wants no browser"):
                broker.login_url()
        shown = repr(broker)
    assert not any(value in shown for value in credentials.values() if len(value) > 9)
