"""What people call a stretch of days: `today`, `week`, `fy`, `2026-11-01..2026-11-21`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from tradegram.errors import UserError

APRIL = 4  # when the financial year begins in India
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR = re.compile("([0-9]{4})-([0-9]{2})")
EARLIEST = date(1990, 1, 1)
FORMS = "today, yesterday, week, month, fy, all, 2026-11-20 or 2026-11-01..2026-11-21"


@dataclass(frozen=True, slots=True)
class Period:
    """Both days included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def words(self) -> str:
        last = said(self.last)
        if self.first == self.last:
            return last
        if self.first == EARLIEST:
            return f"up to {last}"
        return f"{said(self.first, year=self.first.year != self.last.year)} to {last}"


def said(day: date, *, year: bool = True) -> str:
    """As people write it: 20 Nov 2026."""
    return f"{day:%d %b %Y}" if year else f"{day:%d %b}"


def read_period(text: str, today: date) -> Period:
    """ "" is today. Raises UserError with the forms that work."""
    word = text.strip().casefold() or "today"
    named = _named(word, today)
    if named is not None:
        return named
    first, dots, last = word.partition("..")
    if not DAY.fullmatch(first) or (dots and not DAY.fullmatch(last)):
        raise UserError(f"I do not know the period “{text[:30]}”. Say {FORMS}.")
    return _between(_day(first), _day(last) if dots else _day(first))


def _named(word: str, today: date) -> Period | None:
    match word:
        case "today" | "day":
            return Period(today, today)
        case "yesterday":
            return Period(today - timedelta(days=1), today - timedelta(days=1))
        case "week":
            return Period(today - timedelta(days=today.weekday()), today)
        case "month":
            return Period(today.replace(day=1), today)
        case "fy" | "year":
            return Period(date(today.year - (today.month < APRIL), APRIL, 1), today)
        case "all":
            return Period(EARLIEST, today)
        case _:
            return None


def financial_year(text: str) -> Period:
    """`2026-27`: 1 April 2026 to 31 March 2027. Raises UserError."""
    found = YEAR.fullmatch(text.strip())
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]) or int(found[1]) < EARLIEST.year:
        raise UserError(f"“{text[:20]}” is no financial year. Say it like 2026-27.")
    began = int(found[1])
    return Period(date(began, APRIL, 1), date(began + 1, APRIL, 1) - timedelta(days=1))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"There is no day {text}. Write it as 2026-11-21.") from None


def _between(first: date, last: date) -> Period:
    if first > last:
        raise UserError(f"The period ends before it begins. Say {last}..{first}.")
    return Period(max(first, EARLIEST), last)
