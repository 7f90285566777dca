"""What a broker's own client and our adapter did at one simulated broker, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from conformance.case import HttpCase
from witness.runner import run

from tradegram.brokers.client import HttpBroker
from tradegram.brokers.proxies import connection
from tradegram.model import OrderIntent, Terms
from tradegram.sims.wire import Asked

WANTED = Terms(Decimal(90), Decimal("1499.90"))


@dataclass
class Seen:
    """
    What the client said, and every request of both.

    intent: the order that both placed. user: whom the broker lets in.
    """

    said: Mapping[str, Any]
    theirs: list[Asked]
    ours: list[Asked]
    intent: OrderIntent
    user: str


def seen_by(
    client: str,
    case: HttpCase,
    told: Mapping[str, Any],
    intent: OrderIntent,
    do: Callable[[], None],
) -> Seen:
    """client: of `witness.sdks`, which is told so. do: the same as it does, by our adapter."""
    case.wire.arrived.clear()
    said = run(client, told)
    theirs = list(case.wire.arrived)
    case.floor.entries.clear()
    case.wire.arrived.clear()
    do()
    return Seen(said, theirs, list(case.wire.arrived), intent, case.user)


def trade(case: HttpCase, hosts: Mapping[str, str], intent: OrderIntent) -> None:
    """Logs in; then places, lists, changes and cancels it over a real connection."""
    case.broker()
    assert case._session
    with closing(connection()) as http:
        broker = HttpBroker(case.adapter, http, case.clock, case._session, hosts)
        order_id = broker.place(intent, not_after=case.clock.monotonic() + 5)
        broker.order_book()
        broker.replace(intent, order_id, WANTED)
        broker.cancel(intent, order_id)


def explained(
    step: str,
    found: Mapping[str, tuple[str, str]],
    reasons: Mapping[str, str],
    often: Mapping[str, str] | None = None,
) -> None:
    """
    Each difference has a reason, and each reason of this step a difference.

    found: see `compare.differences`. reasons: by step and part. often: by part, of any step; they
    may also be the same by chance.
    """
    different = {
        f"{step} {part}": both for part, both in found.items() if part not in (often or ())
    }

    assert {part: both for part, both in different.items() if part not in reasons} == {}
    assert {part for part in reasons if part.startswith(f"{step} ")} <= set(different)
