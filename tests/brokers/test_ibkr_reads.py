from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from loopback import tws as loopback
from loopback.tws import ACCOUNT, SOON, Desk

from tradegram.brokers.ibkr.market import duration
from tradegram.brokers.listings import KnownListings, Listing
from tradegram.codes import Code
from tradegram.errors import Refused, Throttled, UserError
from tradegram.model import Funds, Kind, OrderType, Product, Side
from tradegram.sims.floor import Stored
from tradegram.sims.ibkr.contracts import Catalogue, share

D = Decimal


@pytest.fixture
def desk() -> Iterator[Desk]:
    with loopback.desk() as made:
        yield made


def traded(desk: Desk, side: Side, quantity: int, price: str, **changes: object) -> None:
    intent = desk.intent(side=side, quantity=D(quantity), price=D(price), **changes)
    desk.place(intent)
    desk.tws.floor.fill(desk.entry(intent), D(quantity), D(price))


def test_positions_are_what_was_traded_with_the_result_so_far(desk: Desk) -> None:
    traded(desk, Side.BUY, 10, "99.5")
    traded(desk, Side.SELL, 4, "101.5")
    desk.tws.floor.prices[desk.share.key] = D(102)

    [row] = desk.broker.positions()

    assert (row.account_id, row.instrument, row.product) == (ACCOUNT, desk.share, Product.DELIVERY)
    assert (row.quantity, row.average_price, row.last_price) == (D(6), D("99.5"), D(102))
    assert (row.realised, row.unrealised) == (D(8), D(15))


def test_the_average_of_a_future_is_a_price_and_not_the_contracts_worth(desk: Desk) -> None:
    future = desk.instrument("ESZ6")
    traded(desk, Side.BUY, 2, "100.25", instrument=future)
    desk.tws.floor.prices[future.key] = D("101.25")

    [row] = desk.broker.positions()

    assert (row.instrument, row.product) == (future, Product.CARRY_FORWARD)
    assert (row.average_price, row.unrealised) == (D("100.25"), D(100))


def test_what_was_held_before_is_a_position_with_the_instrument_tws_describes(desk: Desk) -> None:
    microsoft = desk.instrument("MSFT")
    desk.tws.floor.stored.append(Stored(microsoft, D(5), D(410)))
    [row] = desk.broker.positions()
    assert (row.instrument, row.quantity, row.average_price) == (microsoft, D(5), D(410))


def test_money_is_free_or_used_and_the_sum_is_the_balance(desk: Desk) -> None:
    desk.place(desk.intent())
    [row] = desk.broker.funds()
    assert row == Funds(ACCOUNT, "USD", D(1_000_000), D("999751.25"), D("248.75"))


def test_the_margin_of_an_order_is_said_and_no_order_comes_of_it(desk: Desk) -> None:
    intent = desk.intent()
    asked = desk.broker.margin_for(intent)
    assert (asked.used, asked.available, asked.currency) == (D("248.75"), D(1_000_000), "USD")
    assert desk.broker.margin_for_all([intent, intent]).used == D("497.5")
    assert desk.tws.floor.entries == {}


def test_a_preview_that_is_refused_says_why(desk: Desk) -> None:
    desk.tws.faults.read_only = True
    with pytest.raises(Refused, match="Read-Only"):
        desk.broker.margin_for(desk.intent())


def test_a_commission_is_the_charge_of_its_fill(desk: Desk) -> None:
    traded(desk, Side.BUY, 10, "99.5")
    [fill] = desk.broker.trades()
    assert fill.charges == 1


def test_a_quote_is_what_the_market_says_now(desk: Desk) -> None:
    desk.tws.floor.prices[desk.share.key] = D("181.25")
    quote = desk.broker.quotes([desk.share])[desk.share.key]
    assert (quote.last, quote.bid, quote.ask) == (D("181.25"), D("181.24"), D("181.26"))
    assert (quote.bid_size, quote.ask_size, quote.source) == (D(300), D(400), "ibkr")
    assert (quote.previous_close, quote.at) == (D("180.25"), desk.clock.now())


