"""The desk's own master is what its brokers list, the best of them first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from samples import INFY

from tradegram.instruments import sample
from tradegram.instruments.master import Master
from tradegram.instruments.rows import to_line
from tradegram.instruments.union import rank, union
from tradegram.model import Instrument, Kind

TODAY = date(2026, 11, 21)
NIFTY = Instrument("NSE", "NIFTY 50", Kind.INDEX, "NIFTY 50", Decimal(1), Decimal("0.05"))
FUTURE = Instrument(
    "NFO", "NIFTY26NOVFUT", Kind.FUTURE, "NIFTY", Decimal(75), Decimal("0.1"), "NIFTY",
    date(2026, 11, 24),
)  # fmt: skip


def master(*tables: list[Instrument]) -> Master:
    return Master.from_table(union([map(to_line, table) for table in tables], TODAY), TODAY)


def test_without_any_list_it_is_the_sample() -> None:
    assert list(master().lines()) == list(sample.load(TODAY).lines())


def test_the_best_broker_s_row_stands_and_the_others_add_theirs() -> None:
    other = replace(INFY, symbol="OTHER", name="Other")

    made = master([FUTURE, INFY], [replace(FUTURE, lot_size=Decimal(1)), other])

    assert made.find(FUTURE.key) == FUTURE
    assert made.find(other.key) == other
    assert sorted(["icicidirect", "alpaca", "angelone", "zerodha"], key=rank) == [
        "zerodha", "angelone", "icicidirect", "alpaca",
    ]  # fmt: skip


def test_an_exchange_that_a_broker_lists_is_not_the_sample_s_any_more() -> None:
    made = master([INFY, FUTURE])

    assert made.find("NSE:TCS") is None
    assert made.expiries("BANKNIFTY", options=True) == []
    assert made.find("NASDAQ:AAPL") is not None
    assert made.find("BSE:INFY") is not None


def test_indices_are_there_and_lead_to_their_contracts() -> None:
    for table in ([FUTURE, INFY], [FUTURE, INFY, NIFTY]):
        made = master(table)

        [index] = made.named("nifty 50")
        assert (index.kind, index.underlying) == (Kind.INDEX, "NIFTY")
        assert made.future("NIFTY", date(2026, 11, 24)) == FUTURE


def test_names_that_people_say_find_what_brokers_list_by_symbol_only() -> None:
    bare = replace(INFY, symbol="RELIANCE", name="RELIANCE")

    made = master([bare])

    assert [one.key for one in made.named("ril")] == ["NSE:RELIANCE", "BSE:RELIANCE"]
    assert made.named("ril")[0].name == "Reliance Industries"


def test_what_has_expired_is_left_out() -> None:
    made = master(
        [INFY, replace(FUTURE, expiry=date(2026, 11, 20)), replace(FUTURE, symbol="LATER")]
    )

    assert made.find(FUTURE.key) is None
    assert made.find("NFO:LATER") is not None
