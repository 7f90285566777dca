"""Promises about what is read back: positions, holdings, money, trades, prices, instruments."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from conformance.case import CASH, Case, HttpCase

from tradegram.brokers.contract import (
    Ability,
    Market,
    WholeMargin,
)
from tradegram.brokers.triggers import Trigger, Triggers
from tradegram.errors import BrokerError, NotSent
from tradegram.model import Instrument, Kind, OrderIntent, Side
from tradegram.sims.floor import Stored

D = Decimal
LATER = float("inf")
PAISA = D("0.01")


def positions_are_what_was_traded(case: Case) -> None:
    tick, lot = case.instrument.tick_size, case.instrument.lot_size
    _traded(case, Side.BUY, case.quantity, case.below)
    sold = case.quantity / 2 // lot * lot
    _traded(case, Side.SELL, sold, case.below + 2 * tick)
    [row] = case.broker().positions()
    assert row.instrument == case.instrument
    assert (row.quantity, row.product) == (case.quantity - sold, case.product)
    assert _near(row.average_price, case.below)
    assert _near(row.realised, sold * 2 * tick, tick)


def a_position_that_was_closed_is_flat(case: Case) -> None:
    tick = case.instrument.tick_size
    _traded(case, Side.BUY, case.quantity, case.below)
    _traded(case, Side.SELL, case.quantity, case.below + tick)
    rows = case.broker().positions()
    assert [row.quantity for row in rows] in ([], [0])
    assert all(_near(row.realised, case.quantity * tick, tick) for row in rows)


def trades_are_each_fill_with_its_order(case: Case) -> None:
    intent, order_id = _traded(case, Side.BUY, case.quantity, case.below)
    [fill] = case.broker().trades()
    assert fill.broker_order_id == order_id
    assert (fill.instrument, fill.side, fill.product) == (
        case.instrument, Side.BUY, case.product,
    )  # fmt: skip
    assert (fill.quantity, fill.price) == (case.quantity, case.below)
    assert fill.client_order_id in ("", intent.wire_id)
    assert abs(fill.at - case.clock.now()) < 60
    assert fill.trade_id


def a_day_without_trades_has_no_rows(case: Case) -> None:
    broker = case.broker()
    empty = (broker.trades(), broker.positions(), broker.holdings(), broker.order_book().reports)
    assert [list(rows) for rows in empty] == [[], [], [], []]


def no_read_takes_trouble_for_an_empty_answer(case: Case) -> None:
    assert isinstance(case, HttpCase)
    broker = case.broker()
    reads = (broker.order_book, broker.trades, broker.positions, broker.holdings, broker.funds)
    for trouble in case.troubles():
        for read in reads:
            before = case.asked()
            case.answer_instead(trouble)
            try:
                answer = read()
            except BrokerError:
                assert case.wire.instead == []
            else:
                assert case.asked() == before, f"{read.__name__} took {trouble} for {answer}"
                case.wire.instead.clear()
            case.clock.pass_(1.0)


def holdings_are_what_was_bought_before(case: Case) -> None:
    case.floor.stored.append(Stored(case.instrument, case.quantity, case.below))
    [row] = case.broker().holdings()
    assert (row.instrument, row.quantity) == (case.instrument, case.quantity)
    assert _near(row.average_price, case.below)


def money_is_free_or_used_and_the_sum_is_the_balance(case: Case) -> None:
    [before] = case.broker().funds()
    case.clock.pass_(1.0)
    case.place(case.intent())
    case.clock.pass_(1.0)
    [after] = case.broker().funds()
    assert before.currency == after.currency == case.instrument.currency
    assert (before.available, before.used) == (CASH, 0)
    for funds in (before, after):
        assert funds.available + funds.used == funds.balance
    assert _near(after.used, case.quantity * case.below, D("0.05") * CASH)


def the_margin_of_an_order_is_said_before_it_is_sent(case: Case) -> None:
    broker, intent = case.broker(), case.intent()
    assert isinstance(broker, WholeMargin)
    if Ability.MARGIN not in case.profile.can:
        with pytest.raises(NotSent):
            broker.margin_for_all([intent])
        return
    one = broker.margin_for(intent)
    case.clock.pass_(1.0)
    two = broker.margin_for_all([intent, intent])
    assert 0 < one.used <= case.quantity * case.below
    assert one.used < two.used <= 2 * one.used
    assert (one.available, case.floor.entries) == (CASH, {})
    case.clock.pass_(1.0)
    case.place(case.intent())
    case.clock.pass_(1.0)
    beside = broker.margin_for(intent)
    assert beside.used == one.used
    assert beside.available < one.available


def quotes_are_the_markets_and_what_is_unknown_is_absent(case: Case) -> None:
    broker = case.broker()
    assert isinstance(broker, Market)
    if Ability.QUOTES not in case.profile.can:
        with pytest.raises(NotSent):
            broker.quotes([case.instrument])
        return
    quotes = broker.quotes([case.instrument])
    assert set(quotes) == {case.instrument.key}
    quote = quotes[case.instrument.key]
    assert (quote.last, quote.source) == (case.price, case.name)
    assert quote.bid < quote.ask
    assert quote.low <= quote.last <= quote.high
    assert abs(quote.at - case.clock.now()) < 86_400


def candles_are_in_order_and_within_what_was_asked(case: Case) -> None:
    broker, now = case.broker(), case.clock.now()
    assert isinstance(broker, Market)
    if Ability.CANDLES not in case.profile.can:
        with pytest.raises(NotSent):
            broker.candles(case.instrument, 5, now - 3600, now)
        return
    candles = broker.candles(case.instrument, 5, now - 3600, now)
    starts = [candle.at for candle in candles]
    assert starts == sorted(set(starts))
    assert 10 <= len(starts) <= 13
    assert now - 3600 <= starts[0] <= starts[-1] <= now
    for candle in candles:
        assert candle.low <= min(candle.open, candle.close)
        assert max(candle.open, candle.close) <= candle.high


def an_option_chain_has_the_options_that_were_asked_for(case: Case) -> None:
    broker = case.broker()
    assert isinstance(broker, Market)
    if Ability.CHAIN not in case.profile.can:
        with pytest.raises(NotSent):
            broker.option_chain([])
        return
    listed = [row.instrument for row in case.instruments(broken=False)]
    case.clock.pass_(1.0)
    every = [one for one in listed if one.kind.is_option]
    options = [one for one in every if _series(one) == _series(every[0])][:6]
    assert options, "the case lists no options"
    rows = broker.option_chain(options)
    assert {row.instrument.key for row in rows} == {one.key for one in options}
    assert all(row.quote.last > 0 for row in rows)


def a_trigger_is_kept_listed_and_ended(case: Case) -> None:
    broker = case.broker()
    assert isinstance(broker, Triggers)
    tick = case.instrument.tick_size
    low, high = case.price - 40 * tick, case.price + 40 * tick
    legs = [(low, low - tick), (high, high - tick)]
    wanted = Trigger(case.instrument, "SELL", case.quantity, case.product, legs, case.price)
    assert (Ability.GTT in case.profile.can) is (case.profile.keeps is not None)
    if Ability.GTT not in case.profile.can:
        with pytest.raises(NotSent):
            broker.place_trigger(wanted, not_after=LATER)
        return
    trigger_id = broker.place_trigger(wanted, not_after=LATER)
    [row] = broker.triggers().reports
    assert (row.trigger_id, row.instrument, row.status) == (
        trigger_id, case.instrument.key, "active",
    )  # fmt: skip
    broker.cancel_trigger(trigger_id)
    assert [row.status for row in broker.triggers().reports] in ([], ["ended"])


def the_instruments_file_is_read_and_names_are_ours(case: Case) -> None:
    listed = {row.instrument.key: row for row in case.instruments(broken=False)}
    assert case.instrument.key in listed
    row = listed[case.instrument.key]
    assert row.instrument.lot_size == case.instrument.lot_size
    assert row.instrument.tick_size == case.instrument.tick_size
    assert (row.instrument.kind, row.instrument.currency) == (
        case.instrument.kind, case.instrument.currency,
    )  # fmt: skip
    for one in listed.values():
        derived = one.instrument.kind.is_derivative
        assert derived is (one.instrument.expiry is not None)
        assert one.instrument.kind.is_option is (one.instrument.strike is not None)
        assert one.instrument.lot_size > 0 or one.instrument.kind is Kind.INDEX
        assert one.instrument.tick_size > 0


def broken_rows_of_the_instruments_file_are_set_aside(case: Case) -> None:
    whole = [row.instrument for row in case.instruments(broken=False)]
    case.clock.pass_(1.0)
    assert [row.instrument for row in case.instruments(broken=True)] == whole


def what_is_not_listed_is_refused_before_anything_leaves_or_by_the_broker(case: Case) -> None:
    nobody = replace(case.instrument, symbol="NOSUCHTHING")
    with pytest.raises(BrokerError):
        case.place(case.intent(instrument=nobody))
    assert case.floor.entries == {}


def _series(option: Instrument) -> tuple[str, date | None]:
    return option.underlying, option.expiry


def _traded(case: Case, side: Side, quantity: Decimal, price: Decimal) -> tuple[OrderIntent, str]:
    """An order that filled whole at this price."""
    case.floor.rests = True
    intent = case.intent(side=side, quantity=quantity, price=price)
    before = set(case.floor.entries)
    order_id = case.place(intent)
    [new] = set(case.floor.entries) - before
    case.floor.fill(case.floor.entries[new], quantity, price)
    case.clock.pass_(1.0)
    return intent, order_id


def _near(one: Decimal, other: Decimal, within: Decimal = PAISA) -> bool:
    return abs(one - other) <= within
