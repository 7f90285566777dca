from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from conformance.cases.kotakneo import KotakNeoCase

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.kotakneo import KotakNeo
from tradegram.brokers.kotakneo.instruments import _listings
from tradegram.brokers.listings import KnownListings
from tradegram.errors import NotSent, Refused
from tradegram.model import Kind, OrderType, Session
from tradegram.sims.kotakneo.market import COLUMNS
from tradegram.sims.wire import Faults

D = Decimal


@pytest.fixture
def case() -> KotakNeoCase:
    return KotakNeoCase()


def at(case: KotakNeoCase, address: str, hosts: Mapping[str, str] | None = None) -> HttpBroker:
    """With a session whose login named this address."""
    session = case.log_in()
    case.broker()
    moved = Session(session.account_id, session.expires_at, {**session.secrets, "api_url": address})
    return HttpBroker(case.adapter, case.wire.client(), case.clock, moved, hosts)


def sent(case: KotakNeoCase) -> dict[str, str]:
    fields: dict[str, str] = json.loads(case.wire.arrived[-1].form["jData"])
    return fields


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "http://cis.kotaksecurities.com",
        "https://cis.kotaksecurities.com.evil.example",
        "https://evilkotaksecurities.com",
        "https://cis.kotaksecurities.com@evil.example",
        "cis.kotaksecurities.com",
    ],
)
def test_an_address_that_is_not_the_brokers_is_sent_nothing(
    case: KotakNeoCase, address: str
) -> None:
    broker = at(case, address)
    before = case.asked()

    with pytest.raises(NotSent, match="address"):
        broker.place(case.intent(), not_after=case.clock.monotonic() + 5)
    with pytest.raises(NotSent, match="address"):
        broker.order_book()
    assert case.asked() == before


@pytest.mark.parametrize(
    "address", ["https://e41.kotaksecurities.com/", "https://kotaksecurities.com"]
)
def test_the_clients_own_address_is_used(case: KotakNeoCase, address: str) -> None:
    broker = at(case, address)

    broker.place(case.intent(), not_after=case.clock.monotonic() + 5)

    assert case.wire.arrived[-1].host == address.split("/")[2]
    assert len(case.floor.entries) == 1


def test_where_the_hosts_are_set_elsewhere_the_login_may_name_one_too(case: KotakNeoCase) -> None:
    broker = at(case, "http://127.0.0.1:9999", {"login": "http://127.0.0.1:9999"})

    assert broker.order_book().reports == []
    assert case.wire.arrived[-1].host == "127.0.0.1:9999"


def test_the_code_lets_us_look_and_the_mpin_lets_us_trade(case: KotakNeoCase) -> None:
    session = case.log_in()

    look, trade = case.wire.arrived[-2:]
    assert (look.path, trade.path) == ("/login/1.0/tradeApiLogin", "/login/1.0/tradeApiValidate")
    assert look.json["ucc"] == case.user
    assert trade.headers["auth"] == "view-token-0000"
    assert session.secrets["session_token"] == "trade-token-0000"
    assert 0 < session.expires_at - case.clock.now() < 86_400


@pytest.mark.parametrize("wrong", ["access_token", "mobile", "totp_secret", "mpin"])
def test_every_credential_that_is_wrong_is_called_that(case: KotakNeoCase, wrong: str) -> None:
    sim_totp = case.sim.totp_secret
    credentials = {**case.credentials, wrong: "000000"}
    if wrong == "totp_secret":
        case.sim.totp_secret = sim_totp[::-1]

    with pytest.raises(Refused) as caught:
        case.enter(credentials)

    assert caught.value.means == "INVALID_CREDENTIALS"


def test_what_is_sent_is_all_strings_and_zero_is_written_plainly(case: KotakNeoCase) -> None:
    order_id = case.place(case.intent(quantity=D("1E+2")))
    fields = sent(case)
    case.broker().cancel(case.intent(), order_id)

    assert {type(value) for value in fields.values()} == {str}
    assert (fields["tp"], fields["mp"], fields["qt"], fields["ts"]) == ("0", "0", "100", "INFY-EQ")
    assert "ig" not in fields
    assert sent(case) == {"on": order_id, "am": "NO"}


