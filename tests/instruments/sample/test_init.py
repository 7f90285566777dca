"""The sample as the paper desk sees it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradegram.instruments.rows import from_line
from tradegram.instruments.sample import DATED, load, start_price, start_prices
from tradegram.model import Instrument, Kind


def price(key: str) -> Decimal | None:
    instrument = load().find(key)
    assert instrument is not None
    return start_price(instrument)


def test_without_a_date_it_is_the_samples_own() -> None:
    assert load().today == DATED
    assert load(date(2028, 2, 29)).today == date(2028, 2, 29)


def test_prices_begin_near_the_documents_examples() -> None:
    assert price("NSE:RELIANCE") == 2950
    assert price("BSE:INFY") == 1500
    assert price("NSE:NIFTY 50") == 24000
    assert price("NSE:NIFTY BANK") == 52000
    assert price("NSE:NIFTYBEES") == 272


def test_a_derivative_begins_where_its_underlying_does() -> None:
    assert price("NFO:NIFTY26NOV24000CE") == 24000
    assert price("BFO:SENSEX26NOVFUT") == 79000
    assert price("MCX:GOLD26DECFUT") == 125000


def test_everything_in_the_sample_has_a_price_and_the_unknown_has_none() -> None:
    assert all(start_price(from_line(line)) for line in load().lines())
    unknown = Instrument("NSE", "NOSUCH", Kind.SHARE, "", Decimal(1), Decimal(1))
    assert start_price(unknown) is None
    assert start_prices()["BINANCE:BTCUSDT"] == 95000


def test_an_at_the_money_option_of_the_chooser_exists() -> None:
    master = load()
    expiry = master.expiries("NIFTY", options=True)[0]
    for kind in (Kind.CALL, Kind.PUT):
        option = master.option("NIFTY", expiry, Decimal(24000), kind)
        assert option is not None
        assert option.lot_size == 65
        assert option.freeze_quantity == 1800
