"""
When a schedule of EventBridge fires, as far as the template uses its language.

    cron(minutes hours day-of-month month day-of-week year)

Source: EventBridge Scheduler user guide, "Schedule types": of the two days one is always `?`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1 to 7 there
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))


def firings(expression: str, zone: ZoneInfo, monday: date) -> Iterator[datetime]:
    """All in the week that begins on that Monday. Raises ValueError for what AWS would refuse."""
    if not (expression.startswith("cron(") and expression.endswith(")")):
        raise ValueError(f"{expression} is no cron expression")
    fields = expression[5:-1].split()
    if len(fields) != 6 or [fields[2], fields[4]].count("?") != 1:
        raise ValueError(f"{expression}: six fields, and one of the two days is ?")
    wanted = [_values(field, *limits) for field, limits in zip(fields, RANGES, strict=True)]
    minutes, hours, days, months, weekdays, years = wanted
    for number in range(7):
        day = monday + timedelta(days=number)
        if day.year not in years or day.month not in months or day.day not in days:
            continue
        if day.isoweekday() % 7 + 1 not in weekdays:
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)


def _values(field: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            begin, end = least, most
        else:
            begin = _number(first)
            end = _number(last) if dash else (most if step else begin)
        if not least <= begin <= end <= most:
            raise ValueError(f"{part} is not between {least} and {most}")
        found |= set(range(begin, end + 1, int(step or 1)))
    return found


def _number(text: str) -> int:
    return DAYS.index(text) + 1 if text in DAYS else int(text)


def in_words(times: list[datetime]) -> str:
    """`09:00-09:20 each 5 min, 12:00`, of one day."""
    runs: list[list[datetime]] = []
    for time in times:
        if runs and (len(runs[-1]) == 1 or time - runs[-1][-1] == runs[-1][1] - runs[-1][0]):
            runs[-1].append(time)
        else:
            runs.append([time])
    return ", ".join(_run(run) for run in runs)


def _run(run: list[datetime]) -> str:
    if len(run) < 3:
        return ", ".join(f"{time:%H:%M}" for time in run)
    minutes = (run[1] - run[0]).seconds // 60
    return f"{run[0]:%H:%M}-{run[-1]:%H:%M} each {minutes} min"
