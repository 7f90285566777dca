from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from conformance.cases.zerodha import ZerodhaCase

from tradegram.brokers.listings import KnownListings, Listing, SameNames
from tradegram.brokers.triggers import Trigger
from tradegram.brokers.zerodha import Zerodha
from tradegram.brokers.zerodha.instruments import _listings
from tradegram.brokers.zerodha.login import next_six
from tradegram.brokers.zerodha.postback import order_told_of
from tradegram.errors import Refused, UserError
from tradegram.model import Instrument, Kind, Product, Side
from tradegram.sims.floor import Held
from tradegram.sims.zerodha.rows import order_row

D = Decimal
LATER = float("inf")
OIL = Instrument(
    "MCX", "CRUDEOIL26NOVFUT", Kind.FUTURE, "Crude", D(100), D(1), "CRUDEOIL", date(2026, 11, 19)
)


@pytest.fixture
def case() -> ZerodhaCase:
    return ZerodhaCase()


def trigger(case: ZerodhaCase, *legs: tuple[str, str]) -> Trigger:
    pairs = [(D(at), D(limit)) for at, limit in legs]
    return Trigger(case.instrument, "SELL", D(10), Product.DELIVERY, pairs, case.price)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-20T00:29:59", "2026-11-20T00:30:00"),  # a second before six in India
        ("2026-11-20T00:30:00", "2026-11-21T00:30:00"),
        ("2026-11-20T04:00:00", "2026-11-21T00:30:00"),
    ],
)
def test_a_session_ends_at_the_next_six_in_the_morning(now: str, end: str) -> None:
    at, then = (datetime.fromisoformat(one).replace(tzinfo=UTC).timestamp() for one in (now, end))

    assert next_six(at) == then


def test_the_session_of_a_day_is_refused_after_its_end(case: ZerodhaCase) -> None:
    session = case.log_in()
    broker = case.broker()
    case.clock.seconds = session.expires_at - 1
    broker.order_book()
    case.clock.seconds = session.expires_at

    with pytest.raises(Refused, match="access_token"):
        broker.order_book()


def test_a_postback_is_believed_only_with_the_apps_checksum(case: ZerodhaCase) -> None:
    posted: list[bytes] = []
    case.sim.tell = posted.append
    order_id = case.place(case.intent())
    case.floor.fill(case.floor.entries[order_id], D(40), case.below)
    secret = case.credentials["api_secret"]

    rows = [json.loads(one) for one in posted]
    said = [(row["status"], row["filled_quantity"]) for row in rows]
    assert said == [("UPDATE", 0), ("UPDATE", 40)]
    assert {order_told_of(one, secret) for one in posted} == {order_id}
    altered = json.dumps({**rows[0], "order_id": "1"}).encode()
    for content in (altered, b"", b"[]", b"\xff", b'{"order_id": 1}'):
        with pytest.raises(ValueError, match="postback"):
            order_told_of(content, secret)
    with pytest.raises(ValueError, match="checksum"):
        order_told_of(posted[0], "another secret")


def test_what_is_counted_in_lots_at_the_broker_is_counted_in_units_here(case: ZerodhaCase) -> None:
    adapter = Zerodha(KnownListings("zerodha", [Listing(OIL, "MCX", OIL.symbol, "1")]))
    intent = case.intent(instrument=OIL, quantity=D(300), product=Product.INTRADAY)

    assert adapter.place(intent).request.form["quantity"] == "3"

    case.place(case.intent())
    [entry] = case.floor.entries.values()
    row = order_row(case.sim, entry) | {
        "exchange": "MCX",
        "tradingsymbol": OIL.symbol,
        "quantity": 3,
        "filled_quantity": 1,
    }
    report = adapter.report(row)
    assert (report.quantity, report.cum_quantity) == (300, 100)
    assert report.terms is not None
    assert report.terms.quantity == 300
    with pytest.raises(KeyError):
        Zerodha(SameNames()).report(row)


def test_where_nothing_is_counted_in_lots_units_are_sent(case: ZerodhaCase) -> None:
    adapter = Zerodha(SameNames(), in_lots=frozenset())
    intent = case.intent(instrument=OIL, quantity=D(300))

    assert adapter.place(intent).request.form["quantity"] == "300"


def test_a_position_that_the_list_does_not_have_is_shown(case: ZerodhaCase) -> None:
    case.floor.rests = True
    order_id = case.place(case.intent())
    case.floor.fill(case.floor.entries[order_id], case.quantity, case.below)
    case.broker()
    case.adapter = Zerodha(SameNames())

    [row] = case.broker().positions()

    assert (row.instrument.key, row.quantity) == (case.instrument.key, case.quantity)


