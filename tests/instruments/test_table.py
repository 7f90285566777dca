"""What the master looks things up in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tradegram.instruments.table import build, chain_key
from tradegram.model import Instrument, Kind

TODAY = date(2026, 11, 21)
SHARE = Instrument("NSE", "ABC", Kind.SHARE, "Abc Works Limited", Decimal(1), Decimal("0.05"))
FUTURE = Instrument(
    exchange="NFO",
    symbol="ABC26NOVFUT",
    kind=Kind.FUTURE,
    name="ABC future",
    lot_size=Decimal(10),
    tick_size=Decimal("0.05"),
    underlying="ABC",
    expiry=date(2026, 11, 23),
)


def option(strike: str) -> Instrument:
    symbol = f"ABC26NOV{strike}CE"
    return replace(FUTURE, symbol=symbol, kind=Kind.CALL, strike=Decimal(strike))


def test_rows_that_expired_are_left_out_and_those_of_today_stay() -> None:
    gone = replace(FUTURE, symbol="OLD", expiry=date(2026, 11, 20))
    last_day = replace(FUTURE, symbol="LAST", expiry=TODAY)
    assert [line.split("\t")[1] for line in build([gone, last_day], {}, TODAY).lines] == ["LAST"]


def test_of_rows_with_one_key_the_last_stays() -> None:
    table = build([SHARE, replace(SHARE, name="Newer")], {}, TODAY)
    assert len(table.lines) == 1
    assert "Newer" in table.lines[0]


def test_the_chain_has_futures_first_and_strikes_by_value() -> None:
    table = build([option("1000"), option("99.5"), FUTURE, SHARE], {}, TODAY)
    keys = [chain_key(table.lines[number]) for number in table.chain]
    assert [strike for _, _, _, strike in keys] == [0, Decimal("99.5"), 1000]


def test_terms_tell_symbol_alias_name_and_part_of_name_apart() -> None:
    table = build([SHARE, FUTURE], {"NSE:ABC": ["A B C"]}, TODAY)
    assert [term.split("\t")[:2] for term in table.terms] == [
        ["ABC", "0"],
        ["ABC", "1"],
        ["ABCWORKS", "2"],
        ["WORKS", "3"],
    ]


def test_the_longest_name_counts_words_up_to_what_the_language_tries() -> None:
    assert build([], {}, TODAY).longest_name == 0
    assert build([SHARE], {}, TODAY).longest_name == 2
    assert build([SHARE], {"NSE:ABC": ["one two three four five"]}, TODAY).longest_name == 5
    assert build([SHARE], {"NSE:ABC": ["one two three four five six"]}, TODAY).longest_name == 2
