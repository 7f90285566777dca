"""How people name a stretch of days."""

from __future__ import annotations

from datetime import date

import pytest

from tradegram.errors import UserError
from tradegram.history.period import financial_year, read_period

TODAY = date(2026, 11, 21)  # a Saturday


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "21 Nov 2026"),
        ("today", "21 Nov 2026"),
        ("yesterday", "20 Nov 2026"),
        ("WEEK", "16 Nov to 21 Nov 2026"),
        ("month", "01 Nov to 21 Nov 2026"),
        ("fy", "01 Apr to 21 Nov 2026"),
        ("2026-11-20", "20 Nov 2026"),
        ("2026-11-01..2026-11-21", "01 Nov to 21 Nov 2026"),
        ("0001-01-01..2026-11-21", "up to 21 Nov 2026"),
    ],
)
def test_a_period_is_understood(said: str, words: str) -> None:
    assert read_period(said, TODAY).words == words


def test_a_financial_year_that_began_last_april_is_meant_until_march() -> None:
    assert read_period("fy", date(2027, 3, 31)).first == date(2026, 4, 1)
    assert read_period("fy", date(2027, 4, 1)).first == date(2027, 4, 1)


@pytest.mark.parametrize(
    "said", ["soon", "2026-13-01", "2026-02-30", "2026-11-01..", "..2026-11-01", "1..2", "2026",
             "٢٠٢٦-١١-٠١",
             "2026-11-01..2026-11-02..2026-11-03"],
)  # fmt: skip
def test_what_is_no_period_is_answered_with_those_there_are(said: str) -> None:
    with pytest.raises(UserError):
        read_period(said, TODAY)


def test_a_period_that_ends_before_it_begins_is_turned_round_in_the_answer() -> None:
    with pytest.raises(UserError, match=r"2026-11-01\.\.2026-11-21"):
        read_period("2026-11-21..2026-11-01", TODAY)


def test_a_tax_year_runs_from_april_to_march() -> None:
    assert financial_year("2026-27").words == "01 Apr 2026 to 31 Mar 2027"
    assert financial_year("1999-00").words == "01 Apr 1999 to 31 Mar 2000"


@pytest.mark.parametrize("said", ["2026", "2026-28", "2026-2027", "26-27", "", "1800-01"])
def test_what_is_no_tax_year_is_refused(said: str) -> None:
    with pytest.raises(UserError):
        financial_year(said)