def test_a_short_position_gains_when_the_price_falls(case: ZerodhaCase) -> None:
    case.floor.rests = True
    intent = case.intent(side=Side.SELL, product=Product.INTRADAY, price=D("1510"))
    order_id = case.place(intent)
    case.floor.fill(case.floor.entries[order_id], case.quantity, D("1510"))

    [row] = case.broker().positions()

    assert row.quantity == -100
    assert row.unrealised == (D("1510") - case.price) * 100
    assert (row.average_price, row.realised) == (D("1510"), 0)
    [held] = case.floor.held()
    assert isinstance(held, Held)


def test_of_two_triggers_the_lower_comes_first_and_one_that_fired_names_its_order(
    case: ZerodhaCase,
) -> None:
    broker = case.broker()
    broker.place_trigger(trigger(case, ("1550", "1549.50"), ("1450", "1449.50")), not_after=LATER)
    form = case.wire.arrived[-1].form
    case.clock.pass_(1.0)
    case.floor.move(case.instrument, D("1449"))

    [row] = broker.triggers().reports

    assert json.loads(form["condition"])["trigger_values"] == [1450, 1550]
    assert form["type"] == "two-leg"
    assert "1449.50" in form["orders"]
    [entry] = case.floor.entries.values()
    assert (row.status, list(row.broker_order_ids)) == ("triggered", [entry.order_id, ""])
    assert entry.price == D("1449.50")
    assert [leg[0] for leg in row.legs] == [1450, 1550]


def test_a_single_trigger_has_one_leg(case: ZerodhaCase) -> None:
    broker = case.broker()
    broker.place_trigger(trigger(case, ("1450", "1449.50")), not_after=LATER)

    assert case.wire.arrived[-1].form["type"] == "single"
    case.clock.pass_(1.0)
    assert [row.status for row in broker.triggers().reports] == ["active"]


def test_many_days_of_candles_are_asked_for_in_pieces_that_do_not_overlap(
    case: ZerodhaCase,
) -> None:
    broker, now = case.broker(), case.clock.now()
    before = case.asked()

    candles = broker.candles(case.instrument, 60, now - 130 * 86_400, now)

    assert case.asked() - before == 3
    starts = [candle.at for candle in candles]
    assert starts == sorted(set(starts))
    assert len(starts) == 130 * 24
    with pytest.raises(UserError, match="7 minutes"):
        broker.candles(case.instrument, 7, now - 60, now)


def test_many_quotes_are_asked_for_in_pieces(case: ZerodhaCase) -> None:
    broker = case.broker()
    case.adapter = Zerodha(SameNames())
    many = [replace(case.instrument, symbol=f"X{number}") for number in range(600)]
    before = case.asked()

    quotes = case.broker().quotes([*many, case.instrument])

    assert set(quotes) == {case.instrument.key}
    assert case.asked() - before == 2
    assert broker.profile.name == "zerodha"


def test_an_index_has_a_price_and_no_depth(case: ZerodhaCase) -> None:
    listed = {row.instrument.key: row.instrument for row in case.instruments(broken=False)}
    index = listed["NSE:NIFTY 50"]
    case.clock.pass_(1.0)

    quote = case.broker().quotes([index])[index.key]

    assert (index.kind, index.underlying) == (Kind.INDEX, "NIFTY")
    assert (quote.bid, quote.ask_size, quote.last) == (0, 0, 100)


def file_of(*rows: str) -> str:
    heading = (
        "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,strike,tick_size,"
        "lot_size,instrument_type,segment,exchange"
    )
    return "\n".join([heading, *rows])


def test_a_row_without_a_tick_or_a_lot_is_not_guessed_at_and_an_index_has_neither() -> None:
    text = file_of(
        "408065,1594,INFY,INFOSYS,0,,0,0.05,1,EQ,NSE,NSE",
        "1,1,NOTICK,No tick,0,,0,0,1,EQ,NSE,NSE",
        "2,1,NOLOT,No lot,0,,0,0.05,0,EQ,NSE,NSE",
        "256265,1001,NIFTY 50,NIFTY 50,0,,0,0,0,EQ,INDICES,NSE",
        "3,1,USDINR26NOVFUT,USDINR,0,2026-11-26,0,0.0025,1,FUT,CDS-FUT,CDS",
    )

    listed = {row.instrument.key: row for row in _listings(text)}

    assert set(listed) == {"NSE:INFY", "NSE:NIFTY 50"}
    assert listed["NSE:INFY"].token == "408065"
    assert listed["NSE:NIFTY 50"].instrument.tick_size > 0


def test_a_file_with_many_broken_rows_is_not_taken() -> None:
    good = [f"{n},1,S{n},S,0,,0,0.05,1,EQ,NSE,NSE" for n in range(100)]
    broken = [f"{n},1,B{n},B,0,,0,?,1,EQ,NSE,NSE" for n in range(11)]

    assert len(_listings(file_of(*good, *broken[:10]))) == 100
    with pytest.raises(ValueError, match="11 rows"):
        _listings(file_of(*good, *broken))
