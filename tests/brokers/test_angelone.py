"""Angel One: what is its own; what every broker promises is in tests/conformance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pyotp
import pytest
from brokers.at_sim import LIMIT, AtSim
from clocks import StillClock
from samples import INFY

from tradegram.brokers.angelone import AngelOne
from tradegram.brokers.client import HttpBroker, Line
from tradegram.brokers.listings import KnownListings
from tradegram.brokers.triggers import Trigger
from tradegram.codes import Code
from tradegram.errors import OutcomeUnknown, Refused, SessionExpired, Throttled, UserError
from tradegram.instruments import sample
from tradegram.model import (
    Instrument,
    Kind,
    OrderType,
    Product,
    ReportStatus,
    Session,
    Side,
    Terms,
)
from tradegram.sims.angelone import AngelOneSim
from tradegram.sims.floor import Floor, Standing, Stored
from tradegram.sims.stock import Stock, rows_of
from tradegram.sims.wire import Faults, Said, Wire, said

SAMPLE = sample.load()
LATER = float("inf")
CREDENTIALS = {
    "client": "A123456",
    "api_key": "sim-angelone-key",
    "pin": "4321",
    "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
}


class Angel(AtSim[AngelOneSim]):
    def sent(self) -> dict[str, str]:
        """The last request's body."""
        body: dict[str, str] = self.last().json
        return body


def code_at(clock: StillClock) -> str:
    return pyotp.TOTP(CREDENTIALS["totp_secret"]).at(int(clock.now()))


def entered(wire: Wire, adapter: AngelOne, clock: StillClock, **changes: str) -> Session:
    credentials = {**CREDENTIALS, **changes}
    line = Line(adapter, wire.client(), clock, Session("angelone:A123456", 0.0, credentials))
    totp = changes.get("totp", code_at(clock))
    tokens = line.walk(adapter.enter(credentials, {"totp": totp}, clock.now()))
    return Session("angelone:A123456", tokens.expires_at, {**credentials, **tokens.secrets})


@pytest.fixture(scope="module")
def rows() -> Sequence[Instrument]:
    return rows_of()


@pytest.fixture(scope="module")
def listings(rows: Sequence[Instrument]) -> KnownListings:
    clock = StillClock()
    floor = Floor(clock.now)
    http = Wire(AngelOneSim(floor, Stock(floor, rows))).client()
    stranger = HttpBroker(AngelOne(), http, clock, Session("", 0.0, {}))
    return KnownListings("angelone", stranger.instruments())


@pytest.fixture
def angel(rows: Sequence[Instrument], listings: KnownListings) -> Angel:
    clock = StillClock()
    floor = Floor(clock.now)
    sim = AngelOneSim(floor, Stock(floor, rows))
    wire = Wire(sim)
    http = wire.client()
    adapter = AngelOne(listings)
    session = entered(wire, adapter, clock)
    broker = HttpBroker(adapter, http, clock, session)
    return Angel(clock, sim, wire, session, broker)


def option(strike: int = 24000) -> Instrument:
    expiry = SAMPLE.expiries("NIFTY", options=True)[0]
    found = SAMPLE.option("NIFTY", expiry, Decimal(strike), Kind.CALL)
    assert found
    return found


# -- instruments -----------------------------------------------------------------------------------


def test_its_file_gives_every_instrument_the_exchanges_own_name(
    angel: Angel, rows: Sequence[Instrument]
) -> None:
    listed = {one.instrument.key: one for one in angel.broker.instruments()}

    assert set(listed) == {row.key for row in rows}
    derivatives = [row for row in rows if row.kind.is_derivative]
    for row in derivatives:
        made = listed[row.key].instrument
        assert (made.strike, made.expiry, made.lot_size) == (row.strike, row.expiry, row.lot_size)
        assert (made.kind, made.tick_size, made.underlying) == (
            row.kind, row.tick_size, row.underlying,
        )  # fmt: skip
    infy, index = listed["NSE:INFY"], listed["NSE:NIFTY 50"].instrument
    assert (infy.symbol, infy.instrument.tick_size) == ("INFY-EQ", Decimal("0.05"))
    assert (index.kind, index.underlying) == (Kind.INDEX, "NIFTY")


# -- orders ----------------------------------------------------------------------------------------