def test_a_currency_without_trades_is_worth_what_is_between_bid_and_ask(desk: Desk) -> None:
    euro = desk.instrument("EURUSD")
    desk.tws.floor.prices[euro.key] = D("1.15")
    quote = desk.broker.quotes([euro])[euro.key]
    assert quote.bid < quote.last == D("1.15") < quote.ask


def test_delayed_prices_are_said_to_be_delayed(desk: Desk) -> None:
    desk.tws.ticks.delayed = True
    quote = desk.broker.quotes([desk.share])[desk.share.key]
    assert (quote.last, quote.source) == (D(100), "ibkr, 15 minutes old")


def test_what_nobody_pays_for_or_nobody_knows_is_absent(desk: Desk) -> None:
    desk.tws.ticks.unsubscribed.add(265598)
    nobody = replace(desk.share, symbol="NOSUCHTHING")
    other = desk.instrument("MSFT")
    assert set(desk.broker.quotes([desk.share, nobody, other])) == {other.key}


@pytest.mark.parametrize("name", ["AAPL", "EURUSD"])
def test_a_price_is_had_as_soon_as_it_is_whole(desk: Desk, name: str) -> None:
    desk.tws.ticks.endless = True
    broker = desk.at(patience=replace(SOON, prices=20.0))
    broker.check()
    began = time.monotonic()
    assert broker.quotes([desk.instrument(name)])
    assert time.monotonic() - began < 10.0


def test_a_market_that_says_nothing_has_no_price(desk: Desk) -> None:
    desk.tws.ticks.silent = True
    assert desk.broker.quotes([desk.share]) == {}


@pytest.mark.parametrize("minutes", [1, 5, 15, 30, 60])
def test_candles_are_in_order_and_within_what_was_asked(desk: Desk, minutes: int) -> None:
    now = desk.clock.now()
    since = now - 12 * minutes * 60
    candles = desk.broker.candles(desk.share, minutes, since, now)
    starts = [one.at for one in candles]
    assert starts == sorted(set(starts))
    assert 12 <= len(starts) <= 13
    assert since <= starts[0] <= starts[-1] <= now
    assert candles[-1].close == 100


def test_days_are_candles_too_and_other_lengths_are_refused(desk: Desk) -> None:
    now = desk.clock.now()
    assert len(desk.broker.candles(desk.share, 1440, now - 30 * 86_400, now)) == 30
    with pytest.raises(UserError, match="7 minutes"):
        desk.broker.candles(desk.share, 7, now - 3600, now)


def test_no_history_is_empty_and_too_much_of_it_is_told(desk: Desk) -> None:
    now = desk.clock.now()
    desk.tws.ticks.history_error = "Historical Market Data Service error: query returned no data"
    assert desk.broker.candles(desk.share, 5, now - 3600, now) == []
    desk.tws.ticks.history_error = "Historical data request pacing violation"
    with pytest.raises(Throttled):
        desk.broker.candles(desk.share, 5, now - 3600, now)


def test_charts_are_paced_before_tws_ends_the_connection(desk: Desk) -> None:
    now = desk.clock.now()
    for _ in range(55):
        desk.broker.candles(desk.share, 5, now - 3600, now)
    with pytest.raises(Throttled) as caught:
        desk.broker.candles(desk.share, 5, now - 3600, now)
    desk.clock.pass_(caught.value.retry_after + 1)
    desk.broker.candles(desk.share, 5, now - 3600, now)


def test_an_option_chain_has_prices_open_interest_and_greeks(desk: Desk) -> None:
    options = desk.broker.options_of(desk.share)
    assert {(one.strike, one.kind) for one in options} == {
        (D(strike), kind) for strike in (170, 180, 190) for kind in (Kind.CALL, Kind.PUT)
    }
    rows = desk.broker.option_chain(options)
    assert {row.instrument.key for row in rows} == {one.key for one in options}
    first = rows[0]
    assert (first.open_interest, first.iv, first.delta) == (D(1200), D("0.25"), D("0.5"))
    assert (first.gamma, first.theta, first.vega) == (D("0.01"), D("-0.05"), D("0.12"))


