"""How an account's broker does, in one line under its status."""

from __future__ import annotations

import statistics

from tradegram.brokers.calls import VIEWS, Calls
from tradegram.brokers.contract import Gated, Health
from tradegram.chat.money import ago
from tradegram.chat.writing import safe
from tradegram.errors import BrokerError, UserError
from tradegram.model import Account
from tradegram.ports import Desk

LAST_ORDERS = 30  # whose own time is looked at
LATELY = 86_400.0  # seconds in which they were sent


def health_line(desk: Desk, account: Account) -> str:
    """Empty where nobody measures."""
    try:
        broker = desk.brokers.broker(account.account_id)
    except (BrokerError, UserError):
        return ""
    if not isinstance(broker, Gated):
        return ""
    closed, health, now = broker.why_closed(), broker.health(), desk.clock.now()
    parts = [
        f"⛔ {safe(closed, 120)}: new orders wait" if closed else "orders pass",
        _latency(health),
        _errors(health),
        f"book read {ago(now - health.book_at)}" if health.book_at else "book not read yet",
        *(["hears of orders at once"] if health.hears else []),
        *_calls(broker.calls()),
        *_own_time(desk, account),
    ]
    return "     broker: " + " · ".join(parts)


def _latency(health: Health) -> str:
    if health.latency is None:
        return "no call in 15 min"
    return f"answers in {in_words(health.latency)}"


def _errors(health: Health) -> str:
    if not health.errors:
        return "no errors"
    return f"⚠ {health.errors} of {health.calls} calls failed in 15 min"


def _calls(calls: Calls | None) -> list[str]:
    if calls is None:
        return []
    sign = "" if calls.left(VIEWS) else "⚠ "
    return [f"{sign}{calls.used} of {calls.most} calls used today"]


def _own_time(desk: Desk, account: Account) -> list[str]:
    """From the tap to the claim, right before the request: ours, not the broker's."""
    since = desk.clock.now() - LATELY
    taken = [
        order.sent_at - order.staged_at
        for order in desk.store.orders(account.account_id, limit=LAST_ORDERS).orders
        if order.sent_at > since and not order.attempt
    ]
    return [f"our own part {in_words(statistics.median(taken))}"] if taken else []


def in_words(seconds: float) -> str:
    """`12 ms`, `1.4 s`."""
    if seconds < 1:
        return f"{max(seconds * 1000, 0):.0f} ms"
    return f"{seconds:.1f} s"