def test_an_order_names_symbol_and_token_and_bears_our_tag(angel: Angel) -> None:
    order_id = angel.place()

    body = angel.sent()
    assert (body["tradingsymbol"], body["exchange"]) == ("INFY-EQ", "NSE")
    assert (body["variety"], body["ordertype"], body["price"]) == ("NORMAL", "LIMIT", "1499")
    assert [one.order_id for one in angel.floor.referring(LIMIT.wire_id)] == [order_id]


def test_a_stop_is_of_another_variety_until_its_end(angel: Angel) -> None:
    stop = {"order_type": OrderType.STOP_LIMIT, "trigger": Decimal(1600), "price": Decimal(1610)}
    order_id = angel.place(**stop)
    assert (angel.sent()["variety"], angel.sent()["triggerprice"]) == ("STOPLOSS", "1600")

    intent = replace(LIMIT, **stop)  # type: ignore[arg-type]
    angel.broker.replace(intent, order_id, Terms(Decimal(50), Decimal(1620), Decimal(1605)))

    assert angel.sent()["variety"] == "STOPLOSS"
    assert {"tradingsymbol", "symboltoken", "exchange", "producttype", "duration"} <= set(
        angel.sent()
    )
    entry = angel.floor.entries[order_id]
    assert (entry.quantity, entry.price, entry.trigger) == (50, 1620, 1605)
    angel.broker.cancel(intent, order_id)
    assert angel.sent() == {"variety": "STOPLOSS", "orderid": order_id}


def test_what_is_kept_for_the_next_session_is_changed_and_cancelled_as_that(angel: Angel) -> None:
    angel.sim.after_hours = True
    number = angel.place()
    [row] = angel.broker.order_book().reports
    assert (row.status, row.broker_order_id) == (ReportStatus.PENDING_NEW, f"AMO:{number}")
    assert max(number, row.broker_order_id) == row.broker_order_id  # what a record keeps of both

    angel.broker.replace(LIMIT, row.broker_order_id, Terms(Decimal(50), Decimal(1498)))
    assert (angel.sent()["variety"], angel.sent()["orderid"]) == ("AMO", number)
    angel.broker.cancel(LIMIT, row.broker_order_id)

    assert angel.sent() == {"variety": "AMO", "orderid": number}
    angel.clock.pass_(1)
    [row] = angel.broker.order_book().reports
    assert (row.status, row.terms) == (
        ReportStatus.CANCELLED, Terms(Decimal(50), Decimal(1498)),
    )  # fmt: skip


def test_the_book_is_strings_and_says_what_we_know(angel: Angel) -> None:
    order_id = angel.place()
    entry = angel.floor.entries[order_id]
    angel.floor.fill(entry, Decimal(40), Decimal("1498.95"))

    [report] = angel.broker.order_book().reports

    assert (report.client_order_id, report.instrument) == (LIMIT.wire_id, "NSE:INFY")
    assert (report.quantity, report.cum_quantity, report.average_price) == (
        100, 40, Decimal("1498.95"),
    )  # fmt: skip
    assert report.terms == Terms(Decimal(100), Decimal("1499.0"), None)
    assert report.reported_at == angel.clock.now()


def test_nothing_is_null_and_not_an_empty_list(angel: Angel) -> None:
    broker = angel.broker

    assert list(broker.order_book().reports) == list(broker.trades()) == []
    assert (
        list(broker.positions()) == list(broker.holdings()) == list(broker.triggers().reports) == []
    )


@pytest.mark.parametrize("data", ["", {}, False])
def test_what_is_no_list_is_no_day_without_orders(angel: Angel, data: object) -> None:
    for read in (angel.broker.order_book, angel.broker.trades, angel.broker.positions):
        angel.clock.pass_(1.0)
        angel.wire.instead.append(said({"status": True, "message": "", "data": data}))
        angel.wire.faults = Faults(every=True)

        with pytest.raises(OutcomeUnknown):
            read()


def test_lots_are_counted_on_mcx_and_units_everywhere_else(angel: Angel) -> None:
    [crude] = [row for row in angel.sim.stock.rows if row.symbol == "CRUDEOIL26DECFUT"]
    order_id = angel.place(instrument=crude, quantity=Decimal(200), price=Decimal(90))

    assert angel.sent()["quantity"] == "2"
    assert angel.floor.entries[order_id].quantity == 200
    assert angel.broker.order_book().reports[0].quantity == 200
    angel.sim.limits = {}
    lot = option().lot_size
    angel.place(instrument=option(), quantity=lot)
    assert angel.sent()["quantity"] == f"{lot:f}"


