"""A trading day as a stretch of time, and who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tradegram.chat.people import CONSOLE
from tradegram.history.trade import DAY_BEGINS, IST
from tradegram.ports import Desk, Notice


@dataclass(frozen=True, slots=True)
class Window:
    """begins, ends: seconds since the epoch; the end itself is outside."""

    day: date
    begins: float
    ends: float

    def __contains__(self, at: float) -> bool:
        return self.begins <= at < self.ends


def window(day: date) -> Window:
    begins = datetime.combine(day, time(), IST) + DAY_BEGINS
    return Window(day, begins.timestamp(), (begins + timedelta(days=1)).timestamp())


def everybody(desk: Desk, account_id: str, kind: str, text: str) -> Sequence[Notice]:
    """The same words to every person of this desk."""
    paired = {int(user.key) for user in desk.store.documents("user")}
    people = sorted({CONSOLE} | desk.allowed_users | paired)
    return [Notice(account_id, "", kind, text, user) for user in people]
