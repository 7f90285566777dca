"""Reading a tradebook file: certain rows are read, all others are named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_market import MASTER

from tradegram.errors import UserError
from tradegram.history.tradebook import Tradebook, read_tradebook
from tradegram.history.writing import trades_csv
from tradegram.model import Kind, Product, Side

NOW = 1_795_149_000.0  # 2026-11-20, 10:00 in Mumbai
CONSOLE = (
    "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,"
    "order_id,order_execution_time"
)
GOOD = (
    "INFY,INE009A01021,2026-11-18,NSE,EQ,EQ,buy,false,10.000000,1500.050000,77,1100,"
    "2026-11-18T09:20:01"
)
OURS = "instrument,side,quantity,price,trade id,time,product,charges"


def read(*lines: str) -> Tradebook:
    return read_tradebook("\r\n".join(lines).encode(), "zerodha:AB1", MASTER.find, NOW)


def why(row: str, header: str = CONSOLE) -> str:
    book = read(header, row)
    [aside] = book.set_aside
    assert book.trades == []
    assert aside.line == 2
    return aside.why


def test_a_row_of_zerodhas_console_is_read() -> None:
    [one] = read("Tradebook of AB1", "", CONSOLE, GOOD).trades

    assert (one.instrument, one.side, one.quantity) == ("NSE:INFY", Side.BUY, 10)
    assert (one.price, str(one.day)) == (Decimal("1500.05"), "2026-11-18")
    assert (one.product, one.charges, one.source) == (None, None, "file")
    assert one.key == "zerodha:AB1|2026-11-18|NSE:INFY|BUY|77"


def test_a_row_of_a_plain_table_is_read_with_product_charges_and_zone() -> None:
    row = "NSE:INFY,SELL,3,1510,X-1,2026-11-18T04:00:00+00:00,MIS,12.5"
    [one] = read(OURS, row).trades

    assert (one.product, one.charges) == (Product.INTRADAY, Decimal("12.5"))
    assert str(one.day) == "2026-11-18"


def test_derivatives_are_looked_up_and_only_then_read_by_their_ending() -> None:
    known = "NIFTY26NOVFUT,,2026-11-18,NSE,FO,,sell,false,65,24000,1,9,2026-11-18T09:20:01"
    gone = "NIFTY25JAN21000PE,,2025-01-08,NSE,FO,,sell,false,75,20.5,2,9,2025-01-08T09:20:01"
    future, option = read(CONSOLE, known, gone).trades

    assert (future.instrument, future.kind) == ("NFO:NIFTY26NOVFUT", Kind.FUTURE)
    assert str(future.expiry) == "2026-11-24"
    assert (option.instrument, option.kind) == ("NFO:NIFTY25JAN21000PE", Kind.PUT)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("10.000000", "ten", "quantity"),
        ("10.000000", "-10", "quantity"),
        ("10.000000", "0", "quantity"),
        ("10.000000", "NaN", "quantity"),
        ("10.000000", "1e3", "quantity"),
        ("1500.050000", "", "price"),
        ("1500.050000", "Infinity", "price"),
        ("1500.050000", "٣", "price"),
        (",buy,", ",hold,", "side"),
        (",77,", ",,", "trade id"),
        (",77,", ",7|7,", "trade id"),
        ("T09:20:01", "", "without an hour"),
        ("T09:20:01", "T25:20:01", "time"),
        ("2026-11-18T", "2026-11-19T", "differ"),
        ("2026-11-18", "2027-11-18", "has not come"),
        (",EQ,EQ,", ",CDS,,", "segment"),
        ("INFY,", "IN<b>FY,", "instrument"),
        (",NSE,EQ", ",MCX,COM", "not in the instrument list"),
        (",77,1100,2026-11-18T09:20:01", ",77", "ends before its column"),
        ("2026-11-18", "0001-01-01", "before 1990"),
    ],
)
def test_a_row_that_is_not_certain_is_set_aside_and_says_why(old: str, new: str, word: str) -> None:
    row = GOOD.replace(old, new)
    assert word in why(row)


def test_a_grouped_number_could_be_two_numbers_and_is_set_aside() -> None:
    assert "price" in why(GOOD.replace("1500.050000", '"1,500.05"'))


def test_a_bad_row_hides_no_good_one() -> None:
    book = read(CONSOLE, GOOD, "garbage", GOOD.replace(",77,", ",78,"))

    assert [one.trade_id for one in book.trades] == ["77", "78"]
    assert [one.line for one in book.set_aside] == [3]


def test_the_same_row_twice_is_one_trade_and_other_terms_under_its_id_are_set_aside() -> None:
    book = read(CONSOLE, GOOD, GOOD, GOOD.replace("10.000000", "11"))

    assert (len(book.trades), book.repeated) == (1, 1)
    assert "stands above" in book.set_aside[0].why


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"symbol,exchange\nINFY,NSE\n", b"PK\x03\x04" * 20,
     OURS.replace("trade id,", "").encode()],
)  # fmt: skip
def test_what_is_no_tradebook_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(UserError):
        read_tradebook(raw, "zerodha:AB1", MASTER.find, NOW)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_whatever_the_rows_hold_each_is_read_or_named_or_the_file_is_refused(tail: bytes) -> None:
    raw = f"{CONSOLE}\n{GOOD}\n".encode() + tail
    try:
        book = read_tradebook(raw, "zerodha:AB1", MASTER.find, NOW)
    except UserError:
        return
    assert any(one.trade_id == "77" for one in book.trades)


CELLS = st.text(st.characters(codec="utf-8", exclude_characters='\r\n",\x00'), max_size=12)


@given(st.lists(CELLS, min_size=13, max_size=13))
@settings(max_examples=200, deadline=None)
def test_random_cells_never_become_a_trade_in_silence(cells: list[str]) -> None:
    book = read(CONSOLE, ",".join(cells))

    assert len(book.trades) + len(book.set_aside) == any(cell.strip() for cell in cells)


def test_what_we_write_we_read_again() -> None:
    row = "NSE:INFY,SELL,3,1510,X-1,2026-11-18T09:30:00,MIS,12.5"
    first = read(OURS, row)
    again = read_tradebook(trades_csv(first.trades), "zerodha:AB1", MASTER.find, NOW)

    assert again == first
