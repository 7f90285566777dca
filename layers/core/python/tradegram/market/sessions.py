"""The dated table of trading hours, `sessions.toml`, as values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

SATURDAY = 5
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Hours:
    """
    When some exchanges trade, in their own time.

    late_close:  the close while New York is on standard time; None where it makes no difference.
    special:     days with other hours; `evening`: days with only the second session.
    valid_until: the last day the exchange itself has published.
    """

    exchanges: tuple[str, ...]
    zone: ZoneInfo
    open: time
    close: time
    late_close: time | None
    evening_opens: time | None
    closed: frozenset[date]
    evening: frozenset[date]
    special: Mapping[date, tuple[time, time]]
    valid_until: date

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """Open and close of a day; None when it does not trade."""
        times = self._times(day)
        if times is None:
            return None
        opens, closes = times
        return (
            datetime.combine(day, opens, tzinfo=self.zone),
            datetime.combine(day, closes, tzinfo=self.zone),
        )

    def _times(self, day: date) -> tuple[time, time] | None:
        if day in self.special:
            return self.special[day]
        if day in self.closed or day.weekday() >= SATURDAY:
            return None
        if self.evening_opens is not None and day in self.evening:
            return self.evening_opens, self._closes(day)
        return self.open, self._closes(day)

    def _closes(self, day: date) -> time:
        if self.late_close is not None and not _is_summer_in_new_york(day):
            return self.late_close
        return self.close


@cache
def tables() -> tuple[Hours, ...]:
    """One per group of exchanges that share hours and holidays."""
    text = files(__package__).joinpath("sessions.toml").read_text(encoding="utf-8")
    return tuple(_hours(table) for table in tomllib.loads(text).values())


def _hours(table: Mapping[str, Any]) -> Hours:
    late, evening = table.get("close_in_us_winter"), table.get("evening_opens")
    special: Mapping[str, list[str]] = table.get("hours", {})
    return Hours(
        exchanges=tuple(table["exchanges"]),
        zone=ZoneInfo(table["zone"]),
        open=time.fromisoformat(table["open"]),
        close=time.fromisoformat(table["close"]),
        late_close=time.fromisoformat(late) if late else None,
        evening_opens=time.fromisoformat(evening) if evening else None,
        closed=frozenset(date.fromisoformat(day) for day in table["closed"]),
        evening=frozenset(table.get("evening", ())),
        special={date.fromisoformat(day): _pair(hours) for day, hours in special.items()},
        valid_until=table["valid_until"],
    )


def _pair(hours: list[str]) -> tuple[time, time]:
    opens, closes = hours
    return time.fromisoformat(opens), time.fromisoformat(closes)


def _is_summer_in_new_york(day: date) -> bool:
    noon = datetime.combine(day, time(12), tzinfo=NEW_YORK)
    return noon.dst() != timedelta(0)
