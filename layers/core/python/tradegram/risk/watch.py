"""Say that the day's loss comes near its limit, without waiting for the next order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tradegram.chat.money import money, percent
from tradegram.chat.people import CONSOLE, users
from tradegram.errors import BrokerError, Conflict, UserError
from tradegram.model import Account
from tradegram.ports import Change, Desk, Document, Event, Notice
from tradegram.risk.assess import lost
from tradegram.risk.guard_day import WARNINGS
from tradegram.risk.limits import all_limits, key_of_account, key_of_user, own_in
from tradegram.risk.today import KEPT, today_key, traders_today
from tradegram.tickets.account import ask

TOLD = "loss"
LEVELS = (Decimal(1), *WARNINGS)  # highest first


def watch_loss(desk: Desk, account_id: str) -> None:
    """
    Each level is told once a day, in the write that remembers it. Costs one read where nobody
    has such a limit. Raises StoreError.
    """
    limits = dict(_limits(desk, account_id))
    if not limits:
        return
    account = desk.brokers.account(account_id)
    try:
        loss = lost(ask(desk, account, lambda broker: broker.positions()), account.currency)
    except (BrokerError, UserError):
        return  # orders are denied meanwhile; the next look asks again
    name = today_key(desk, account_id)
    told = desk.store.document(TOLD, name) or Document(TOLD, name, {})
    after, notices = dict(told.body), list[Notice]()
    for key, most in limits.items():
        level = next((each for each in LEVELS if most and loss and loss >= most * each), None)
        if loss is None or level is None or Decimal(after.get(key, "0")) >= level:
            continue
        after[key] = str(level)
        text = _words(account, loss, most, level)
        notices += [Notice(account_id, "", "alert", text, who) for who in _whom(desk, key)]
    if after != told.body:
        _write(
            desk, account_id, replace(told, body=after, expires_at=desk.clock.now() + KEPT), notices
        )


def _limits(desk: Desk, account_id: str) -> Iterator[tuple[str, Decimal]]:
    """Of the account, and of those who ordered on it today."""
    found = all_limits(desk.store)
    if not any("daily_loss" in body for body in found.values()):
        return
    traders = sorted(set(traders_today(desk, account_id)))
    for key in (key_of_account(account_id), *(key_of_user(each) for each in traders)):
        try:
            most = own_in(found, key).get("daily_loss")
        except UserError:
            continue  # every order is denied already, and says why
        if most is not None:
            yield key, most


def _whom(desk: Desk, key: str) -> list[int]:
    kind, _, name = key.partition(":")
    if kind == "user":
        return [int(name)]
    return sorted({CONSOLE, *(each.user_id for each in users(desk))})


def _words(account: Account, loss: Decimal, most: Decimal, level: Decimal) -> str:
    what = f"#{account.name}: today's loss is {money(loss, account.currency)}"
    limit = f"the limit of {money(most, account.currency)} (/risk daily_loss)"
    if level == 1:
        return f"{what} and has reached {limit}. Only orders that close a position pass today."
    return f"{what}, {percent(loss / most, 0)} of {limit}. Beyond it only closing orders pass."


def _write(desk: Desk, account_id: str, told: Document, notices: list[Notice]) -> None:
    event = Event(account_id, {"event": "loss warning", "levels": dict(told.body)})
    try:
        desk.store.commit(Change((told,), (event,), notices))
    except Conflict:
        return  # another process was faster, and says it
