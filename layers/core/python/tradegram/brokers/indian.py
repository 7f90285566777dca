"""How brokers in India write days and times: in India's time, without saying so."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tradegram.instruments.naming import MONTHS

IST = ZoneInfo("Asia/Kolkata")


def day(text: str) -> date:
    """`24-Nov-2026`, `24NOV2026`. Raises ValueError."""
    plain = text.replace("-", "")
    return date(int(plain[5:]), MONTHS.index(plain[2:5].upper()) + 1, int(plain[:2]))


def written(when: date) -> str:
    """`24-Nov-2026`."""
    return f"{when.day:02d}-{MONTHS[when.month - 1].title()}-{when.year}"


def seconds(text: str) -> float:
    """`24-Nov-2026 09:26` or with `:56`, as seconds since the epoch. Raises ValueError."""
    on, _, clock = text.partition(" ")
    return datetime.combine(day(on), time.fromisoformat(clock), IST).timestamp()


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, IST)


def stamp(at: float) -> str:
    """`24-Nov-2026 09:26:56`."""
    return f"{written(moment(at).date())} {moment(at):%H:%M:%S}"


def midnight_after(at: float) -> float:
    tomorrow = moment(at).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), IST).timestamp()
