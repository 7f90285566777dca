"""Names that mean several rows of a master, on masters made for the purpose."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from order_texts import NOW

from tradegram.chat.asked import Readings
from tradegram.chat.grammar.read import read_order
from tradegram.instruments.master import Master
from tradegram.model import Instrument, Kind


def row(exchange: str, symbol: str, name: str, kind: Kind = Kind.SHARE) -> Instrument:
    currency = "USD" if exchange in ("NASDAQ", "NYSE") else "INR"
    tick = Decimal("0.05")
    return Instrument(exchange, symbol, kind, name, Decimal(1), tick, currency=currency)


def read(text: str, *rows: Instrument, **aliases: list[str]) -> Readings:
    named = {r.key: aliases[r.symbol] for r in rows if r.symbol in aliases}
    return read_order(text, Master(rows, named, date(2026, 11, 21)), NOW)


def keys(readings: Readings) -> list[str]:
    return [asked.instrument.key for asked in readings.readings]


def test_one_company_on_two_exchanges_is_bought_on_nse() -> None:
    rows = row("BSE", "IDEA", "Vodafone Idea"), row("NSE", "IDEA", "VODAFONE IDEA")

    assert keys(read("buy IDEA 100", *rows)) == ["NSE:IDEA"]
    assert keys(read("buy IDEA 100 bse", *rows)) == ["BSE:IDEA"]


def test_two_companies_of_one_symbol_are_told_apart_on_the_buttons() -> None:
    rows = row("NSE", "IDEA", "Vodafone Idea"), row("BSE", "IDEA", "Idea Tools")

    readings = read("buy IDEA 100", *rows)

    assert sorted(asked.label for asked in readings.readings) == [
        "IDEA · Idea Tools · BSE · 100 shares",
        "IDEA · Vodafone Idea · NSE · 100 shares",
    ]
    assert readings.may_remember == "IDEA"
    assert keys(read("buy IDEA 100 bse", *rows)) == ["BSE:IDEA"]


def test_a_share_that_only_bse_lists_needs_no_venue() -> None:
    assert keys(read("buy SMALL 5", row("BSE", "SMALL", "Small Works"))) == ["BSE:SMALL"]


def test_a_symbol_that_is_also_a_word_of_the_language_can_be_bought() -> None:
    rows = [row("NSE", word, word) for word in ("DAY", "TARGET", "LIMIT", "STOP", "CALL", "SH")]

    for share in rows:
        assert keys(read(f"buy {share.symbol} 5 @ 100 day", *rows)) == [share.key]


def test_a_name_with_a_number_in_it_is_one_of_the_readings() -> None:
    rows = row("NSE", "360ONE", "360 ONE WAM"), row("NYSE", "ONE", "OneSmart")

    readings = read("buy 360 one 10", *rows, **{"360ONE": ["360 ONE"]})

    assert keys(readings) == ["NSE:360ONE"]


def test_a_number_that_belongs_to_a_name_or_is_the_quantity_gives_both() -> None:
    rows = row("NSE", "360ONE", "360 ONE WAM"), row("NYSE", "ONE", "OneSmart")

    readings = read("buy 360 one ₹5000", *rows, **{"360ONE": ["360 ONE"]})
    assert keys(readings) == ["NSE:360ONE"]

    readings = read("buy 360 one", *rows, **{"360ONE": ["360 ONE"]})
    assert keys(readings) == ["NYSE:ONE"]


def test_an_index_without_anything_on_it_leaves_the_share_of_its_name() -> None:
    rows = row("NSE", "BSE", "BSE Ltd"), row("BSE", "BSE 500", "BSE 500", Kind.INDEX)

    assert keys(read("buy BSE 500", *rows)) == ["NSE:BSE"]
