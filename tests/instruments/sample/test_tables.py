"""The sample's tables hold together."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from tradegram.instruments.exchanges import EXCHANGES
from tradegram.instruments.sample.tables import listed, series
from tradegram.instruments.words import spoken
from tradegram.model import Kind

JANUARY_2026_LOTS = {
    "NIFTY": 65,
    "BANKNIFTY": 30,
    "FINNIFTY": 60,
    "MIDCPNIFTY": 120,
    "SENSEX": 20,
}


def test_every_key_is_listed_once_on_a_known_exchange() -> None:
    counts = Counter(line.instrument.key for line in listed())
    assert [key for key, count in counts.items() if count > 1] == []
    assert {line.instrument.exchange for line in listed()} <= set(EXCHANGES)


def test_every_price_lies_on_its_tick_and_every_name_says_something() -> None:
    for line in listed():
        row = line.instrument
        assert line.start > 0, row.key
        assert line.start % row.tick_size == 0, row.key
        assert row.lot_size > 0
        assert row.name
        assert all(spoken(alias) for alias in line.aliases)


def test_index_lots_are_those_of_the_january_2026_series() -> None:
    lots = {line.underlying: line.lot for line in series()}
    assert {word: lots[word] for word in JANUARY_2026_LOTS} == JANUARY_2026_LOTS


def test_every_freeze_quantity_is_more_than_a_lot_and_every_series_has_an_underlying() -> None:
    words = {line.instrument.underlying or line.instrument.symbol for line in listed()}
    for line in series():
        assert line.underlying in words
        assert line.freeze is None or line.freeze >= line.lot


def test_commodities_are_worth_what_their_contract_says() -> None:
    contracts = {line.underlying: line for line in series() if line.exchange == "MCX"}
    per_rupee = {word: line.lot * line.multiplier for word, line in contracts.items()}
    assert per_rupee["GOLD"] == 100  # 1 kg, quoted per 10 g
    assert per_rupee["GOLDM"] == 10  # 100 g, quoted per 10 g
    assert per_rupee["SILVER"] == 30  # 30 kg, quoted per kg
    assert per_rupee["CRUDEOIL"] == 100  # barrels
    assert per_rupee["NATURALGAS"] == 1250  # mmBtu


def test_prices_of_the_documents_examples_are_legal() -> None:
    reliance = next(line.instrument for line in listed() if line.instrument.symbol == "RELIANCE")
    assert Decimal("2950.05") % reliance.tick_size == 0
    assert Decimal("2950.03") % reliance.tick_size != 0


def test_the_nifty_50_and_the_well_known_are_there() -> None:
    shares = {line.instrument.symbol for line in listed() if line.instrument.kind is Kind.SHARE}
    assert {"RELIANCE", "INFY", "HDFCBANK", "TMPV", "ETERNAL", "MAXHEALTH", "INDIGO"} <= shares
    assert len([line for line in listed() if line.instrument.exchange == "NSE"]) > 150
