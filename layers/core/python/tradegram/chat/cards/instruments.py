"""How old the lists of instruments are, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

from tradegram.brokers.catalog import profile_of
from tradegram.brokers.registry import known_accounts
from tradegram.chat.writing import safe
from tradegram.instruments.refresh import Age, ages
from tradegram.ports import Desk, Store

INDIA = timezone(timedelta(hours=5, minutes=30))
LONGEST = 120  # characters of a reason


def shown(store: Store) -> Sequence[Age]:
    """Of the brokers that have an account here still."""
    linked = {account.broker for account in known_accounts(store)}
    return [one for one in ages(store) if one.broker in linked]


def instruments_line(desk: Desk) -> str:
    found = shown(desk.store)
    if not found:
        return "Instruments: the sample, until a broker is logged in"
    today = datetime.fromtimestamp(desk.clock.now(), UTC).astimezone(INDIA).date()
    return "Instruments: " + " · ".join(age_words(one, today) for one in found)


def age_words(age: Age, today: date) -> str:
    """`Zerodha 182,345 of today`; with a sign where it is older and was tried again."""
    title = safe(profile_of(age.broker).title)
    if age.dated is None:
        return f"⚠ {title} none yet ({safe(age.problem, LONGEST)})"
    when = "today" if age.is_of(today) else f"{age.dated.day} {age.dated:%b}"
    words = f"{title} {age.rows:,} of {when}"
    return f"⚠ {words} ({safe(age.problem, LONGEST)})" if age.problem else words