def test_a_rejection_by_the_risk_system_is_a_row_with_its_reason(angel: Angel) -> None:
    angel.floor.cash = Decimal(1)
    angel.place()

    [report] = angel.broker.order_book().reports

    assert report.text.startswith("RMS:Margin Exceeds")
    assert report.code == Code.INSUFFICIENT_FUNDS


# -- refusals --------------------------------------------------------------------------------------

TOO_FAST = Said(403, b"Access denied because of exceeding access rate", "text/plain")


def gateway(code: str, status: int) -> Said:
    return said({"success": False, "message": "no", "errorCode": code, "data": ""}, status)


def application(code: str, words: str = "no") -> Said:
    return said({"status": False, "message": words, "errorcode": code, "data": None})


@pytest.mark.parametrize(
    ("answer", "kind", "means"),
    [
        (TOO_FAST, Throttled, ""),
        (gateway("AG8001", 403), SessionExpired, ""),
        (gateway("AG8002", 401), SessionExpired, ""),
        (application("AB1010"), SessionExpired, ""),
        (gateway("AG7002", 403), Refused, Code.IP_NOT_REGISTERED),
        (application("AB1009"), Refused, Code.INVALID_SYMBOL),
        (application("AB4008"), Refused, Code.INVALID_ORDER),
    ],
)
def test_403_and_200_are_told_apart_by_what_is_in_them(
    angel: Angel, answer: Said, kind: type[Refused], means: str
) -> None:
    angel.wire.instead.append(answer)

    with pytest.raises(kind) as caught:
        angel.place()

    assert type(caught.value) is kind
    assert caught.value.means == means


@pytest.mark.parametrize(
    "answer",
    [
        application("AB2001"),
        application("AB1004"),
        application("AB1007", "AMX Error"),
        application("AB7777"),
        Said(403, b"<html>Forbidden</html>", "text/html"),
        Said(502, b"Access denied because of exceeding access rate", "text/plain"),
        said({"status": "true", "data": {"orderid": "1"}}),
    ],
)
def test_what_no_table_knows_proves_nothing(angel: Angel, answer: Said) -> None:
    angel.wire.instead.append(answer)

    with pytest.raises(OutcomeUnknown):
        angel.place()


# -- sessions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"pin": "0000"}, {"totp": "000000"}])
def test_a_wrong_pin_or_code_is_said_in_the_brokers_words(
    angel: Angel, changes: dict[str, str]
) -> None:
    with pytest.raises(Refused) as caught:
        entered(angel.wire, AngelOne(), angel.clock, **changes)

    assert caught.value.means == Code.INVALID_CREDENTIALS
    assert "nvalid" in caught.value.words


def test_a_session_ends_at_midnight_in_india(angel: Angel) -> None:
    assert angel.broker.check() == "A123456"

    angel.clock.pass_(angel.session.expires_at - angel.clock.now())

    with pytest.raises(SessionExpired):
        angel.broker.check()


def test_logging_out_ends_it_there(angel: Angel) -> None:
    angel.broker.log_out()

    with pytest.raises(SessionExpired):
        angel.broker.check()


# -- the account and the market --------------------------------------------------------------------


def test_positions_holdings_and_money(angel: Angel) -> None:
    angel.floor.stored.append(Stored(INFY, Decimal(7), Decimal(1400)))
    entry = angel.floor.entries[angel.place()]
    angel.floor.fill(entry, Decimal(100), Decimal(1499))
    angel.floor.prices[INFY.key] = Decimal(1510)

    [position], [held], [money] = (
        angel.broker.positions(), angel.broker.holdings(), angel.broker.funds(),
    )  # fmt: skip

    assert (position.instrument.key, position.product) == (INFY.key, Product.DELIVERY)
    assert (position.quantity, position.average_price, position.unrealised) == (100, 1499, 1100)
    assert position.realised == 0
    assert (held.quantity, held.average_price, held.last_price) == (7, 1400, 1510)
    assert (money.used, money.available) == (149_900, 850_100)
    assert money.balance == money.available + money.used


def test_a_trade_gets_its_day_and_its_tag_from_the_book(angel: Angel) -> None:
    entry = angel.floor.entries[angel.place()]
    angel.clock.pass_(65)
    angel.floor.fill(entry, Decimal(60), Decimal(1499))

    [fill] = angel.broker.trades()

    assert (fill.client_order_id, fill.quantity, fill.price) == (LIMIT.wire_id, 60, 1499)
    assert (fill.instrument.key, fill.side, fill.at) == (INFY.key, Side.BUY, angel.clock.now())


