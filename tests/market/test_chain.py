from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from clocks import StillClock

from tradegram.instruments.sample import load
from tradegram.market.chain import chain_of, near_the_money, options_at
from tradegram.market.feed import VOLATILITY, SimulatedQuotes
from tradegram.model import Instrument, Kind, OptionRow

D = Decimal
CLOCK = StillClock()
MASTER = load()
FEED = SimulatedQuotes(CLOCK, 1, MASTER)
[NIFTY] = [one for one in MASTER.named("NIFTY 50") if one.kind is Kind.INDEX]
EXPIRY = MASTER.expiries("NIFTY", options=True)[1]
LEVEL = FEED.at(NIFTY, CLOCK.now()).last


def options(expiry: date = EXPIRY) -> list[Instrument]:
    strikes = near_the_money(MASTER.strikes("NIFTY", expiry), LEVEL)
    every = {
        (strike, kind): found
        for strike in strikes
        for kind in (Kind.CALL, Kind.PUT)
        if (found := MASTER.option("NIFTY", expiry, strike, kind))
    }
    return list(options_at(every, strikes))


def rows(**said: Decimal) -> list[OptionRow]:
    return [OptionRow(one, FEED.at(one, CLOCK.now()), D(100), **said) for one in options()]


def test_strikes_are_those_around_the_money_as_far_as_there_are_any() -> None:
    strikes = [D(at * 100) for at in range(1, 31)]
    assert near_the_money(strikes, D(1040)) == [D(at * 100) for at in range(5, 16)]
    assert near_the_money(strikes, D(1)) == strikes[:6]
    assert near_the_money(strikes, D(99_999)) == strikes[-6:]
    assert near_the_money(strikes, None) == strikes[10:21]
    assert near_the_money([], D(1)) == []


def test_a_chain_has_a_row_for_each_strike_and_knows_the_money() -> None:
    found = chain_of(NIFTY, rows(), LEVEL, CLOCK.now())
    assert found is not None
    assert len(found.pairs) == 11
    assert abs(found.money - LEVEL) <= 25
    assert (found.expiry, found.source) == (EXPIRY, "simulated")
    assert all(one.call and one.put for one in found.pairs)


def test_greeks_follow_from_prices_where_the_broker_does_not_say_them() -> None:
    found = chain_of(NIFTY, rows(), LEVEL, CLOCK.now())
    assert found is not None
    assumed = VOLATILITY[Kind.INDEX]
    calls = [one.call for one in found.pairs if one.call]
    puts = [one.put for one in found.pairs if one.put]
    for row in (*calls, *puts):
        assert row.iv is not None
        assert float(row.iv) == pytest.approx(assumed, abs=0.01)
    deltas = [row.delta for row in calls if row.delta is not None]
    assert deltas == sorted(deltas, reverse=True)
    assert all(0 < delta < 1 for delta in deltas)
    assert all(row.delta is not None and -1 < row.delta < 0 for row in puts)
    assert all(row.theta is not None and row.theta < 0 for row in calls)


def test_greeks_that_the_broker_says_stay_as_they_are() -> None:
    said = {"iv": D("0.3"), "delta": D("0.77"), "gamma": D(0), "theta": D(-1), "vega": D(2)}
    found = chain_of(NIFTY, rows(**said), LEVEL, CLOCK.now())
    assert found is not None
    call = found.pairs[0].call
    assert call is not None
    assert (call.iv, call.delta, call.vega) == (D("0.3"), D("0.77"), D(2))


def test_volatility_that_the_broker_says_is_used_for_the_rest() -> None:
    found = chain_of(NIFTY, rows(iv=D("0.3")), LEVEL, CLOCK.now())
    assert found is not None
    call = found.pairs[5].call
    assert call is not None
    assert call.iv == D("0.3")
    assert call.delta is not None


def test_without_a_level_the_money_is_where_call_and_put_cost_alike() -> None:
    found = chain_of(NIFTY, rows(), None, CLOCK.now())
    assert found is not None
    assert abs(found.money - LEVEL) <= 50
    assert found.level is None


def test_on_an_option_that_has_expired_nothing_is_computed() -> None:
    later = CLOCK.now() + 90 * 86_400
    found = chain_of(NIFTY, rows(), LEVEL, later)
    assert found is not None
    assert all(one.call and one.call.iv is None for one in found.pairs)


def test_what_a_broker_does_not_list_is_absent() -> None:
    half = [row for row in rows() if row.instrument.kind is Kind.CALL]
    found = chain_of(NIFTY, half, LEVEL, CLOCK.now())
    assert found is not None
    assert all(one.put is None for one in found.pairs)
    assert chain_of(NIFTY, [], LEVEL, CLOCK.now()) is None
