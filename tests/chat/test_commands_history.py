"""/trades and /pnl over any period: as text, as a file, as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chat.trading_floor import Floor, floor, labels

from tradegram.history.importing import import_tradebook
from tradegram.model import Account, Mode

HEADER = "instrument,side,quantity,price,trade_id,time"
ROWS = (
    "NSE:INFY,BUY,10,1500,1,2026-05-04T09:20:01",
    "NSE:INFY,SELL,4,1600,2,2026-11-16T09:20:01",
    "NSE:INFY,SELL,4,1400,3,2026-11-17T09:20:01",
)
MAIN, SPARE = "paper:main", Account("paper:spare", "paper", "spare", Mode.PAPER)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Floor]:
    with floor(tmp_path) as made:
        import_tradebook(made.desk, MAIN, "\n".join([HEADER, *ROWS]).encode(), "t.csv")
        yield made


def test_trades_of_a_period_are_listed_oldest_first(desk: Floor) -> None:
    text = desk.one("/trades week").text

    assert "Trades 16 Nov to 20 Nov 2026" in text
    assert text.index("1,600.00") < text.index("1,400.00")
    assert "1,500.00" not in text


def test_a_period_up_to_today_has_todays_fills_at_once(desk: Floor) -> None:
    desk.bought()

    assert "BUY <b>RELIANCE</b> 10 @" in desk.one("/trades month").text


def test_a_result_shows_realised_charges_win_rate_and_drawdown(desk: Floor) -> None:
    text = desk.one("/pnl 2026-11-01..2026-11-20").text

    for words in ("Realised", "Charges", "Net", "Max drawdown", "Won", "1/2 50 %"):
        assert words in text
    assert "+₹0.00" in text or "₹0.00" in text
    assert "our estimate" in text
    assert max(map(len, text.partition("<pre>")[2].partition("</pre>")[0].splitlines())) <= 30


def test_a_result_comes_as_a_file_by_word_and_by_button(desk: Floor) -> None:
    [reply] = desk.press(desk.one("/pnl month"), "CSV").replies

    assert reply.file is not None
    assert reply.file.name == "tradegram-pnl-2026-11-01-2026-11-20.csv"
    rows = reply.file.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert rows[1].startswith("paper:main,NSE:INFY,CNC,4,2026-05-04,1500,2026-11-16,1600,400.00")


def test_the_curve_comes_as_a_picture(desk: Floor) -> None:
    [reply] = desk.press(desk.one("/pnl month"), "Chart").replies

    assert reply.picture is not None
    assert reply.picture.startswith(b"\x89PNG")
    assert "max drawdown ₹" in reply.text


def test_trades_come_as_a_file(desk: Floor) -> None:
    reply = desk.one("/trades all csv")

    assert reply.file is not None
    assert len(reply.file.content.decode("utf-8-sig").splitlines()) == 4


def test_one_account_may_be_named(tmp_path: Path) -> None:
    with floor(tmp_path, Account(MAIN, "paper", "main", Mode.PAPER), SPARE) as desk:
        assert "#main" in desk.one("/pnl week").text
        assert "#main" not in desk.one("/pnl week #spare").text


@pytest.mark.parametrize("words", ["soon", "week month", "#nobody", "2026-02-30", "csv csv x"])
def test_what_is_no_period_is_answered_with_those_there_are(desk: Floor, words: str) -> None:
    reply = desk.one(f"/pnl {words}")

    assert reply.file is None
    assert any(word in reply.text for word in ("period", "account", "Write it as"))


def test_nothing_traded_is_said_in_words(desk: Floor) -> None:
    assert "Nothing traded" in desk.one("/pnl 2024-01-01").text
    assert "Nothing traded" in desk.one("/pnl 2024-01-01 chart").text
    assert "No trades on record" in desk.one("/trades 2024-01-01").text


def test_today_offers_other_periods(desk: Floor) -> None:
    assert {"Week", "Month", "FY", "CSV", "Chart"} <= set(labels(desk.one("/pnl")))


def test_a_sale_without_a_purchase_is_named_and_not_counted(desk: Floor) -> None:
    import_tradebook(
        desk.desk, MAIN, f"{HEADER}\nNSE:TCS,SELL,1,3000,9,2026-11-18T09:20:01".encode(), "u.csv"
    )

    text = desk.one("/pnl month").text
    assert "sales without a purchase on record (TCS)" in text


def test_many_trades_stay_within_a_message_and_point_to_the_file(desk: Floor) -> None:
    rows = [
        f"NSE:INFY,BUY,1,1500,m{n},2026-11-19T10:{n // 60:02d}:{n % 60:02d}" for n in range(500)
    ]
    import_tradebook(desk.desk, MAIN, "\n".join([HEADER, *rows]).encode(), "v.csv")

    replies = desk.say("/trades month")
    assert "earlier trades are in the CSV" in replies[0].text
    assert sum(reply.text.count("BUY") for reply in replies) == 60
