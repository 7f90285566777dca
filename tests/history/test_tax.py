"""A financial year for the tax return."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

from executions import histories, trade
from hypothesis import given, settings

from tradegram.history.fifo import ZERO
from tradegram.history.period import Period, financial_year
from tradegram.history.tax import Head, report, tax_csv, year_later
from tradegram.history.trade import Trade
from tradegram.model import Kind, Product, Side

YEAR = financial_year("2026-27")


def heads(*trades: Trade) -> list[Head]:
    return [line.head for line in report(trades, YEAR).lines]


def test_shares_sold_on_the_day_they_were_bought_are_speculation_whatever_the_product() -> None:
    assert heads(trade("BUY", 1, 10, on=3), trade("SELL", 1, 12, on=3, minute=1)) == [Head.INTRADAY]


def test_twelve_months_to_the_day_are_short_and_a_day_more_is_long() -> None:
    bought = trade("BUY", 2, 10, on=date(2025, 6, 2))

    assert heads(
        bought, trade("SELL", 1, 12, on=date(2026, 6, 2)), trade("SELL", 1, 12, on=date(2026, 6, 3))
    ) == [Head.SHORT_TERM, Head.LONG_TERM]


def test_a_year_after_a_leap_day_is_the_last_of_february() -> None:
    assert year_later(date(2024, 2, 29)) == date(2025, 2, 28)


def test_the_turnover_of_derivatives_adds_gains_and_losses_without_their_signs() -> None:
    terms: dict[str, Any] = {"kind": Kind.CALL, "product": Product.CARRY_FORWARD}
    [one] = report(
        [
            trade("BUY", 65, 100, instrument="NFO:A", **terms),
            trade("SELL", 65, 110, on=1, instrument="NFO:A", **terms),
            trade("SELL", 65, 100, instrument="NFO:B", **terms),
            trade("BUY", 65, 130, on=1, instrument="NFO:B", **terms),
        ],
        YEAR,
    ).sums

    assert (one.head, one.realised, one.turnover) == (Head.FUTURES_OPTIONS, -1300, 650 + 1950)


def test_what_is_sold_in_another_year_is_not_in_this_one() -> None:
    assert heads(
        trade("BUY", 2, 10), trade("SELL", 1, 12, on=date(2027, 3, 31)),
        trade("SELL", 1, 12, on=date(2027, 4, 1)),
    ) == [Head.SHORT_TERM]  # fmt: skip


def test_a_sale_without_a_purchase_is_named_at_the_end_and_not_counted() -> None:
    done = report([trade("SELL", 1, 12)], YEAR)

    assert (done.lines, done.sums) == ([], [])
    assert b"NOT COUNTED: sold without a purchase on record" in tax_csv(done)


def test_what_is_not_in_rupees_stands_apart() -> None:
    terms: dict[str, Any] = {"currency": "USD", "instrument": "NASDAQ:AAPL"}

    assert heads(trade("BUY", 1, 1, **terms), trade("SELL", 1, 2, on=1, **terms)) == [Head.ABROAD]


@given(histories())
@settings(max_examples=80, deadline=None)
def test_all_years_together_realise_the_cash_and_what_is_left(trades: list[Trade]) -> None:
    years = [financial_year(f"{year}-{(year + 1) % 100:02d}") for year in (2026, 2027, 2028)]
    done = [report(trades, year) for year in years]
    ever = report(trades, Period(date(2020, 1, 1), date(2040, 1, 1)))

    realised = sum((line.closed.realised for one in done for line in one.lines), ZERO)
    assert realised == sum((line.closed.realised for line in ever.lines), ZERO)
    assert realised == sum((each.realised for one in done for each in one.sums), ZERO)
    closed = {key for line in ever.lines for key in (line.closed.bought, line.closed.sold)}
    cash = sum(
        (part.value if part.trade.side is Side.SELL else -part.value for part in closed), ZERO
    )
    assert len(closed) < 2 * len(ever.lines) or realised == cash


@given(histories())
@settings(max_examples=40, deadline=None)
def test_the_file_has_a_row_for_every_closed_lot_and_its_cells_add_up(trades: list[Trade]) -> None:
    done = report(trades, YEAR)
    rows = list(csv.reader(io.StringIO(tax_csv(done).decode("utf-8-sig"))))

    lots = rows[1 : 1 + len(done.lines)]
    assert all(len(row) == len(rows[0]) for row in lots)
    written = sum((Decimal(row[rows[0].index("realised")]) for row in lots), ZERO)
    assert written == sum((line.closed.realised for line in done.lines), ZERO)
