"""Futures and options by underlying, expiry and strike."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tradegram.instruments.chain import Chain
from tradegram.instruments.table import build
from tradegram.model import Instrument, Kind

TODAY = date(2026, 11, 21)
NEAR, FAR = date(2026, 11, 23), date(2026, 12, 29)


def contract(kind: Kind, expiry: date, strike: str = "", exchange: str = "NFO") -> Instrument:
    return Instrument(
        exchange=exchange,
        symbol=f"M&M{expiry:%y%m%d}{strike}{kind}",
        kind=kind,
        name="",
        lot_size=Decimal(200),
        tick_size=Decimal("0.05"),
        underlying="M&M",
        expiry=expiry,
        strike=Decimal(strike) if strike else None,
    )


ROWS = [
    contract(Kind.FUTURE, NEAR),
    contract(Kind.FUTURE, FAR),
    contract(Kind.FUTURE, FAR, exchange="BFO"),
    *(contract(kind, NEAR, s) for s in ("900", "1000", "922.5") for kind in (Kind.CALL, Kind.PUT)),
]
CHAIN = Chain(build(ROWS, {}, TODAY), TODAY)


def test_expiries_are_those_of_the_rows_nearest_first() -> None:
    assert CHAIN.expiries("m&m", options=False) == [NEAR, FAR]
    assert CHAIN.expiries("M&M", options=True) == [NEAR]
    assert CHAIN.expiries("M", options=True) == []
    assert CHAIN.expiries("ZZZ", options=False) == []


def test_a_contract_is_found_by_what_it_is() -> None:
    assert CHAIN.future("M&M", NEAR) == ROWS[0]
    assert CHAIN.option("m&m", NEAR, Decimal("922.50"), Kind.PUT) == ROWS[-1]
    assert CHAIN.option("M&M", NEAR, Decimal("923"), Kind.PUT) is None
    assert CHAIN.option("M&M", FAR, Decimal("900"), Kind.PUT) is None
    assert CHAIN.future("M&M", NEAR + timedelta(days=1)) is None


def test_of_two_exchanges_the_one_people_mean_comes_first() -> None:
    found = CHAIN.future("M&M", FAR)
    assert found is not None
    assert found.exchange == "NFO"


def test_strikes_ascend_by_value_each_once() -> None:
    assert CHAIN.strikes("M&M", NEAR) == [900, Decimal("922.5"), 1000]
    assert CHAIN.strikes("M&M", FAR) == []


def test_an_underlying_has_derivatives_while_one_lives() -> None:
    assert CHAIN.has("m&m")
    assert not CHAIN.has("M")
    assert not Chain(build(ROWS, {}, TODAY), FAR + timedelta(days=1)).has("M&M")


def test_on_a_later_day_what_expired_is_gone_though_the_table_has_it() -> None:
    later = Chain(build(ROWS, {}, TODAY), NEAR + timedelta(days=1))
    assert later.expiries("M&M", options=True) == []
    assert later.expiries("M&M", options=False) == [FAR]
    assert later.future("M&M", NEAR) is None
    assert later.option("M&M", NEAR, Decimal(900), Kind.CALL) is None
    assert later.strikes("M&M", NEAR) == []
