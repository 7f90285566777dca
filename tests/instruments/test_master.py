"""What the master promises to the order language, on the shipped sample."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegram.instruments.master import Master
from tradegram.instruments.rows import from_line
from tradegram.instruments.sample import DATED, load
from tradegram.instruments.sources import load as load_file
from tradegram.instruments.sources import save
from tradegram.instruments.table import build
from tradegram.model import Instrument, Kind
from tradegram.ports import Instruments

MASTER = load()
ROWS = [from_line(line) for line in MASTER.lines()]
EVERYTHING = st.sampled_from(ROWS)


def keys(found: Sequence[Instrument]) -> list[str]:
    return [instrument.key for instrument in found]


@pytest.mark.parametrize(
    ("words", "called_so"),
    [
        ("nifty", ["NSE:NIFTY 50"]),
        ("NIFTY 50", ["NSE:NIFTY 50"]),
        ("banknifty", ["NSE:NIFTY BANK"]),
        ("bank nifty", ["NSE:NIFTY BANK"]),
        ("sensex", ["BSE:SENSEX"]),
        ("crude oil", ["MCX:CRUDEOIL"]),
        ("Reliance", ["NSE:RELIANCE", "BSE:RELIANCE"]),
        ("reliance industries limited", ["NSE:RELIANCE", "BSE:RELIANCE"]),
        ("m&m", ["NSE:M&M", "BSE:M&M"]),
        ("BAJAJ AUTO", ["NSE:BAJAJ-AUTO", "BSE:BAJAJ-AUTO"]),
        ("btc/usdt", ["BINANCE:BTCUSDT"]),
        ("brk.b", ["NYSE:BRK.B"]),
        ("INE009A01021", ["NSE:INFY", "BSE:INFY"]),
        ("zomato", ["NSE:ETERNAL", "BSE:ETERNAL"]),
        ("l&tfh", ["NSE:LTF"]),
        ("idea", ["NSE:IDEA", "BSE:IDEA"]),
        ("nifty26novfut", ["NFO:NIFTY26NOVFUT"]),
        ("NFO:NIFTY26NOV24000CE", ["NFO:NIFTY26NOV24000CE"]),
        ("NIFTY 5", []),
        ("mon 100", []),
        ("", []),
        ("\t", []),
    ],
)
def test_a_name_means_exactly_what_is_called_so(words: str, called_so: list[str]) -> None:
    assert keys(MASTER.named(words)) == called_so


def test_a_demerged_name_means_both_companies() -> None:
    found = keys(MASTER.named("tata motors"))
    assert set(found) == {"NSE:TMPV", "NSE:TMCV", "BSE:TMPV", "BSE:TMCV"}
    assert found[0].startswith("NSE:")


def test_a_full_name_gives_way_to_a_symbol() -> None:
    rows = [
        Instrument("NSE", "ALPHA", Kind.SHARE, "Beta", Decimal(1), Decimal(1)),
        Instrument("NSE", "BETA", Kind.SHARE, "Gamma", Decimal(1), Decimal(1)),
    ]
    master = Master(rows, {}, DATED)
    assert keys(master.named("beta")) == ["NSE:BETA"]
    assert keys(master.named("gamma")) == ["NSE:BETA"]


@given(EVERYTHING)
def test_everything_is_found_by_its_key_and_its_own_symbol(instrument: Instrument) -> None:
    assert MASTER.find(instrument.key) == instrument
    assert instrument in MASTER.named(instrument.symbol)
    assert instrument in MASTER.named(instrument.symbol.lower())
    assert MASTER.search(instrument.symbol)[0].symbol == instrument.symbol
    assert instrument in MASTER.search(instrument.symbol)


@given(EVERYTHING)
def test_a_contract_is_found_by_its_terms(instrument: Instrument) -> None:
    if instrument.expiry is None:
        return
    underlying, expiry, strike = instrument.underlying, instrument.expiry, instrument.strike
    assert expiry in MASTER.expiries(underlying, options=strike is not None)
    if strike is None:
        assert MASTER.future(underlying, expiry) == instrument
    else:
        assert MASTER.option(underlying, expiry, strike, instrument.kind) == instrument
        assert strike in MASTER.strikes(underlying, expiry)


@given(st.text(max_size=100) | EVERYTHING.map(lambda row: row.symbol[:4]), st.integers(0, 12))
def test_a_search_answers_any_text_within_its_limit(words: str, limit: int) -> None:
    found = keys(MASTER.search(words, limit))
    assert len(found) <= limit
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("RELIAANCE", "NSE:RELIANCE"),
        ("relaince industires", "NSE:RELIANCE"),
        ("INFI", "NSE:INFY"),
        ("hdfc bnak", "NSE:HDFCBANK"),
        ("tata motrs", "NSE:TMCV"),
        ("ideaf", "NSE:IDEAFORGE"),
        ("natural gas", "MCX:NATURALGAS"),
        ("baroda", "NSE:BANKBARODA"),
        ("btc", "BINANCE:BTCUSDT"),
        ("NIFTY26NOV240", "NFO:NIFTY26NOV24000CE"),
    ],
)
def test_a_search_puts_the_nearest_first(words: str, first: str) -> None:
    assert keys(MASTER.search(words))[0] == first


@pytest.mark.parametrize("words", ["", "   ", "ZZZZQQ", ":", "\N{BLACK SQUARE}"])
def test_a_search_offers_nothing_for_nothing(words: str) -> None:
    assert keys(MASTER.search(words)) == []


@pytest.mark.parametrize("key", ["", ":", "NSE:", "NSE:RELIANC", "nse:reliance", "RELIANCE"])
def test_only_a_whole_key_finds(key: str) -> None:
    assert MASTER.find(key) is None


@given(st.integers(0, 120), EVERYTHING)
def test_no_expired_contract_is_ever_offered(days: int, instrument: Instrument) -> None:
    today = DATED + timedelta(days=days)
    later = LATER[today]
    gone = instrument.expiry is not None and instrument.expiry < today
    assert (later.find(instrument.key) is None) is gone
    offered = [*later.search(instrument.symbol), *later.named(instrument.symbol)]
    assert all(row.expiry is None or row.expiry >= today for row in offered)
    assert (instrument in offered) is not gone
    for options in (True, False):
        expiries = later.expiries(instrument.underlying or "NIFTY", options=options)
        assert all(expiry >= today for expiry in expiries)


class _Later(dict[date, Master]):
    """The same table on later days."""

    def __missing__(self, today: date) -> Master:
        self[today] = Master.from_table(TABLE, today)
        return self[today]


TABLE = build(ROWS, {}, DATED)
LATER = _Later()


def test_a_master_from_a_file_answers_like_the_one_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("master") / "instruments.gz"
    save(TABLE, path)
    master: Instruments = load_file(path, DATED)
    for row in ROWS[::50]:
        assert master.find(row.key) == row
    assert master.longest_name() == 5
    assert keys(master.search("relianc")) == keys(Master.from_table(TABLE, DATED).search("relianc"))


def test_an_empty_master_answers_nothing() -> None:
    empty = Master([], {}, DATED)
    assert len(empty) == 0
    assert empty.find("NSE:RELIANCE") is None
    assert not empty.search("RELIANCE")
    assert not empty.named("RELIANCE")
    assert not empty.expiries("NIFTY", options=True)
    assert empty.longest_name() == 0