def test_options_are_asked_for_by_expiry_and_a_share_without_them_has_none(desk: Desk) -> None:
    assert desk.broker.options_of(desk.share, date(2026, 12, 1))[0].expiry == date(2026, 12, 18)
    assert desk.broker.options_of(desk.share, date(2027, 1, 1)) == []
    assert desk.broker.options_of(desk.instrument("MSFT")) == []


def test_a_search_finds_contracts_that_the_desk_does_not_list(desk: Desk) -> None:
    [found] = desk.broker.search("appl")
    assert (found.instrument, found.token, found.segment) == (desk.share, "265598", "SMART")
    assert desk.broker.search("zzz") == []


def test_a_listed_contract_is_used_by_its_number_without_being_looked_up(desk: Desk) -> None:
    ours = replace(desk.share, name="Apple, as we call it")
    row = Listing(ours, "SMART", "AAPL", token="265598", more={"sec_type": "STK"})
    broker = desk.at(listings=KnownListings("ibkr", [row]))
    intent = desk.intent(instrument=ours)
    desk.place(intent, broker)
    assert not [fields for _, fields in desk.tws.arrived if fields[0] == "9"]
    desk.tws.floor.fill(desk.entry(intent), D(10), D("99.5"))
    assert [row.instrument.name for row in broker.positions()] == ["Apple, as we call it"]


def test_a_contract_that_is_several_is_not_guessed(desk: Desk) -> None:
    future = desk.instrument("AAPL2612")
    vague = replace(future, strike=None, expiry=None)
    with pytest.raises(Refused, match="contracts fit") as caught:
        desk.place(desk.intent(instrument=vague, order_type=OrderType.LIMIT))
    assert caught.value.means == Code.INVALID_SYMBOL


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(10, "60 S"), (3600, "3600 S"), (86_400, "86400 S"), (86_401, "2 D"), (366 * 86_400, "2 Y")],
)
def test_a_length_of_time_is_said_as_tws_wants_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_the_list_lacks_is_looked_up_at_tws(desk: Desk) -> None:
    broker = desk.at(listings=KnownListings("ibkr", []))
    intent = desk.intent()
    desk.place(intent, broker)
    assert desk.entry(intent).instrument == desk.share


def test_its_list_has_shares_futures_currencies_coins_and_options_by_number(desk: Desk) -> None:
    found = {row.instrument.key: row for row in desk.broker.instruments()}

    for name in ("AAPL", "ESZ6", "EURUSD", "BTCUSD", "AAPL261218C00170000"):
        row = found[desk.instrument(name).key]
        assert row.instrument == desk.instrument(name)
        assert row.token == str(desk.tws.catalogue.of(row.instrument).con_id)
    assert found["CME:ESZ6"].segment == "CME"

    broker = desk.at(listings=KnownListings("ibkr", found.values()))
    for name in ("ESZ6", "EURUSD", "BTCUSD", "AAPL261218C00170000"):
        intent = desk.intent(instrument=desk.instrument(name))
        desk.place(intent, broker)
        assert desk.entry(intent).instrument == desk.instrument(name)


def test_shares_that_the_holder_names_are_listed_too(desk: Desk) -> None:
    rare = share(99, "RARE", "Rarely Asked For Inc")
    desk.tws.catalogue = Catalogue([*desk.tws.catalogue.rows, rare])
    keys = {row.instrument.key for row in desk.broker.instruments()}
    assert "NASDAQ:RARE" not in keys
    broker = desk.at(secrets={"symbols": "rare, zzzz"})
    assert "NASDAQ:RARE" in {row.instrument.key for row in broker.instruments()}