def test_a_stop_without_a_limit_is_never_sent(case: KotakNeoCase) -> None:
    assert case.profile.order_types == {OrderType.LIMIT, OrderType.STOP_LIMIT}


def test_positions_without_quotes_have_no_last_price(case: KotakNeoCase) -> None:
    case.floor.rests = True
    order_id = case.place(case.intent())
    case.floor.fill(case.floor.entries[order_id], case.quantity, case.below)
    with_price = case.broker().positions()[0]
    case.floor.prices.clear()
    quoted = [one for one in case.wire.arrived if "/quotes/" in one.path]
    case.wire.faults = Faults(held=0, reads=True)

    assert with_price.last_price == case.price
    assert with_price.unrealised == (case.price - case.below) * case.quantity
    assert len(quoted) == 1
    case.sim.access_token = "changed meanwhile"
    [row] = case.broker().positions()
    assert (row.last_price, row.unrealised, row.quantity) == (None, None, case.quantity)


def test_a_position_that_the_list_does_not_have_is_shown_without_asking_its_price(
    case: KotakNeoCase,
) -> None:
    case.floor.rests = True
    order_id = case.place(case.intent())
    case.floor.fill(case.floor.entries[order_id], case.quantity, case.below)
    case.adapter = KotakNeo(KnownListings("kotakneo", []))

    [row] = case.broker().positions()

    assert (row.instrument.key, row.quantity) == ("NSE:INFY", case.quantity)
    assert not [one for one in case.wire.arrived if "/quotes/" in one.path]


def file_row(**changes: str) -> str:
    row = dict.fromkeys(COLUMNS, "") | {
        "pSymbol": "1", "pExchSeg": "nse_fo", "pSymbolName": "NIFTY", "pTrdSymbol": "NIFTY26NOVFUT",
        "pOptionType": "XX", "dTickSize ": "5", "lLotSize": "65", "lExpiryDate": "1479997800",
        "dStrikePrice;": "-1",
    } | changes  # fmt: skip
    return "\n".join([",".join(COLUMNS), ",".join(row.values())])


def test_expiries_of_one_segment_count_from_1980_and_of_others_from_1970() -> None:
    [nse] = _listings(file_row())
    [bse] = _listings(file_row(pExchSeg="bse_fo", lExpiryDate=str(1479997800 + 315513000)))

    assert nse.instrument.expiry == bse.instrument.expiry == date(2026, 11, 24)
    assert (nse.instrument.key, bse.instrument.key) == ("NFO:NIFTY26NOVFUT", "BFO:NIFTY26NOVFUT")


def test_an_expiry_counted_from_elsewhere_is_not_taken() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        _listings(file_row(pExchSeg="bse_fo"))


def test_strikes_and_ticks_are_hundredths_and_contracts_are_named_as_the_exchange_names_them() -> (
    None
):
    text = file_row(pOptionType="CE", pTrdSymbol="whatever", **{"dStrikePrice;": "2400050.00"})
    [row] = _listings(text)

    assert row.instrument.symbol == "NIFTY26NOV24000.5CE"
    assert (row.instrument.strike, row.instrument.tick_size) == (D("24000.5"), D("0.05"))
    assert (row.symbol, row.token, row.instrument.kind) == ("whatever", "1", Kind.CALL)


def test_a_share_of_another_series_keeps_it(case: KotakNeoCase) -> None:
    listed = {row.instrument.key: row for row in case.instruments(broken=False)}

    assert listed["NSE:BAJAJ-AUTO"].symbol == "BAJAJ-AUTO-EQ"
    assert listed["NSE:NIFTY 50"].token == "Nifty 50"
    assert replace(listed["NSE:INFY"].instrument, name="Infosys") == case.instrument
