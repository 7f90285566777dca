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
        ("", "2026-11-21"),
        ("today", "2026-11-21"),
        ("yesterday", "2026-11-20"),
        ("WEEK", "2026-11-16 to 2026-11-21"),
        ("month", "2026-11-01 to 2026-11-21"),
        ("fy", "2026-04-01 to 2026-11-21"),
        ("2026-11-20", "2026-11-20"),
        ("2026-11-01..2026-11-21", "2026-11-01 to 2026-11-21"),
        ("0001-01-01..2026-11-21", "1990-01-01 to 2026-11-21"),
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
    assert financial_year("2026-27").words == "2026-04-01 to 2027-03-31"
    assert financial_year("1999-00").words == "1999-04-01 to 2000-03-31"


@pytest.mark.parametrize("said", ["2026", "2026-28", "2026-2027", "26-27", "", "1800-01"])
def test_what_is_no_tax_year_is_refused(said: str) -> None:
    with pytest.raises(UserError):
        financial_year(said)