def test_the_margin_of_several_orders_is_asked_at_once(angel: Angel) -> None:
    both = [LIMIT, replace(LIMIT, quantity=Decimal(10))]

    margin = angel.broker.margin_for_all(both)

    assert (margin.used, margin.available) == (164_890, 1_000_000)


def test_fifty_quotes_fit_a_call_and_what_is_unknown_is_absent(angel: Angel) -> None:
    shares = [INFY, *(row for row in angel.sim.stock.rows if row.exchange == "BSE")][:40]
    more = [row for row in angel.sim.stock.rows if row.exchange == "NFO"][:30]
    angel.floor.prices[INFY.key] = Decimal("1500.05")

    quotes = angel.broker.quotes([*shares, *more])

    asked = [one for one in angel.wire.arrived if one.path.endswith("/quote")]
    assert len(asked) == 2
    assert len(quotes) == 70
    infy = quotes["NSE:INFY"]
    assert (infy.last, infy.bid, infy.ask) == (
        Decimal("1500.05"), Decimal("1500.0"), Decimal("1500.1"),
    )  # fmt: skip
    assert (infy.at, infy.source) == (angel.clock.now(), "angelone")


def test_candles_come_in_pieces_and_say_when_they_began(angel: Angel) -> None:
    until = angel.clock.now()

    candles = angel.broker.candles(INFY, 1440, until - 3 * 86_400, until)

    assert len(candles) == 3
    assert [one.at for one in candles] == sorted(one.at for one in candles)
    long_ago = until - 70 * 86_400
    angel.broker.candles(INFY, 1, long_ago, until)
    spans = [one.json for one in angel.wire.arrived if one.path.endswith("Data")]
    assert len(spans) == 1 + 3
    with pytest.raises(UserError):
        angel.broker.candles(INFY, 7, long_ago, until)


def test_a_chain_has_prices_interest_and_greeks(angel: Angel) -> None:
    [row] = angel.broker.option_chain([option()])

    assert (row.open_interest, row.iv) == (125_000, Decimal("0.145"))
    assert (row.delta, row.theta) == (Decimal("0.5"), Decimal("-4.2"))


def test_a_chain_without_greeks_is_a_chain(angel: Angel) -> None:
    [row] = angel.broker.option_chain([option()])
    stranger = replace(option(), underlying="OTHER")

    [other] = angel.broker.option_chain([stranger])

    assert (other.quote.last, other.iv) == (row.quote.last, None)


# -- GTT -------------------------------------------------------------------------------------------


def test_a_rule_is_kept_listed_and_ended(angel: Angel) -> None:
    legs = [(Decimal(1400), Decimal(1395))]
    wanted = Trigger(INFY, "SELL", Decimal(7), Product.DELIVERY, legs, Decimal(1500))

    number = angel.broker.place_trigger(wanted, not_after=LATER)

    [rule] = angel.broker.triggers().reports
    assert (rule.trigger_id, rule.instrument, rule.status) == (number, "NSE:INFY", "active")
    angel.broker.cancel_trigger(number)
    assert [one.status for one in angel.broker.triggers().reports] == ["ended"]


@pytest.mark.parametrize(
    "changes", [{"legs": [(Decimal(1), Decimal(1))] * 2}, {"product": Product.INTRADAY}]
)
def test_a_rule_that_it_does_not_have_is_not_asked_for(
    angel: Angel, changes: dict[str, object]
) -> None:
    legs = [(Decimal(1400), Decimal(1395))]
    wanted = Trigger(INFY, "SELL", Decimal(7), Product.DELIVERY, legs, Decimal(1500))
    before = len(angel.wire.arrived)

    with pytest.raises(UserError):
        angel.broker.place_trigger(replace(wanted, **changes), not_after=LATER)  # type: ignore[arg-type]

    assert len(angel.wire.arrived) == before


def test_an_unknown_status_is_set_aside_and_hides_nothing(angel: Angel) -> None:
    strange = angel.floor.entries[angel.place()]
    strange.more["status"] = "quantum"
    ended = angel.floor.entries[angel.place(wire_id="B" * 16)]
    angel.floor.end(ended, Standing.CANCELLED)

    book = angel.broker.order_book()

    assert [report.broker_order_id for report in book.reports] == [ended.order_id]
    assert strange.order_id in book.unreadable[0]
