"""ICICI Direct: what is its own; what every broker promises is in tests/conformance."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from brokers.at_sim import LIMIT, AtSim
from clocks import StillClock
from conformance.listed import few
from samples import INFY

from tradegram.brokers.client import HttpBroker, Line
from tradegram.brokers.icicidirect import IciciDirect
from tradegram.brokers.listings import KnownListings
from tradegram.codes import Code
from tradegram.errors import OutcomeUnknown, Refused, SessionExpired, Throttled, UserError
from tradegram.instruments import sample
from tradegram.model import Instrument, OrderType, Product, Session, Side, Terms
from tradegram.sims.floor import Floor, Standing
from tradegram.sims.icicidirect import IciciDirectSim
from tradegram.sims.stock import Stock, rows_of
from tradegram.sims.wire import Asked, Faults, Said, Wire, said

CREDENTIALS = {"api_key": "sim-icicidirect-key", "api_secret": "sim-icicidirect-secret"}
CALL = "NFO:NIFTY26NOV24000CE"


class Icici(AtSim[IciciDirectSim]):
    def paths(self) -> list[str]:
        return [one.path.rpartition("/")[2] for one in self.wire.arrived]


def found(key: str) -> Instrument:
    one = sample.load().find(key)
    assert one
    return one


def listed(icici: Icici) -> dict[str, object]:
    """The only row of the book, as it is sent."""
    icici.broker.order_book()
    asked = next(one for one in icici.wire.arrived if one.path.endswith("/order") and
                 one.method == "GET")  # fmt: skip
    answer = icici.wire.dialect.answer(asked)
    [row] = json.loads(answer.content)["Success"]
    return dict(row)


def entered(wire: Wire, clock: StillClock, **changes: str) -> Session:
    adapter = IciciDirect()
    page = urlsplit(adapter.login_url(CREDENTIALS, "state"))
    asked = Asked("GET", page.path, dict(parse_qsl(page.query)), {}, b"")
    back = wire.dialect.answer(asked).headers["location"]
    given = {**dict(parse_qsl(urlsplit(back).query)), **changes}
    line = Line(adapter, wire.client(), clock, Session("icicidirect:XY", 0.0, CREDENTIALS))
    tokens = line.walk(adapter.enter(CREDENTIALS, given, clock.now()))
    assert tokens.user == "XY604721"
    return Session("icicidirect:XY", tokens.expires_at, {**CREDENTIALS, **tokens.secrets})


@pytest.fixture
def icici() -> Icici:
    clock = StillClock()
    floor = Floor(clock.now)
    sim = IciciDirectSim(floor, Stock(floor, few()))
    wire = Wire(sim)
    http = wire.client()
    listed = HttpBroker(IciciDirect(), http, clock, Session("", 0.0, {})).instruments()
    session = entered(wire, clock)
    adapter = IciciDirect(KnownListings("icicidirect", listed))
    broker = HttpBroker(adapter, http, clock, session)
    return Icici(clock, sim, wire, session, broker)


# -- instruments -----------------------------------------------------------------------------------


def test_short_codes_become_the_exchanges_own_names() -> None:
    clock = StillClock()
    floor = Floor(clock.now)
    rows = [row for row in rows_of() if row.exchange != "MCX" and row.kind.value != "INDEX"]
    http = Wire(IciciDirectSim(floor, Stock(floor, rows))).client()
    listed = HttpBroker(IciciDirect(), http, clock, Session("", 0.0, {})).instruments()

    by_key = {one.instrument.key: one for one in listed}
    assert set(by_key) == {row.key for row in rows}
    assert by_key["NSE:RELIANCE"].symbol == "RELIND"
    banks = [one for one in listed if one.instrument.underlying == "BANKNIFTY"]
    assert {one.symbol.partition("|")[0] for one in banks} == {"CNXBAN"}
    for row in rows:
        made = by_key[row.key].instrument
        assert (made.lot_size, made.tick_size, made.strike, made.expiry, made.kind) == (
            row.lot_size, row.tick_size, row.strike, row.expiry,
            made.kind if not row.kind.is_derivative else row.kind,
        )  # fmt: skip


def test_a_code_names_the_ordinary_share_and_not_the_bond_of_the_same_company(
    icici: Icici,
) -> None:
    """Orders say no series: one for the bond would buy the share."""
    whole = icici.wire.dialect.answer(Asked("GET", "/SecurityMaster.zip", {}, {}, b"")).content
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            bond = '"9","INFTEC","N1","Infosys bond","0.01","1","INFY"\r\n'
            new.writestr(name, text + (bond if name.startswith("NSE") else ""))

    icici.wire.faults.reads = True
    icici.wire.instead.append(Said(200, made.getvalue(), "application/zip"))
    listed = icici.broker.instruments()

    [share] = [one for one in listed if (one.segment, one.symbol) == ("NSE", "INFTEC")]
    assert share.instrument.key == "NSE:INFY"


# -- signed requests -------------------------------------------------------------------------------


def test_the_bytes_that_are_signed_are_the_bytes_that_are_sent(icici: Icici) -> None:
    icici.place()

    asked = icici.last()
    stamp, secret = asked.headers["x-timestamp"], CREDENTIALS["api_secret"]
    proof = hashlib.sha256(f"{stamp}{asked.content.decode()}{secret}".encode()).hexdigest()
    assert asked.headers["x-checksum"] == f"token {proof}"
    assert stamp == "2026-11-20T04:30:00.000Z"
    assert asked.headers["content-type"] == "application/json"
    assert b" " not in asked.content


def test_reads_and_cancels_have_bodies_too(icici: Icici) -> None:
    order_id = icici.place()
    icici.broker.cancel(LIMIT, order_id)

    assert (icici.last().method, icici.last().json) == (
        "DELETE", {"exchange_code": "NSE", "order_id": order_id},
    )  # fmt: skip
    icici.broker.order_book()
    assert (icici.last().method, icici.last().json["from_date"][:10]) == ("GET", "2026-11-20")


def test_an_altered_secret_is_said_to_be_wrong(icici: Icici) -> None:
    wrong = replace(icici.session, secrets={**icici.session.secrets, "api_secret": "other"})
    broker = HttpBroker(IciciDirect(), icici.wire.client(), icici.clock, wrong)

    with pytest.raises(Refused) as caught:
        broker.funds()

    assert caught.value.means == Code.INVALID_CREDENTIALS


def test_a_session_of_the_browser_is_good_for_one_that_exists(icici: Icici) -> None:
    with pytest.raises(Refused) as caught:
        entered(icici.wire, icici.clock, apisession="1")

    assert (caught.value.means, caught.value.words) == (
        Code.INVALID_CREDENTIALS, "Invalid session.",
    )  # fmt: skip


def test_a_session_ends_at_midnight_in_india(icici: Icici) -> None:
    icici.clock.pass_(icici.session.expires_at - icici.clock.now())

    with pytest.raises(SessionExpired):
        icici.broker.funds()


# -- orders ----------------------------------------------------------------------------------------


def test_an_option_is_named_by_code_expiry_right_and_strike(icici: Icici) -> None:
    icici.sim.allocated = {"fno": Decimal(100_000)}
    option = found(CALL)
    order_id = icici.place(
        instrument=option, product=Product.CARRY_FORWARD, quantity=option.lot_size,
        price=Decimal(120),
    )  # fmt: skip

    body = icici.last().json
    assert (body["stock_code"], body["product"], body["right"]) == ("NIFTY", "options", "call")
    assert (body["expiry_date"], body["strike_price"]) == (
        f"{option.expiry}T06:00:00.000Z",
        "24000",
    )
    [report] = icici.broker.order_book().reports
    assert (report.broker_order_id, report.instrument) == (order_id, CALL)


def test_the_books_of_all_exchanges_are_one_book(icici: Icici) -> None:
    first = icici.place()
    second = icici.place(instrument=replace(INFY, exchange="BSE"), wire_id="B" * 16)
    icici.wire.arrived.clear()

    book = icici.broker.order_book()

    assert icici.paths() == ["order"] * 4
    assert {one.broker_order_id: one.instrument for one in book.reports} == {
        first: "NSE:INFY",
        second: "BSE:INFY",
    }


def test_a_stop_that_waits_has_no_word_of_its_own(icici: Icici) -> None:
    icici.place(order_type=OrderType.STOP_LIMIT, trigger=Decimal(1600), price=Decimal(1610))
    assert icici.last().json["stoploss"] == "1600"

    [report] = icici.broker.order_book().reports

    assert report.status.value == "NEW"
    assert report.terms == Terms(Decimal(100), Decimal("1610.00"), Decimal("1600.00"))


def test_what_is_left_and_what_was_cancelled_is_not_filled(icici: Icici) -> None:
    entry = icici.floor.entries[icici.place()]
    icici.floor.fill(entry, Decimal(30), Decimal(1499))
    assert icici.broker.order_book().reports[0].cum_quantity == 30

    icici.floor.end(entry, Standing.CANCELLED)

    [report] = icici.broker.order_book().reports
    assert (report.status.value, report.cum_quantity) == ("CANCELLED", 30)


@pytest.mark.parametrize("status", ["Requested", "Queued", "Freezed", "Rejected", "Expired"])
def test_of_what_is_neither_pending_nor_cancelled_nothing_is_filled_by_that(
    icici: Icici, status: str
) -> None:
    icici.place()
    row = {**listed(icici), "status": status, "pending_quantity": "0", "cancelled_quantity": None}

    report = IciciDirect().report(row)

    assert report.cum_quantity == 0


@pytest.mark.parametrize(
    "said_of_it",
    [
        {"status": "Partially Executed And Expired", "average_price": "1499"},
        {"status": "Partially Executed And Cancelled", "average_price": "0"},
        {"status": "Cancelled", "average_price": "1499"},
    ],
)
def test_a_row_whose_words_and_numbers_differ_is_set_aside(
    icici: Icici, said_of_it: dict[str, str]
) -> None:
    icici.place()
    row = {**listed(icici), **said_of_it, "pending_quantity": "0", "cancelled_quantity": "0"}

    with pytest.raises(ValueError, match="and yet"):
        IciciDirect().report(row)


def test_an_order_that_nothing_is_filled_of_may_have_no_average_price(icici: Icici) -> None:
    icici.place()

    report = IciciDirect().report({**listed(icici), "average_price": None})

    assert (report.cum_quantity, report.average_price) == (0, 0)


@pytest.mark.parametrize("data", ["", {}, False])
def test_what_is_no_list_is_no_day_without_orders(icici: Icici, data: object) -> None:
    for read in (icici.broker.order_book, icici.broker.trades, icici.broker.positions):
        icici.wire.instead.append(said({"Success": data, "Status": 200, "Error": None}))
        icici.wire.faults = Faults(every=True)

        with pytest.raises(OutcomeUnknown):
            read()


def test_money_that_is_not_allocated_buys_nothing(icici: Icici) -> None:
    icici.sim.allocated = {"fno": Decimal(1_000_000)}

    with pytest.raises(Refused) as caught:
        icici.place()

    assert caught.value.means == Code.INSUFFICIENT_FUNDS
    assert "allocate" in caught.value.words
    assert not icici.floor.entries


@pytest.mark.parametrize(
    "answer",
    [
        said({"Success": None, "Status": 500, "Error": "Something went wrong"}),
        said({"Success": None, "Status": 500, "Error": "Margin service timed out"}),
        said({"Success": {"order_id": None}, "Status": 200, "Error": None}),
        said({"Success": None, "Status": 503, "Error": "Resource not available."}, 503),
        said({"Success": None, "Status": 503, "Error": "Connection limit exceeded"}, 503),
    ],
)
def test_words_that_no_table_knows_prove_nothing(icici: Icici, answer: object) -> None:
    icici.wire.instead.append(answer)  # type: ignore[arg-type]

    with pytest.raises(OutcomeUnknown):
        icici.place()


def test_a_hundred_calls_a_minute_are_too_many(icici: Icici) -> None:
    icici.clock.pass_(60)
    for _ in range(100):
        icici.broker.funds()

    with pytest.raises(Throttled):
        icici.broker.funds()

    icici.clock.pass_(61)
    icici.broker.funds()


# -- the account and the market --------------------------------------------------------------------


def test_margin_is_of_the_segment_that_the_order_takes_it_from(icici: Icici) -> None:
    icici.sim.allocated = {"equity": Decimal(200_000), "fno": Decimal(50_000)}
    option = replace(
        LIMIT, instrument=found(CALL), quantity=Decimal(65), price=Decimal(100),
        product=Product.CARRY_FORWARD,
    )  # fmt: skip

    assert icici.broker.margin_for(LIMIT).available == 200_000
    assert icici.broker.margin_for(LIMIT).used == 149_900
    premium = icici.broker.margin_for(option)
    assert (premium.available, premium.used) == (50_000, 6_500)
    sold = icici.broker.margin_for(replace(option, side=Side.SELL))
    assert sold.used == 1_300
    both = icici.broker.margin_for_all([LIMIT, option])
    assert (both.available, both.used) == (250_000, 156_400)


def test_of_a_share_of_bse_the_second_row_counts(icici: Icici) -> None:
    twin = replace(INFY, exchange="BSE")
    icici.floor.prices.update({INFY.key: Decimal(1500), twin.key: Decimal(1501)})

    quotes = icici.broker.quotes([INFY, twin])

    assert [quotes[key].last for key in ("NSE:INFY", "BSE:INFY")] == [1500, 1501]


def test_prices_of_many_are_those_of_the_first_few(icici: Icici) -> None:
    icici.wire.arrived.clear()

    assert len(icici.broker.quotes([INFY] * 40)) == 1

    assert icici.paths() == ["quotes"] * 15


def test_candles_are_asked_for_in_indias_time(icici: Icici) -> None:
    now = icici.clock.now()

    candles = icici.broker.candles(INFY, 5, now - 3600, now)

    asked = icici.last().query
    assert (asked["interval"], asked["from_date"]) == ("5minute", "2026-11-20T09:00:00.000Z")
    assert [candles[0].at, candles[-1].at] == [now - 3600, now]
    with pytest.raises(UserError):
        icici.broker.candles(INFY, 15, now - 3600, now)


def test_a_chain_is_one_call_for_each_right(icici: Icici) -> None:
    options: Sequence[Instrument] = [found(CALL), found(CALL.replace("CE", "PE"))]
    icici.wire.arrived.clear()

    rows = icici.broker.option_chain(options)

    assert icici.paths() == ["optionchain"] * 2
    assert [row.instrument.key for row in rows] == [one.key for one in options]
    assert rows[0].open_interest == 125_000


def test_what_a_position_made_today_follows_from_the_trades(icici: Icici) -> None:
    bought = icici.floor.entries[icici.place()]
    icici.floor.fill(bought, Decimal(100), Decimal(1499))
    sold = icici.floor.entries[icici.place(side=Side.SELL, quantity=Decimal(40), wire_id="B" * 16)]
    icici.floor.fill(sold, Decimal(40), Decimal(1509))
    icici.floor.prices[INFY.key] = Decimal(1510)

    [position] = icici.broker.positions()

    assert (position.quantity, position.realised, position.unrealised) == (60, 400, 660)
